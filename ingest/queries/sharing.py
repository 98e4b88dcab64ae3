"""SQL of ingesters that share what is sent: who of them judges silence, and what the others have heard and written."""

from collections.abc import Collection
from datetime import datetime

from ingest.health import Health, Reason
from ingest.model import Status
from ingest.registry import DeviceKey
from store.db import Connection, execute


def list_others(conn: Connection, group: str, *, name: str, known_since: datetime, listening_since: datetime) -> list[bool]:
    """Of every other ingester of the group that told of itself since the one time, whether it has been listening since the other."""
    rows: list[tuple[bool]] = conn.execute(
        """
        SELECT connected AND seen_at >= %(listening_since)s
          FROM ingester
         WHERE report ->> 'share' = %(group)s AND client_id <> %(name)s AND seen_at >= %(known_since)s
        """,
        {"group": group, "name": name, "known_since": known_since, "listening_since": listening_since},
    ).fetchall()
    return [listening for (listening,) in rows]


def forget_ingester(conn: Connection, client_id: str) -> None:
    """Nobody misses it any more."""
    execute(conn, "DELETE FROM ingester WHERE client_id = %(client_id)s", client_id=client_id)


def list_seen(conn: Connection, keys: Collection[DeviceKey]) -> list[tuple[DeviceKey, datetime, datetime | None]]:
    """When these devices were last heard by anybody, and the time of the newest reading."""
    rows: list[tuple[int, int, datetime, datetime | None]] = conn.execute(
        """
        SELECT s.site_id, s.device_id, s.last_seen_at, s.last_ts
          FROM device_state s
          JOIN unnest(%(site_ids)b::bigint[], %(device_ids)b::bigint[]) AS t (site_id, device_id)
            ON s.site_id = t.site_id AND s.device_id = t.device_id
         WHERE s.last_seen_at IS NOT NULL
        """,
        {"site_ids": [key[0] for key in keys], "device_ids": [key[1] for key in keys]},
    ).fetchall()
    return [((site_id, device_id), seen, ts) for site_id, device_id, seen, ts in rows]


def list_site_healths(conn: Connection, site_ids: Collection[int]) -> dict[DeviceKey, Health]:
    """The health of every device of these sites as it is in the database."""
    rows: list[tuple[int, int, Status, datetime, Reason, list[str]]] = conn.execute(
        """
        SELECT site_id, device_id, status, since, reason, grounds FROM device_state WHERE site_id = ANY(%(site_ids)b::bigint[])
        """,
        {"site_ids": list(site_ids)},
    ).fetchall()
    return {
        (site_id, device_id): Health(status=status, since=since, reason=reason, grounds=tuple(grounds))
        for site_id, device_id, status, since, reason, grounds in rows
    }
