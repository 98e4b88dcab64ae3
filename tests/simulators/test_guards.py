"""Guards: a human pace, one place at a time, what they miss is written down, what fails is tried again."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from core.clock import ManualClock
from simulators import pace
from simulators.dice import dice
from simulators.ground_truth import GroundTruth
from simulators.guards import DueRound, GuardCheckIn, GuardTeam, plan_walk
from tests.simulators.recorder import MIDNIGHT, SITE

CODES = tuple(point.code for point in SITE.checkpoints)
PLACES = {point.code: (point.x, point.y) for point in SITE.checkpoints}
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def hourly(number: int, codes: Sequence[str] = CODES) -> DueRound:
    begins = MIDNIGHT + number * HOUR
    return DueRound(ref=f"r{number}", starts_at=begins, due_at=begins + HOUR, codes=tuple(codes))


class Phone:
    """Takes the place of the server: knows the rounds, keeps the check-ins, is away when told so."""

    def __init__(self, rounds: Sequence[DueRound]) -> None:
        self.rounds = rounds
        self.sent: list[GuardCheckIn] = []
        self.away = False

    def list_rounds(self, now: datetime) -> list[DueRound]:
        if self.away:
            raise ConnectionError("no signal")
        return [one for one in self.rounds if one.starts_at <= now < one.due_at]

    def check_in(self, check_in: GuardCheckIn) -> None:
        if self.away:
            raise ConnectionError("no signal")
        self.sent.append(check_in)


def walk_through(
    phone: Phone, span: timedelta, *, misses: bool = True, truth: GroundTruth | None = None, seed: int = 1
) -> ManualClock:
    clock = ManualClock(MIDNIGHT)
    team = GuardTeam(
        SITE, list_rounds=phone.list_rounds, check_in=phone.check_in, clock=clock, seed=seed, misses=misses, truth=truth
    )
    for _ in range(int(span / (5 * SECOND))):
        assert 0 <= team.step() <= pace.LOOK_FOR_ROUNDS_EVERY.total_seconds()
        clock.advance(5 * SECOND)
    return clock


def test_every_checkpoint_is_seen_in_time_and_in_order() -> None:
    phone = Phone([hourly(0), hourly(1)])
    walk_through(phone, 2 * HOUR, misses=False)
    for number in (0, 1):
        assert [sent.code for sent in phone.sent if sent.round_ref == f"r{number}"] == list(CODES)
    assert all(MIDNIGHT + (sent.round_ref == "r1") * HOUR <= sent.at for sent in phone.sent)
    assert len({sent.client_id for sent in phone.sent}) == len(phone.sent)


def test_nobody_runs() -> None:
    walk = plan_walk(hourly(0), SITE, SITE.guards[0], dice("test"), now=MIDNIGHT, misses=False)
    for here, there in pairwise(walk.check_ins):
        metres = math.dist(PLACES[here.code], PLACES[there.code])
        assert metres / (there.at - here.at).total_seconds() <= pace.WALKING_METRES_PER_SECOND[1]


def test_a_guard_hurries_when_there_is_little_time_left() -> None:
    late = MIDNIGHT + timedelta(minutes=58)
    walk = plan_walk(hourly(0), SITE, SITE.guards[0], dice("test"), now=late, misses=False)
    assert all(late <= check_in.at < MIDNIGHT + HOUR for check_in in walk.check_ins)


def test_an_empty_round_is_walked_in_no_time() -> None:
    assert plan_walk(hourly(0, ()), SITE, SITE.guards[0], dice("test"), now=MIDNIGHT).check_ins == ()


def test_nobody_walks_two_rounds_at_once() -> None:
    same_time = [DueRound(ref=f"s{n}", starts_at=MIDNIGHT, due_at=MIDNIGHT + HOUR, codes=CODES) for n in range(len(SITE.guards))]
    phone = Phone(same_time)
    walk_through(phone, HOUR, misses=False)
    assert set(Counter((sent.login, sent.round_ref) for sent in phone.sent).values()) == {len(CODES)}
    assert {sent.login for sent in phone.sent} == {guard.login for guard in SITE.guards}


def test_what_a_guard_misses_is_written_down_and_nothing_else_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    phone = Phone([hourly(number) for number in range(24)])
    walk_through(phone, 24 * HOUR, truth=GroundTruth(path))
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    missed = {(line["round"], line["checkpoint"]) for line in lines if line["what"] == "missed_check"}
    seen = {(sent.round_ref, sent.code) for sent in phone.sent}
    assert missed
    assert missed.isdisjoint(seen)
    assert missed | seen == {(f"r{number}", code) for number in range(24) for code in CODES}


def test_the_same_seed_walks_the_same_way() -> None:
    first, again, other = (Phone([hourly(0)]) for _ in range(3))
    walk_through(first, HOUR)
    walk_through(again, HOUR)
    walk_through(other, HOUR, seed=2)
    assert first.sent == again.sent
    assert [sent.at for sent in first.sent] != [sent.at for sent in other.sent]


def test_without_a_signal_a_guard_tries_again_with_the_same_check() -> None:
    phone = Phone([hourly(0)])
    clock = ManualClock(MIDNIGHT)
    team = GuardTeam(SITE, list_rounds=phone.list_rounds, check_in=phone.check_in, clock=clock, seed=1, misses=False)
    team.step()
    for number in range(720):
        phone.away = 20 <= number % 40 < 23
        team.step()
        clock.advance(5 * SECOND)
    assert [sent.code for sent in sorted(phone.sent, key=lambda sent: sent.at)] == list(CODES)


def test_a_site_without_guards_has_no_team() -> None:
    with pytest.raises(ValueError, match="no guards"):
        GuardTeam(replace(SITE, staff=()), list_rounds=lambda _: [], check_in=print, clock=ManualClock(MIDNIGHT), seed=1)


def test_a_team_goes_home_at_once() -> None:
    team = GuardTeam(SITE, list_rounds=lambda _: [], check_in=lambda _: None, clock=ManualClock(MIDNIGHT), seed=1)
    team.start()
    team.stop()
