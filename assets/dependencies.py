"""What an asset does not work without: power, network, gateway. Never in a circle, so that every outage has a root."""

from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import datetime

from assets.changes import tell
from assets.models import DEPENDENCY_KINDS
from assets.queries import ledger
from core import checks
from core.errors import Conflict, Invalid, NotFound
from people.models import Actor
from store.db import Connection


def add_dependency(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, asset_id: int, depends_on_id: int, kind: str
) -> None:
    """The asset does not work without the other. Raises Conflict when the other already depends on it, however far away."""
    known_kind = checks.one_of(kind, DEPENDENCY_KINDS, field="kind")
    ledger.lock_ledger(conn, site_id)
    asset = ledger.get_asset(conn, site_id, asset_id)
    try:
        other = ledger.get_asset(conn, site_id, depends_on_id)
    except NotFound:
        raise Invalid("choice_unknown", field="depends_on_id") from None
    circle = _find_path(ledger.list_edges(conn, site_id), start=other.id, end=asset.id)
    if circle is not None:
        codes = [asset.code, *(ledger.get_asset(conn, site_id, step).code for step in circle)]
        raise Conflict("dependency_circle", field="depends_on_id", path=" → ".join(codes))
    if not ledger.insert_dependency(conn, site_id, asset_id=asset.id, depends_on_id=other.id, kind=known_kind):
        raise Conflict("dependency_exists", field="depends_on_id", asset=other.code)
    detail = {"depends_on": other.code, "kind": kind}
    tell(conn, actor, now=now, action="asset.dependency_added", subject=f"asset:{asset.id}", site_id=site_id, detail=detail)


def remove_dependency(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, asset_id: int, depends_on_id: int, kind: str
) -> None:
    """It works without the other after all, or is fed by another one now."""
    known_kind = checks.one_of(kind, DEPENDENCY_KINDS, field="kind")
    if not ledger.delete_dependency(conn, site_id, asset_id=asset_id, depends_on_id=depends_on_id, kind=known_kind):
        raise NotFound
    other = ledger.get_asset(conn, site_id, depends_on_id)
    detail = {"depends_on": other.code, "kind": kind}
    tell(conn, actor, now=now, action="asset.dependency_removed", subject=f"asset:{asset_id}", site_id=site_id, detail=detail)


def _find_path(edges: Iterable[tuple[int, int]], *, start: int, end: int) -> list[int] | None:
    """The shortest way from start to end, both included; None when there is none."""
    following: defaultdict[int, list[int]] = defaultdict(list)
    for asset_id, depends_on_id in edges:
        following[asset_id].append(depends_on_id)
    came_from: dict[int, int | None] = {start: None}
    waiting = deque([start])
    while waiting:
        step: int | None = waiting.popleft()
        if step == end:
            path: list[int] = []
            while step is not None:
                path.insert(0, step)
                step = came_from[step]
            return path
        for neighbour in following[step] if step is not None else ():
            if neighbour not in came_from:
                came_from[neighbour] = step
                waiting.append(neighbour)
    return None
