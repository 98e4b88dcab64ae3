"""SQL of what Home Assistant is shown: the devices in operation with their health, and what they measured last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import sql

from ingest.model import DeviceKind, Status
from ingest.tables import reading_table
from store.db import Connection, fetch_all, fetch_value

# What was measured longer ago is no news, and readings are looked for in few partitions.
_OLDEST = timedelta(days=2)
# Of the newest readings of a device: it may tell its measures in turns.
_TURNS = 10

Measured = tuple[int, int, datetime, *tuple[Any, ...]]
"""Site, device, when (never ahead of when it was received), and the kind's measures in their order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownDevice:
    """A device as Home Assistant is shown it. `maker` and `model` are its asset's, where it has one."""

    site_id: int
    site_slug: str
    site_name: str
    id: int
    slug: str
    name: str
    kind: str
    area_name: str | None
    maker: str | None
    model: str | None
    status: Status
    since: datetime
    faults: list[str]


def is_anyone_listening(conn: Connection, *, since: datetime) -> bool:
    """Whether an ingester that hears the devices told of itself since then."""
    return bool(fetch_value(conn, "SELECT EXISTS (SELECT FROM ingester WHERE connected AND seen_at >= %(since)s)", since=since))


def list_shown_devices(conn: Connection, site_id: int, *, device_ids: Sequence[int] | None = None) -> list[ShownDevice]:
    """The devices of a site in operation, or those of them."""
    return fetch_all(
        conn,
        ShownDevice,
        """
        SELECT d.site_id, p.slug AS site_slug, p.name AS site_name, d.id, d.slug, d.name, d.kind,
               r.name AS area_name, nullif(a.maker, '') AS maker, nullif(a.model, '') AS model, s.status, s.since, s.faults
          FROM device d
          JOIN site p ON p.id = d.site_id
          JOIN device_state s ON s.site_id = d.site_id AND s.device_id = d.id
          LEFT JOIN asset a ON a.site_id = d.site_id AND a.id = d.asset_id
          LEFT JOIN area r ON r.site_id = a.site_id AND r.id = a.area_id
         WHERE d.site_id = %(site_id)s AND d.retired_at IS NULL
           AND (%(device_ids)s::bigint[] IS NULL OR d.id = ANY (%(device_ids)s::bigint[]))
         ORDER BY d.id
        """,
        site_id=site_id,
        device_ids=list(device_ids) if device_ids is not None else None,
    )


def list_newest(conn: Connection, kind: DeviceKind, site_id: int, device_ids: Sequence[int], *, now: datetime) -> list[Measured]:
    """The newest readings of each of these devices of a kind. What lies ahead of `now` is left out."""
    query = sql.SQL(
        """
        SELECT newest.*
          FROM unnest(%(device_ids)s::bigint[]) AS wanted (id)
         CROSS JOIN LATERAL (
               SELECT {columns}
                 FROM {table} r
                WHERE r.site_id = %(site_id)s AND r.device_id = wanted.id AND r.ts > %(oldest)s AND r.ts <= %(now)s
                ORDER BY r.ts DESC
                LIMIT %(turns)s) AS newest
        """
    ).format(columns=_columns(kind), table=sql.Identifier(reading_table(kind).name))
    params = {"site_id": site_id, "device_ids": list(device_ids), "oldest": now - _OLDEST, "now": now, "turns": _TURNS}
    return conn.execute(query, params).fetchall()


def list_arrivals(conn: Connection, kind: DeviceKind, *, since: datetime, until: datetime) -> list[Measured]:
    """The readings of a kind received in [since, until], of every site, found by the index of arrivals."""
    query = sql.SQL(
        """
        SELECT {columns}
          FROM {table} r
         WHERE r.received_at >= %(since)s AND r.received_at <= %(until)s AND r.ts > %(oldest)s
        """
    ).format(columns=_columns(kind), table=sql.Identifier(reading_table(kind).name))
    return conn.execute(query, {"since": since, "until": until, "oldest": until - _OLDEST}).fetchall()


def _columns(kind: DeviceKind) -> sql.Composed:
    measures = [sql.SQL("r.{}").format(sql.Identifier(measure.slug)) for measure in kind.measures]
    return sql.SQL(", ").join([sql.SQL("r.site_id, r.device_id, least(r.ts, r.received_at)"), *measures])
