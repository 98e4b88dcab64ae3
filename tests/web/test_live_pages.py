"""Pages and their event streams, served over real sockets: what changes between the two is not lost."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

import httpx
import pytest

from api.caller import cookie_name
from assets.models import Site
from core.clock import ManualClock
from core.settings import Settings
from gatehouse.part_web import listen_http, web
from gatehouse.parts import Base, base
from people.sessions import start_session
from store.db import Database
from store.notify import Change, Topic, notify
from tests.cast import Cast, Member

Wait = Callable[..., None]
PAGE = "/s/wutong/notices"


@pytest.fixture
def parts(db: Database, clock: ManualClock) -> Iterator[Base]:
    """One web process."""
    with base(Settings(http_port=0, database_pool=4), clock, db.url) as running:
        yield running


@contextmanager
def serving(parts: Base, who: Member) -> Iterator[httpx.Client]:
    """Somebody's browser at the pages of `parts`."""
    with parts.db.transaction() as conn:
        token, _ = start_session(conn, person_id=who.id, user_agent="tests", ip="127.0.0.1", now=parts.clock.now())
    with (
        listen_http(parts.settings) as sock,
        web(parts, sock) as address,
        httpx.Client(base_url=address, cookies={cookie_name(parts.settings): token}, trust_env=False, timeout=20) as client,
    ):
        yield client


@pytest.fixture
def chen(parts: Base, cast: Cast) -> Iterator[httpx.Client]:
    with serving(parts, cast.chen) as client:
        yield client


def happen(db: Database, site_id: int, topic: Topic = "notice") -> None:
    with db.transaction() as conn:
        notify(conn, Change(topic=topic, site_id=site_id))


def position_of(page: httpx.Response) -> str:
    found = re.search(r'name="live-position" content="([0-9a-f.]+)"', page.text)
    assert found, page.text[:2000]
    return found[1]


def first_events(client: httpx.Client, since: str, *, topics: str = "notice") -> list[str]:
    """The first events of the stream a page opens, until the one that says where it stands."""
    names: list[str] = []
    with client.stream("GET", "/events", params={"site": "wutong", "topics": topics, "since": since}) as answer:
        for line in answer.iter_lines():
            if line.startswith("event: "):
                names.append(line.removeprefix("event: "))
            if line == "event: position":
                break
    return names


def test_a_change_between_the_page_and_its_stream_is_told(
    chen: httpx.Client, parts: Base, db: Database, wutong: Site, wait_for: Wait
) -> None:
    position = position_of(chen.get(PAGE))
    happen(db, wutong.id)
    wait_for(lambda: parts.listener.position != position)
    assert first_events(chen, position) == ["notice", "position"]


def test_what_came_before_the_page_is_not_told_again(
    chen: httpx.Client, parts: Base, db: Database, wutong: Site, jinxiu: Site, wait_for: Wait
) -> None:
    before = parts.listener.position
    happen(db, wutong.id)
    wait_for(lambda: parts.listener.position != before)
    position = position_of(chen.get(PAGE))
    happen(db, wutong.id, "status")
    happen(db, jinxiu.id)
    happen(db, jinxiu.id, "status")
    wait_for(lambda: parts.listener.position.partition(".")[0] > position.partition(".")[0])
    with chen.stream("GET", "/events", params={"site": "wutong", "topics": "notice", "since": position}) as answer:
        lines = answer.iter_lines()
        next(lines)
        happen(db, wutong.id)
        data = [line for line in islice(lines, 7) if line.startswith("event")]
    assert data == ["event: notice", "event: position"]


def test_a_page_of_another_process_is_understood(
    chen: httpx.Client, parts: Base, db: Database, cast: Cast, wutong: Site, clock: ManualClock, wait_for: Wait
) -> None:
    with base(parts.settings, clock, db.url) as other, serving(other, cast.chen) as elsewhere:
        happen(db, wutong.id, "status")
        wait_for(lambda: parts.listener.position == other.listener.position)
        position = position_of(chen.get(PAGE))
        happen(db, wutong.id)
        wait_for(lambda: position != parts.listener.position == other.listener.position)
        assert first_events(elsewhere, position) == ["notice", "position"]


def test_where_nothing_is_known_everything_is_fetched_again(chen: httpx.Client) -> None:
    assert first_events(chen, "of-another-life") == ["resync", "position"]


def test_the_menu_hears_what_it_counts_on_every_page_of_the_site(
    chen: httpx.Client, parts: Base, db: Database, wutong: Site, wait_for: Wait
) -> None:
    position = parts.listener.position
    happen(db, wutong.id, "discovered")
    wait_for(lambda: parts.listener.position != position)
    assert first_events(chen, position) == ["menu", "position"]


def test_a_guard_hears_only_what_the_own_menu_counts(parts: Base, db: Database, cast: Cast, wutong: Site, wait_for: Wait) -> None:
    position = parts.listener.position
    happen(db, wutong.id, "discovered")
    with serving(parts, cast.wang) as wang:
        wait_for(lambda: parts.listener.position != position)
        position = parts.listener.position
        happen(db, wutong.id, "alert")
        wait_for(lambda: parts.listener.position != position)
        assert first_events(wang, position, topics="round") == ["menu", "position"]


def test_a_stream_that_comes_back_names_where_it_stood(
    chen: httpx.Client, parts: Base, db: Database, wutong: Site, wait_for: Wait
) -> None:
    position = position_of(chen.get(PAGE))
    happen(db, wutong.id)
    wait_for(lambda: parts.listener.position != position)
    with chen.stream("GET", "/events", params={"site": "wutong", "topics": "notice", "since": position}) as answer:
        lines = answer.iter_lines()
        while next(lines) != "event: position":
            pass
        position = next(lines).removeprefix("data: ")
    happen(db, wutong.id)
    wait_for(lambda: parts.listener.position != position)
    assert first_events(chen, position) == ["notice", "position"]


def test_an_open_stream_learns_that_changes_were_missed(chen: httpx.Client, parts: Base, db: Database) -> None:
    with chen.stream("GET", "/events", params={"site": "wutong", "since": parts.listener.position}) as answer:
        lines = answer.iter_lines()
        next(lines)
        with db.transaction() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        assert next(line for line in lines if line.startswith("event: ")) == "event: resync"
