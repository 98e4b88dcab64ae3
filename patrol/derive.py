"""Verdicts from evidence. They may be thrown away and derived again: the same evidence gives the same verdicts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from patrol import queries
from patrol.models import CheckVerdict, RoundState, RoundTimes, Sighting, Verdict
from store.db import Connection
from store.notify import Change, notify


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What a round has come to."""

    checks: tuple[CheckVerdict, ...]
    state: RoundState
    closed_at: datetime | None


def judge(times: RoundTimes, checkpoint_ids: Iterable[int], sightings: Iterable[Sighting], now: datetime) -> Judgement:
    """The first sighting of each checkpoint in [starts_at, closes_at] counts: on time before `due_at`, late from then on.

    Verified when all are seen, as of the last first sighting; missed when `closes_at` has passed before. Each round is
    judged by itself: a check in the grace of one round and the slot of the next counts for both, for the first as late.
    """
    firsts: dict[int, Sighting] = {}
    for sighting in sorted(sightings, key=lambda s: (s.at, s.check_in_id)):
        if times.starts_at <= sighting.at <= times.closes_at:
            firsts.setdefault(sighting.checkpoint_id, sighting)
    closed = now > times.closes_at
    checks = tuple(_verdict(times, checkpoint_id, firsts.get(checkpoint_id), closed) for checkpoint_id in checkpoint_ids)
    seen = [check.seen_at for check in checks if check.seen_at is not None]
    if seen and len(seen) == len(checks):
        return Judgement(checks=checks, state="verified", closed_at=max(seen))
    if closed:
        return Judgement(checks=checks, state="missed", closed_at=times.closes_at)
    return Judgement(checks=checks, state="open", closed_at=None)


def _verdict(times: RoundTimes, checkpoint_id: int, first: Sighting | None, closed: bool) -> CheckVerdict:
    if first is None:
        return CheckVerdict(checkpoint_id=checkpoint_id, verdict="missed" if closed else "due")
    verdict: Verdict = "on_time" if first.at < times.due_at else "late"
    return CheckVerdict(checkpoint_id=checkpoint_id, verdict=verdict, check_in_id=first.check_in_id, seen_at=first.at)


def rederive_round(conn: Connection, *, site_id: int, round_id: int, now: datetime) -> bool:
    """Derive a round from the raw check-ins and store what differs; whether anything did.

    Locks the round, so of two at once the second sees what the first one did.
    """
    times = queries.lock_round(conn, site_id, round_id)
    checkpoint_ids = queries.list_round_checkpoint_ids(conn, site_id, round_id)
    sightings = queries.list_sightings(
        conn, site_id=site_id, checkpoint_ids=checkpoint_ids, since=times.starts_at, until=times.closes_at
    )
    judgement = judge(times, checkpoint_ids, sightings, now)
    changed = queries.save_checks(conn, site_id=site_id, round_id=round_id, checks=judgement.checks)
    changed += queries.save_state(conn, site_id=site_id, round_id=round_id, state=judgement.state, closed_at=judgement.closed_at)
    if changed:
        notify(conn, Change(topic="round", site_id=site_id, subject=str(round_id)))
    return changed > 0
