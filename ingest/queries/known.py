"""SQL of what the ingester must know: sites, and the devices in operation with the health they were left in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.health import Reason
from ingest.model import Status
from store.db import Connection, fetch_all, fetch_value


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteRow:
    """A site messages may come from. `tz`: the zone of its wall clocks."""

    id: int
    slug: str
    tz: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceRow:
    """A device in operation. `silent_after` is set where it differs from its kind's; `address`, where a vendor's format names it."""

    site_id: int
    id: int
    slug: str
    address: str | None
    kind: str
    silent_after: timedelta | None
    status: Status
    since: datetime
    reason: Reason
    grounds: list[str]
    last_seen_at: datetime | None
    last_ts: datetime | None


def list_known_sites(conn: Connection, *, site_id: int | None) -> list[SiteRow]:
    """Every site, or that one."""
    return fetch_all(
        conn,
        SiteRow,
        "SELECT id, slug, tz FROM site WHERE %(site_id)s::bigint IS NULL OR id = %(site_id)s",
        site_id=site_id,
    )


def ledger_fingerprint(conn: Connection) -> str:
    """Another text when anything of the sites, the devices in operation or what integrators entered is another. Costs no more than reading them."""
    return str(
        fetch_value(
            conn,
            """
            SELECT concat_ws(' ',
                   (SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws('|', id, slug, tz, mqtt_password_hash), 0)))
                      FROM site),
                   (SELECT concat_ws(' ', count(*), sum(hashtextextended(
                               concat_ws('|', site_id, id, slug, coalesce(address, ''), kind, silent_after), 0)))
                      FROM device WHERE retired_at IS NULL),
                   (SELECT concat_ws(' ', count(*), sum(hashtextextended(m::text, 0))) FROM mapping m),
                   (SELECT concat_ws(' ', count(*), sum(hashtextextended(r::text, 0))) FROM mapping_rule r))
            """,
        )
    )


def list_known_devices(conn: Connection, *, site_ids: Collection[int]) -> list[DeviceRow]:
    """The devices in operation at these sites."""
    return fetch_all(
        conn,
        DeviceRow,
        """
        SELECT d.site_id, d.id, d.slug, d.address, d.kind, d.silent_after,
               s.status, s.since, s.reason, s.grounds, s.last_seen_at, s.last_ts
          FROM device d
          JOIN device_state s ON s.site_id = d.site_id AND s.device_id = d.id
         WHERE d.retired_at IS NULL AND d.site_id = ANY(%(site_ids)s::bigint[])
        """,
        site_ids=list(site_ids),
    )
