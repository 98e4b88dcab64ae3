"""Places that can be checked: made, changed, retired, brought back."""

from collections.abc import Mapping
from datetime import datetime

from psycopg.errors import UniqueViolation

from core.checks import one_line
from core.errors import Conflict, Invalid
from patrol.planning.codes import check_code, generate_code
from patrol.planning.models import Checkpoint
from patrol.planning.queries import checkpoints as checkpoint_queries
from people.audit import write_audit
from people.models import Actor
from store.db import Connection
from store.notify import Change, notify

NAME_LIMIT = 100


def create_checkpoint(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, name: str, code: str = "", area_id: int | None = None
) -> Checkpoint:
    """A new checkpoint; without a code one is made that is easy to type. Raises Conflict when the code is taken."""
    name = one_line(name, field="name", limit=NAME_LIMIT)
    _check_area(conn, site_id, area_id)
    taken = {checkpoint.code for checkpoint in checkpoint_queries.list_checkpoints(conn, site_id, retired=True)}
    code = check_code(code) if code.strip() else generate_code(taken)
    checkpoint_id = checkpoint_queries.insert_checkpoint(conn, site_id=site_id, code=code, name=name, area_id=area_id)
    if checkpoint_id is None:
        raise _code_taken(code)
    detail = {"name": name, "code": code, "area_id": area_id}
    _record(conn, actor, now, site_id, checkpoint_id, "created", detail)
    return checkpoint_queries.get_checkpoint(conn, site_id, checkpoint_id)


def update_checkpoint(
    conn: Connection, actor: Actor, *, now: datetime, site_id: int, checkpoint_id: int, name: str, code: str, area_id: int | None
) -> Checkpoint:
    """Another name, code or place. Earlier check-ins keep the code that was typed. Raises Conflict when the code is taken."""
    before = checkpoint_queries.lock_checkpoint(conn, site_id, checkpoint_id)
    name = one_line(name, field="name", limit=NAME_LIMIT)
    code = check_code(code)
    _check_area(conn, site_id, area_id)
    try:
        with conn.transaction():
            checkpoint_queries.update_checkpoint(
                conn, site_id=site_id, checkpoint_id=before.id, code=code, name=name, area_id=area_id
            )
    except UniqueViolation:
        raise _code_taken(code) from None
    after = checkpoint_queries.get_checkpoint(conn, site_id, checkpoint_id)
    changed = [field for field in ("name", "code", "area_id") if getattr(after, field) != getattr(before, field)]
    detail = {field: [getattr(before, field), getattr(after, field)] for field in changed}
    _record(conn, actor, now, site_id, checkpoint_id, "changed", detail)
    return after


def retire_checkpoint(conn: Connection, actor: Actor, *, now: datetime, site_id: int, checkpoint_id: int) -> None:
    """Nobody needs to go there any more. Raises Conflict while a route in use passes it."""
    if not checkpoint_queries.lock_checkpoint(conn, site_id, checkpoint_id).active:
        raise Conflict("checkpoint_retired")
    routes = checkpoint_queries.list_route_names_with(conn, site_id, checkpoint_id)
    if routes:
        raise Conflict("checkpoint_in_use", routes=", ".join(routes))
    checkpoint_queries.mark_checkpoint(conn, site_id=site_id, checkpoint_id=checkpoint_id, active=False)
    _record(conn, actor, now, site_id, checkpoint_id, "retired", {})


def restore_checkpoint(conn: Connection, actor: Actor, *, now: datetime, site_id: int, checkpoint_id: int) -> None:
    """Bring back a retired one, with its code. Raises Conflict when it is in use."""
    if checkpoint_queries.lock_checkpoint(conn, site_id, checkpoint_id).active:
        raise Conflict("checkpoint_active")
    checkpoint_queries.mark_checkpoint(conn, site_id=site_id, checkpoint_id=checkpoint_id, active=True)
    _record(conn, actor, now, site_id, checkpoint_id, "restored", {})


def _check_area(conn: Connection, site_id: int, area_id: int | None) -> None:
    if area_id is not None and not checkpoint_queries.has_area(conn, site_id, area_id):
        raise Invalid("choice_unknown", field="area_id")


def _code_taken(code: str) -> Conflict:
    return Conflict("checkpoint_code_taken", field="code", code=code)


def _record(
    conn: Connection, actor: Actor, now: datetime, site_id: int, checkpoint_id: int, what: str, detail: Mapping[str, object]
) -> None:
    subject = f"checkpoint:{checkpoint_id}"
    write_audit(conn, actor, now=now, action=f"checkpoint.{what}", subject=subject, site_id=site_id, detail=detail)
    notify(conn, Change(topic="round", site_id=site_id))
