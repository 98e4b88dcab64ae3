"""A site today: what is down, which rounds were walked, what is overdue."""

from datetime import datetime, timedelta

from assets.models import Site
from ingest.kinds import all_kinds
from patrol.slots import day_bounds
from patrol.today import today_of
from reports import queries
from reports.models import SiteToday
from store.db import Connection

_MOST_ROWS = 50
_MOST_EVENTS = 8
_EVENTS_WITHIN = timedelta(hours=24)


def site_today(conn: Connection, *, site: Site, now: datetime) -> SiteToday:
    """Everything the overview shows. Lists are cut at fifty rows; the counts are whole."""
    since, until = day_bounds(today_of(site, now), site.zone)
    open_alerts, unacknowledged = queries.get_alert_counts(conn, site_id=site.id)
    security = sorted({event.slug for kind in all_kinds().values() for event in kind.events if event.security})
    return SiteToday(
        devices=queries.get_device_counts(conn, site_id=site.id),
        down=queries.list_devices_down(conn, site_id=site.id, limit=_MOST_ROWS),
        rounds=queries.get_round_counts(conn, site_id=site.id, since=since, until=until, now=now),
        rounds_now=queries.list_rounds_now(conn, site_id=site.id, since=since, now=now, limit=_MOST_ROWS),
        open_alerts=open_alerts,
        unacknowledged_alerts=unacknowledged,
        notices=queries.list_notices_open(conn, site_id=site.id, limit=_MOST_ROWS),
        events=queries.list_recent_events(conn, site_id=site.id, types=security, since=now - _EVENTS_WITHIN, limit=_MOST_EVENTS),
    )
