"""What a guard has to do at this moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from patrol import queries
from patrol.models import LONGEST_ROUND, Round, RoundCheck
from store.db import Connection

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class DueRound:
    """A round under way with its checkpoints, in the order of the route."""

    round: Round
    checks: tuple[RoundCheck, ...]

    @property
    def left(self) -> tuple[RoundCheck, ...]:
        """What is still to be seen."""
        return tuple(check for check in self.checks if check.check_in_id is None)


@dataclass(frozen=True, kw_only=True, slots=True)
class DueNow:
    """Rounds under way (those finished before their end too), and the next to begin."""

    rounds: tuple[DueRound, ...]
    following: tuple[Round, ...]


def get_due_now(conn: Connection, *, site_id: int, now: datetime) -> DueNow:
    """Open rounds whose time with grace holds `now`, and verified ones until their slot ends; the most urgent first."""
    begun = queries.list_rounds(conn, site_id=site_id, since=now - LONGEST_ROUND, until=now + _MOMENT, closing_from=now)
    current = [each for each in begun if each.state == "open" or (each.state == "verified" and now < each.due_at)]
    checks = queries.list_round_checks(conn, site_id, [each.id for each in current])
    rounds = [DueRound(round=each, checks=tuple(check for check in checks if check.round_id == each.id)) for each in current]
    start = queries.find_next_start(conn, site_id, now)
    following = queries.list_rounds(conn, site_id=site_id, since=start, until=start + _MOMENT) if start else []
    rounds.sort(key=lambda due: (due.round.state != "open", due.round.due_at, due.round.id))
    return DueNow(rounds=tuple(rounds), following=tuple(following))
