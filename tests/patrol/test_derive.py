"""Verdicts can be thrown away and derived again."""

from datetime import UTC, datetime, time, timedelta
from itertools import permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.models import Site
from patrol.close_rounds import close_rounds
from patrol.derive import judge, rederive_round
from patrol.models import RoundTimes, Sighting
from patrol.planning.plans import PlanTimes
from store.db import Connection, Database
from tests.cast import Cast
from tests.patrol.ground import lay_out, type_code

START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIMES = RoundTimes(id=1, starts_at=START, due_at=START + 60 * MINUTE, closes_at=START + 65 * MINUTE)

sightings = st.lists(
    st.builds(
        Sighting,
        check_in_id=st.integers(min_value=1, max_value=1000),
        checkpoint_id=st.integers(min_value=1, max_value=3),
        at=st.integers(min_value=-10, max_value=80).map(lambda m: START + m * MINUTE),
    ),
    unique_by=lambda sighting: sighting.check_in_id,
    max_size=8,
)
minutes = st.integers(min_value=0, max_value=90)


@given(sightings, minutes)
@settings(deadline=None)
def test_the_order_in_which_evidence_comes_does_not_matter(seen: list[Sighting], minute: int) -> None:
    now = START + minute * MINUTE
    expected = judge(TIMES, [1, 2, 3], seen, now)
    assert judge(TIMES, [1, 2, 3], list(reversed(seen)), now) == expected
    assert all(judge(TIMES, [1, 2, 3], order, now) == expected for order in list(permutations(seen))[:10])


@given(sightings, minutes)
@settings(deadline=None)
def test_a_verdict_says_what_the_evidence_says(seen: list[Sighting], minute: int) -> None:
    now = START + minute * MINUTE
    judgement = judge(TIMES, [1, 2, 3], seen, now)
    for check in judgement.checks:
        mine = [s.at for s in seen if s.checkpoint_id == check.checkpoint_id and START <= s.at <= TIMES.closes_at]
        assert check.seen_at == min(mine, default=None)
        assert (check.check_in_id is None) == (check.verdict in {"due", "missed"})
        assert (check.verdict == "late") == (check.seen_at is not None and check.seen_at >= TIMES.due_at)
    everything = all(check.seen_at for check in judgement.checks)
    assert (judgement.state == "verified") == everything
    assert (judgement.state == "missed") == (not everything and now > TIMES.closes_at)


@given(sightings, minutes, minutes)
@settings(deadline=None)
def test_a_decided_round_stays_decided_as_time_passes(seen: list[Sighting], minute: int, later: int) -> None:
    now = START + minute * MINUTE
    before = judge(TIMES, [1, 2, 3], seen, now)
    if before.state != "open":
        assert judge(TIMES, [1, 2, 3], seen, now + later * MINUTE) == before


steps = st.lists(st.tuples(st.integers(min_value=0, max_value=150), st.integers(min_value=0, max_value=3)), max_size=12)


@given(steps)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_deriving_again_from_the_raw_check_ins_gives_the_same(
    db: Database, cast: Cast, wutong: Site, steps: list[tuple[int, int]]
) -> None:
    """Guards come at random, rounds are closed as time passes; then every verdict is wiped and derived again."""
    with db.transaction() as conn, conn.transaction(force_rollback=True):
        half_hourly = PlanTimes(from_time=time(0), until_time=time(0), every_minutes=30, grace_minutes=5)
        ground = lay_out(conn, cast.chen.actor, wutong, START, times=half_hourly)
        for minute, index in sorted(steps):
            close_rounds(conn, START + minute * MINUTE)
            type_code(conn, cast.wang.actor, wutong, (*ground.codes, "9999")[index], START + minute * MINUTE)
        end = START + 160 * MINUTE
        close_rounds(conn, end)
        before = verdicts(conn)
        conn.execute("UPDATE round_check SET verdict = 'due', check_in_id = NULL, seen_at = NULL")
        conn.execute("UPDATE round SET state = 'open', closed_at = NULL")
        for (round_id,) in conn.execute("SELECT id FROM round WHERE starts_at <= %s ORDER BY id DESC", (end,)).fetchall():
            rederive_round(conn, site_id=wutong.id, round_id=round_id, now=end)
        assert verdicts(conn) == before


def verdicts(conn: Connection) -> list[tuple[object, ...]]:
    return conn.execute(
        """
        SELECT r.starts_at, r.state, r.closed_at, c.checkpoint_id, c.verdict, c.check_in_id, c.seen_at
          FROM round r JOIN round_check c ON c.round_id = r.id
         ORDER BY r.starts_at, c.checkpoint_id
        """
    ).fetchall()
