"""SQL that spans several domains: the sites with what is wrong there."""

from collections.abc import Sequence
from dataclasses import dataclass

from store.db import Connection, fetch_all


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteTrouble:
    """What is wrong at a site now."""

    site_id: int
    devices_down: int
    alerts_open: int


def list_site_troubles(conn: Connection, *, site_ids: Sequence[int]) -> dict[int, SiteTrouble]:
    """By site; every site asked for is in it."""
    rows = fetch_all(
        conn,
        SiteTrouble,
        """
        SELECT wanted.site_id, coalesce(down.count, 0) AS devices_down, coalesce(open.count, 0) AS alerts_open
          FROM unnest(%(site_ids)s::bigint[]) AS wanted (site_id)
          LEFT JOIN (SELECT device.site_id, count(*)
                       FROM device
                       JOIN device_state ON device_state.site_id = device.site_id AND device_state.device_id = device.id
                      WHERE device.retired_at IS NULL AND device_state.status IN ('fault', 'offline')
                      GROUP BY device.site_id) AS down ON down.site_id = wanted.site_id
          LEFT JOIN (SELECT site_id, count(*) FROM alert WHERE resolved_at IS NULL GROUP BY site_id) AS open
                 ON open.site_id = wanted.site_id
        """,
        site_ids=list(site_ids),
    )
    return {row.site_id: row for row in rows}
