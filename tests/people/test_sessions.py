"""How long sessions and API tokens hold."""

from datetime import datetime, timedelta

import pytest

from core.clock import ManualClock
from core.errors import NotFound
from people import manage, tokens
from people.jobs import purge_sessions
from people.models import Session
from people.sessions import IDLE_LIMIT, LIFETIME, end_session, find_session, start_session
from store.db import Connection
from tests.cast import PASSWORD, Cast


@pytest.fixture
def started(conn: Connection, cast: Cast, now: datetime) -> tuple[str, Session]:
    return start_session(conn, person_id=cast.wang.id, user_agent="tests", ip="203.0.113.7", now=now)


def test_it_ends_after_half_a_day_of_silence(conn: Connection, started: tuple[str, Session], clock: ManualClock) -> None:
    token, _ = started
    assert find_session(conn, token, now=clock.advance(IDLE_LIMIT - timedelta(seconds=1))) is not None
    assert find_session(conn, token, now=clock.advance(IDLE_LIMIT - timedelta(seconds=1))) is not None
    assert find_session(conn, token, now=clock.advance(IDLE_LIMIT)) is None


def test_it_ends_after_thirty_days_of_use(conn: Connection, started: tuple[str, Session], clock: ManualClock) -> None:
    token, session = started
    while clock.now() + timedelta(hours=11) < session.expires_at:
        assert find_session(conn, token, now=clock.advance(timedelta(hours=11))) is not None
    assert session.expires_at == session.created_at + LIFETIME
    assert find_session(conn, token, now=session.expires_at) is None


def test_being_seen_is_written_once_a_minute(conn: Connection, started: tuple[str, Session], clock: ManualClock) -> None:
    token, session = started
    find_session(conn, token, now=clock.advance(timedelta(seconds=59)))
    assert seen_at(conn) == session.seen_at
    find_session(conn, token, now=clock.advance(timedelta(seconds=1)))
    assert seen_at(conn) == session.seen_at + timedelta(minutes=1)


def seen_at(conn: Connection) -> datetime:
    row = conn.execute("SELECT seen_at FROM session").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


def test_signing_out_ends_it(conn: Connection, started: tuple[str, Session], now: datetime) -> None:
    token, session = started
    end_session(conn, session)
    assert find_session(conn, token, now=now) is None
    assert find_session(conn, "made up", now=now) is None


def test_a_new_password_ends_the_others(conn: Connection, started: tuple[str, Session], cast: Cast, now: datetime) -> None:
    token, session = started
    other, _ = start_session(conn, person_id=cast.wang.id, user_agent="", ip="", now=now)
    manage.change_own_password(conn, cast.wang.actor, now=now, session=session, current=PASSWORD, password="song-zhu-mei-lan")
    assert find_session(conn, token, now=now) is not None
    assert find_session(conn, other, now=now) is None
    manage.set_password(conn, cast.admin.actor, now=now, person_id=cast.wang.id, password="mei-lan-zhu-ju")
    assert find_session(conn, token, now=now) is None


def test_switching_off_ends_sessions_and_tokens(conn: Connection, started: tuple[str, Session], cast: Cast, now: datetime) -> None:
    api_token, _ = tokens.create_token(conn, cast.wang.actor, person_id=cast.wang.id, name="脚本", now=now)
    assert tokens.find_owner(conn, api_token, now=now) == cast.wang.id
    manage.deactivate(conn, cast.admin.actor, now=now, person_id=cast.wang.id)
    assert find_session(conn, started[0], now=now) is None
    manage.activate(conn, cast.admin.actor, now=now, person_id=cast.wang.id)
    assert tokens.find_owner(conn, api_token, now=now) is None, "switched on again, the old token stays ended"


def test_a_token_is_its_owners_to_revoke(conn: Connection, cast: Cast, now: datetime) -> None:
    api_token, created = tokens.create_token(conn, cast.wang.actor, person_id=cast.wang.id, name="脚本", now=now)
    with pytest.raises(NotFound):
        tokens.revoke_token(conn, cast.li.actor, person_id=cast.li.id, token_id=created.id, now=now)
    tokens.revoke_token(conn, cast.wang.actor, person_id=cast.wang.id, token_id=created.id, now=now)
    assert tokens.find_owner(conn, api_token, now=now) is None
    with pytest.raises(NotFound):
        tokens.revoke_token(conn, cast.wang.actor, person_id=cast.wang.id, token_id=created.id, now=now)


def test_the_use_of_a_token_is_written_once_a_minute(conn: Connection, cast: Cast, clock: ManualClock) -> None:
    start = clock.now()
    api_token, _ = tokens.create_token(conn, cast.wang.actor, person_id=cast.wang.id, name="脚本", now=start)

    def last_used() -> object:
        tokens.find_owner(conn, api_token, now=clock.now())
        row = conn.execute("SELECT last_used_at FROM api_token").fetchone()
        return row and row[0]

    assert last_used() == start
    clock.advance(timedelta(seconds=59))
    assert last_used() == start
    clock.advance(timedelta(seconds=1))
    assert last_used() == start + timedelta(minutes=1)


def test_ended_sessions_and_old_attempts_are_forgotten(conn: Connection, started: tuple[str, Session], clock: ManualClock) -> None:
    conn.execute("INSERT INTO login_attempt (username, ip, at) VALUES ('wang', '203.0.113.7', %s)", (clock.now(),))
    assert purge_sessions(conn, clock.now()) == 0
    assert purge_sessions(conn, clock.advance(timedelta(hours=1))) == 1
    assert purge_sessions(conn, clock.advance(IDLE_LIMIT)) == 1
