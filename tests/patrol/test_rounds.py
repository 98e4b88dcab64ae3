"""Rounds from plan to verdict: what guard Wang does, and what happens when he does not."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest
from psycopg.errors import RestrictViolation

from assets.models import Site
from core.errors import Conflict, Forbidden, Invalid
from patrol import queries
from patrol.check_in import CheckInResult, check_in
from patrol.close_rounds import close_rounds
from patrol.due_now import get_due_now
from patrol.models import Round
from patrol.plan_rounds import AHEAD, plan_rounds
from patrol.planning.plans import PlanTimes, create_plan
from people.models import SYSTEM
from store.db import Connection, Database
from tests.cast import Cast
from tests.patrol.ground import Ground, lay_out, type_code

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def round_at(conn: Connection, site: Site, starts_at: datetime) -> Round:
    (found,) = queries.list_rounds(conn, site_id=site.id, since=starts_at, until=starts_at + MINUTE)
    return found


def verdicts(conn: Connection, site: Site, round_id: int) -> list[str]:
    return [check.verdict for check in queries.list_round_checks(conn, site.id, [round_id])]


def test_wang_sees_everything_in_time(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    for minutes, code in enumerate(ground.codes[:2]):
        result = type_code(conn, cast.wang.actor, ground.site, code, now + minutes * MINUTE)
        assert result.outcome == "counted"
        assert round_at(conn, ground.site, now).state == "open"
    type_code(conn, cast.wang.actor, ground.site, ground.codes[2], now + 9 * MINUTE)
    done = round_at(conn, ground.site, now)
    assert (done.state, done.closed_at, done.seen, done.late) == ("verified", now + 9 * MINUTE, 3, 0)
    assert done.people == ["王卫国"]
    assert done.phase(now + HOUR) == "verified"
    assert verdicts(conn, ground.site, done.id) == ["on_time"] * 3


def test_nobody_comes(conn: Connection, ground: Ground, now: datetime) -> None:
    assert close_rounds(conn, now + 65 * MINUTE) == 0
    assert close_rounds(conn, now + 65 * MINUTE + timedelta(seconds=1)) == 1
    missed = round_at(conn, ground.site, now)
    assert (missed.state, missed.closed_at, missed.seen) == ("missed", now + 65 * MINUTE, 0)
    assert set(missed.unseen) == {checkpoint.name for checkpoint in ground.checkpoints}
    assert verdicts(conn, ground.site, missed.id) == ["missed"] * 3
    assert close_rounds(conn, now + 66 * MINUTE) == 0


def test_one_place_forgotten_is_a_missed_round(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    for code in ground.codes[:2]:
        type_code(conn, cast.wang.actor, ground.site, code, now + MINUTE)
    close_rounds(conn, now + 2 * HOUR)
    missed = round_at(conn, ground.site, now)
    assert (missed.state, missed.seen, missed.unseen) == ("missed", 2, [ground.checkpoints[2].name])
    assert verdicts(conn, ground.site, missed.id) == ["on_time", "on_time", "missed"]


def test_in_the_grace_a_check_counts_as_late(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    for code, minutes in zip(ground.codes, (50, 59, 65), strict=True):
        type_code(conn, cast.wang.actor, ground.site, code, now + minutes * MINUTE)
    done = round_at(conn, ground.site, now)
    assert (done.state, done.late, done.phase(now + 66 * MINUTE)) == ("verified", 1, "late")
    assert verdicts(conn, ground.site, done.id) == ["on_time", "on_time", "late"]


def test_the_end_of_the_slot_is_late_and_begins_the_next(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    result = type_code(conn, cast.wang.actor, ground.site, ground.codes[0], now + HOUR)
    assert [(counted.starts_at, counted.verdict) for counted in result.rounds] == [(now, "late"), (now + HOUR, "on_time")]


def test_after_the_grace_a_check_is_only_of_the_next_round(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    result = type_code(conn, cast.wang.actor, ground.site, ground.codes[0], now + 65 * MINUTE + timedelta(milliseconds=1))
    assert [counted.starts_at for counted in result.rounds] == [now + HOUR]


def test_the_first_check_counts(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    first = type_code(conn, cast.wang.actor, ground.site, ground.codes[0], now + MINUTE)
    again = type_code(conn, cast.li.actor, ground.site, ground.codes[0], now + 2 * MINUTE)
    assert (again.outcome, again.rounds) == ("seen_before", ())
    (check, *_) = queries.list_round_checks(conn, ground.site.id, [round_at(conn, ground.site, now).id])
    assert (check.check_in_id, check.seen_at, check.person_name) == (first.check_in.id, now + MINUTE, "王卫国")


def test_a_check_when_nothing_is_due_is_kept(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    night = PlanTimes(from_time=time(20), until_time=time(5))
    ground = lay_out(conn, cast.chen.actor, wutong, now, times=night)
    result = type_code(conn, cast.wang.actor, wutong, ground.codes[0], now)
    assert (result.outcome, result.check_in.checkpoint_name) == ("not_due", "东门岗")


def test_an_unknown_code_is_kept_as_evidence(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    result = type_code(conn, cast.wang.actor, ground.site, " 9999\0ZZ", now)
    assert result.outcome == "unknown_code"
    (kept,) = queries.list_check_ins(conn, site_id=ground.site.id, limit=10)
    assert (kept.code_entered, kept.checkpoint_id, kept.person_name, kept.received_at) == ("9999ZZ", None, "王卫国", now)


def test_a_code_of_another_compound_is_unknown_here(
    conn: Connection, cast: Cast, ground: Ground, jinxiu: Site, now: datetime
) -> None:
    theirs = lay_out(conn, cast.sun.actor, jinxiu, now, names=("南门",))
    assert type_code(conn, cast.wang.actor, ground.site, theirs.codes[0], now).outcome == "unknown_code"


def test_nothing_typed_is_no_evidence(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    with pytest.raises(Invalid, match="code_missing"):
        type_code(conn, cast.wang.actor, ground.site, " \u200b\0", now)
    with pytest.raises(Forbidden):
        type_code(conn, SYSTEM, ground.site, ground.codes[0], now)


def test_evidence_cannot_be_changed(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    type_code(conn, cast.wang.actor, ground.site, ground.codes[0], now)
    with pytest.raises(RestrictViolation), conn.transaction():
        conn.execute("UPDATE check_in SET received_at = received_at - interval '1 hour'")


def test_sending_twice_stores_once(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    client_id = uuid4()
    site_id = ground.site.id
    first = check_in(conn, cast.wang.actor, now=now, site_id=site_id, code=ground.codes[0], client_id=client_id)
    again = check_in(conn, cast.wang.actor, now=now + HOUR, site_id=site_id, code=ground.codes[0], client_id=client_id)
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.check_in, again.outcome, again.rounds) == (first.check_in, first.outcome, first.rounds)
    assert len(queries.list_check_ins(conn, site_id=site_id, limit=10)) == 1


def test_a_used_client_id_does_not_swallow_another_check(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    client_id = uuid4()
    site_id = ground.site.id
    check_in(conn, cast.wang.actor, now=now, site_id=site_id, code=ground.codes[0], client_id=client_id)
    with pytest.raises(Conflict, match="client_id_reused"):
        check_in(conn, cast.wang.actor, now=now, site_id=site_id, code=ground.codes[1], client_id=client_id)
    with pytest.raises(Conflict, match="client_id_reused"):
        check_in(conn, cast.li.actor, now=now, site_id=site_id, code=ground.codes[0], client_id=client_id)


def test_two_guards_at_once(
    db: Database, cast: Cast, ground: Ground, now: datetime, run_together: Callable[..., list[CheckInResult]]
) -> None:
    """Everything is typed at the same moment by both; the round is verified once and nothing is lost."""

    def walk(member: str, code: str) -> CheckInResult:
        with db.transaction() as conn:
            return type_code(conn, getattr(cast, member).actor, ground.site, code, now + MINUTE)

    calls = [(member, code) for code in ground.codes for member in ("wang", "li")]
    results = run_together(*(lambda m=member, c=code: walk(m, c) for member, code in calls))
    with db.transaction() as conn:
        assert round_at(conn, ground.site, now).state == "verified"
        assert len(queries.list_check_ins(conn, site_id=ground.site.id, limit=10)) == 6
    # which of the two counts is decided by the id, so a check can count when it is stored and be preceded later
    assert sum(result.outcome == "counted" for result in results) >= 3


def test_a_double_tap_is_one_check(
    db: Database, cast: Cast, ground: Ground, now: datetime, run_together: Callable[..., list[CheckInResult]]
) -> None:
    client_id = uuid4()

    def tap() -> CheckInResult:
        with db.transaction() as conn:
            return check_in(conn, cast.wang.actor, now=now, site_id=ground.site.id, code=ground.codes[0], client_id=client_id)

    results = run_together(tap, tap, tap)
    assert sorted(result.replayed for result in results) == [False, True, True]
    assert {result.outcome for result in results} == {"counted"}


def test_a_check_stored_in_time_counts_even_if_the_round_was_closed_first(
    db: Database, cast: Cast, wutong: Site, now: datetime
) -> None:
    with db.transaction() as conn:
        ground = lay_out(conn, cast.chen.actor, wutong, now, names=("东门岗",))
    with db.transaction() as conn:
        close_rounds(conn, now + 66 * MINUTE)
        assert round_at(conn, wutong, now).state == "missed"
        type_code(conn, cast.wang.actor, wutong, ground.codes[0], now + 64 * MINUTE)
        assert round_at(conn, wutong, now).state == "verified"


def test_rounds_are_made_ahead_once(conn: Connection, ground: Ground, now: datetime) -> None:
    made = queries.list_rounds(conn, site_id=ground.site.id, since=now - AHEAD, until=now + 2 * AHEAD)
    assert [r.starts_at for r in made] == [now + n * HOUR for n in range(48)]
    assert plan_rounds(conn, now) == 0
    assert plan_rounds(conn, now + 23 * HOUR) == 0
    assert plan_rounds(conn, now + 25 * HOUR) == 25
    assert plan_rounds(conn, now + 25 * HOUR) == 0


def test_no_round_begins_before_its_plan(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    late = now + timedelta(minutes=30)
    lay_out(conn, cast.chen.actor, wutong, late)
    first = min(r.starts_at for r in queries.list_rounds(conn, site_id=wutong.id, since=now - AHEAD, until=now + AHEAD))
    assert first == now + HOUR


def test_a_plan_from_earlier_today_gets_the_round_under_way_and_none_that_ended(
    conn: Connection, cast: Cast, ground: Ground, now: datetime
) -> None:
    plan = create_plan(
        conn, cast.chen.actor, now=now, site_id=ground.site.id, route_id=ground.route.id, name="补录",
        times=PlanTimes(from_time=time(11, 30), until_time=time(11, 30)), active_from=now - 5 * HOUR,
    )  # fmt: skip
    rounds = queries.list_rounds(conn, site_id=ground.site.id, since=now - AHEAD, until=now + HOUR)
    assert next(r.starts_at for r in rounds if r.plan_id == plan.id) == now - timedelta(minutes=30)


def test_a_night_in_shanghai(conn: Connection, cast: Cast, wutong: Site, now: datetime) -> None:
    night = PlanTimes(from_time=time(20), until_time=time(5), every_minutes=60, grace_minutes=10)
    ground = lay_out(conn, cast.chen.actor, wutong, now, names=("东门岗",), times=night)
    eight = datetime(2026, 11, 22, 12, tzinfo=UTC)  # 20:00 in Shanghai
    for hour in range(9):
        if hour != 4:  # at midnight he sleeps
            type_code(conn, cast.wang.actor, wutong, ground.codes[0], eight + hour * HOUR + 20 * MINUTE)
    close_rounds(conn, eight + 12 * HOUR)
    rounds = queries.list_rounds(conn, site_id=wutong.id, since=eight, until=eight + 12 * HOUR)
    assert [r.state for r in rounds] == ["verified"] * 4 + ["missed"] + ["verified"] * 4
    assert rounds[4].starts_at.astimezone(wutong.zone).time() == time(0)


def test_what_is_due_now(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    type_code(conn, cast.wang.actor, ground.site, ground.codes[1], now + MINUTE)
    due = get_due_now(conn, site_id=ground.site.id, now=now + 2 * MINUTE)
    (current,) = due.rounds
    assert [check.checkpoint_name for check in current.left] == ["东门岗", "水泵房"]
    assert [r.starts_at for r in due.following] == [now + HOUR]


def test_in_the_grace_both_rounds_are_due_and_the_older_comes_first(conn: Connection, ground: Ground, now: datetime) -> None:
    due = get_due_now(conn, site_id=ground.site.id, now=now + 62 * MINUTE)
    assert [(d.round.starts_at, d.round.phase(now + 62 * MINUTE)) for d in due.rounds] == [
        (now, "grace"),
        (now + HOUR, "running"),
    ]


def test_a_finished_round_stays_in_sight_until_its_slot_ends(conn: Connection, cast: Cast, ground: Ground, now: datetime) -> None:
    for code in ground.codes:
        type_code(conn, cast.wang.actor, ground.site, code, now + MINUTE)
    assert [d.round.state for d in get_due_now(conn, site_id=ground.site.id, now=now + 59 * MINUTE).rounds] == ["verified"]
    assert [d.round.starts_at for d in get_due_now(conn, site_id=ground.site.id, now=now + 61 * MINUTE).rounds] == [now + HOUR]
