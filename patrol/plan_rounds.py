"""Makes the rounds of every plan ahead of time, so that a round is due even while we are down."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from patrol.models import LONGEST_SLOT
from patrol.planning.queries import rounds as round_queries
from patrol.slots import list_slots
from store.db import Connection
from store.notify import Change, notify

AHEAD = timedelta(hours=48)
REFILL = timedelta(hours=24)  # every window comes within a day, so AHEAD always reaches past it and a plan is filled once a day


def plan_rounds(conn: Connection, now: datetime, *, site_id: int | None = None) -> int:
    """Make rounds until AHEAD for the plans (of one site) that have fewer than REFILL left; how many.

    Run again it makes the same rounds, so none twice. No round begins before its plan's `active_from`, and none is
    made that had already ended: what nobody could know of was not missed. Where the site has another time zone since,
    the rounds that have not begun are made anew.
    """
    _follow_zones(conn, now, site_id)
    made = 0
    for plan in round_queries.list_plans_to_fill(conn, now + REFILL, site_id=site_id):
        slots = list_slots(plan.window, ZoneInfo(plan.tz), max(plan.active_from, now - LONGEST_SLOT), now + AHEAD)
        new = round_queries.insert_rounds(
            conn,
            site_id=plan.site_id,
            plan_id=plan.id,
            slots=[slot for slot in slots if slot.due_at > now],
            grace_minutes=plan.grace_minutes,
        )
        if new:
            notify(conn, Change(topic="round", site_id=plan.site_id))
        made += new
    return made


def _follow_zones(conn: Connection, now: datetime, site_id: int | None) -> None:
    """Let plans go by the zone their site has now. Rounds that have begun stay, and none is made that would have."""
    for plan in round_queries.lock_plans_of_another_zone(conn, site_id=site_id):
        active_from = max(plan.active_from, now)
        round_queries.move_plan(conn, site_id=plan.site_id, plan_id=plan.id, tz=plan.tz, active_from=active_from)
        round_queries.delete_rounds_ahead(conn, site_id=plan.site_id, plan_id=plan.id, now=now)
        notify(conn, Change(topic="round", site_id=plan.site_id))
