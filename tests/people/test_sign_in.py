"""Signing in, and what stops who guesses."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from core.clock import ManualClock
from core.errors import TooManyRequests
from people import manage
from people.queries.persons import find_credentials
from people.sessions import find_session, hash_token
from people.sign_in import IP_LIMIT, USERNAME_LIMIT, WINDOW, WrongPassword, network_of, sign_in
from store.db import Database
from tests.cast import PASSWORD, Cast

Try = Callable[..., str]


@pytest.fixture
def attempt(db: Database, clock: ManualClock) -> Try:
    """Signs in and gives the token of the cookie."""

    def run(username: str = "wang", password: str = PASSWORD, ip: str = "203.0.113.7") -> str:
        return sign_in(db, username=username, password=password, ip=ip, user_agent="tests", now=clock.now())[0]

    return run


def count_attempts(db: Database) -> int:
    with db.transaction() as conn:
        row = conn.execute("SELECT count(*) FROM login_attempt").fetchone()
        return row[0] if row else -1


def test_the_right_password_starts_a_session(db: Database, attempt: Try, cast: Cast, clock: ManualClock) -> None:
    token = attempt(" Wang ")
    with db.transaction() as conn:
        session = find_session(conn, token, now=clock.now())
        assert session is not None
        assert session.person_id == cast.wang.id
        kept = conn.execute("SELECT token_hash FROM session").fetchall()
    assert kept == [(hash_token(token),)], "the token itself is stored nowhere"


@pytest.mark.parametrize(("username", "password"), [("wang", "wrong"), ("nobody", PASSWORD), ("", ""), ("\x00", "x")])
@pytest.mark.usefixtures("cast")
def test_a_stranger_is_told_nothing_about_which_part_was_wrong(attempt: Try, username: str, password: str) -> None:
    with pytest.raises(WrongPassword):
        attempt(username, password)


def test_a_person_who_was_switched_off_is_a_stranger(db: Database, attempt: Try, cast: Cast, clock: ManualClock) -> None:
    with db.transaction() as conn:
        manage.deactivate(conn, cast.admin.actor, now=clock.now(), person_id=cast.wang.id)
    with pytest.raises(WrongPassword):
        attempt()


@pytest.mark.usefixtures("cast")
def test_a_username_is_throttled_and_freed_again(attempt: Try, clock: ManualClock) -> None:
    for number in range(USERNAME_LIMIT):
        with pytest.raises(WrongPassword):
            attempt(password="wrong", ip=f"198.51.100.{number}")
        clock.advance(timedelta(seconds=10))
    with pytest.raises(TooManyRequests) as refused:
        attempt()
    wait = timedelta(seconds=int(str(refused.value.params["retry_after"])))
    assert wait == WINDOW - timedelta(seconds=10 * USERNAME_LIMIT)
    clock.advance(wait - timedelta(seconds=1))
    with pytest.raises(TooManyRequests):
        attempt()
    clock.advance(timedelta(seconds=1))
    attempt()


@pytest.mark.usefixtures("cast")
def test_unknown_usernames_are_throttled_like_known_ones(attempt: Try) -> None:
    for _ in range(USERNAME_LIMIT):
        with pytest.raises(WrongPassword):
            attempt("nobody")
    with pytest.raises(TooManyRequests):
        attempt("nobody")


@pytest.mark.usefixtures("cast")
def test_success_forgets_the_failures(attempt: Try) -> None:
    for _ in range(3):
        for _ in range(USERNAME_LIMIT - 1):
            with pytest.raises(WrongPassword):
                attempt(password="wrong")
        attempt()


@pytest.mark.usefixtures("cast")
def test_an_address_is_throttled_over_all_usernames(db: Database, attempt: Try, clock: ManualClock) -> None:
    with db.transaction() as conn:
        for number in range(IP_LIMIT):
            conn.execute(
                "INSERT INTO login_attempt (username, ip, at) VALUES (%s, %s, %s)", (f"n{number}", "203.0.113.7", clock.now())
            )
    with pytest.raises(TooManyRequests):
        attempt()
    attempt(ip="203.0.113.8")


@pytest.mark.usefixtures("cast")
def test_attempts_at_the_same_moment_do_not_pass_together(
    attempt: Try, run_together: Callable[..., list[object]], db: Database
) -> None:
    def guess() -> object:
        try:
            return attempt(password="wrong")
        except (WrongPassword, TooManyRequests) as refused:
            return type(refused)

    outcomes = run_together(*[guess] * (USERNAME_LIMIT + 4))
    assert outcomes.count(WrongPassword) == USERNAME_LIMIT
    assert outcomes.count(TooManyRequests) == 4
    assert count_attempts(db) == USERNAME_LIMIT, "what was refused does not lengthen the wait"


def test_an_old_hash_is_replaced_at_the_next_sign_in(db: Database, attempt: Try, cast: Cast) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with db.transaction() as conn:
        conn.execute("UPDATE person SET password_hash = %s WHERE id = %s", (old, cast.wang.id))
    attempt()
    with db.transaction() as conn:
        credentials = find_credentials(conn, username="wang")
    assert credentials is not None
    assert credentials.password_hash != old
    attempt()


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_what_counts_as_one_address(ip: str, network: str) -> None:
    assert network_of(ip) == network
