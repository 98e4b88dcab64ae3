"""What patrol does by itself."""

from datetime import timedelta

from core.settings import Settings
from patrol.close_rounds import close_rounds
from patrol.plan_rounds import plan_rounds
from store.jobs import Job


def jobs(_settings: Settings) -> tuple[Job, ...]:
    """Rounds are made ahead, by the clock of a site as it is now, and closed in time."""
    return (
        Job(slug="plan_rounds", every=timedelta(minutes=1), run=plan_rounds, wake_on=("ledger",)),
        Job(slug="close_rounds", every=timedelta(seconds=2), run=close_rounds),
    )
