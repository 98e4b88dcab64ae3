"""What alerts have done regularly."""

from datetime import datetime, timedelta

from alerts.emergency import keep_reserve, make_room
from alerts.engine import evaluate
from alerts.models import Rule
from alerts.outbox import DeliverySettings, deliver_due, purge
from alerts.rules import all_rules
from core.clock import Clock
from core.settings import Settings
from store.db import Connection, Database
from store.jobs import Job


def jobs(settings: Settings) -> tuple[Job, ...]:
    """The jobs of alerts. `settings` says by which address people reach us, for links in notifications."""
    delivery = DeliverySettings(base_url=settings.base_url)

    def deliver(db: Database, clock: Clock) -> int:
        return deliver_due(db, clock, delivery)

    return (
        *map(_rule_job, all_rules().values()),
        Job(slug="deliver_notifications", every=timedelta(seconds=2), work=deliver, wake_on=("outbox",)),
        Job(slug="make_room", every=timedelta(seconds=5), work=make_room),
        Job(slug="keep_reserve", every=timedelta(seconds=20), work=keep_reserve),
        Job(slug="purge_notifications", every=timedelta(hours=1), run=purge),
    )


def _rule_job(rule: Rule) -> Job:
    def run(conn: Connection, now: datetime) -> int:
        return evaluate(conn, now, (rule,))

    return Job(slug=f"alert_{rule.slug}", every=rule.every, run=run, wake_on=rule.wake_on)
