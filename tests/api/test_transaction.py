"""The request's transaction ends before its response begins."""

from collections.abc import Callable

import httpx
import pytest
from anyio.from_thread import BlockingPortal
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import public
from api.deps import Conn
from core.errors import Conflict
from store.db import Database
from tests.browser import HOST, InProcess
from tests.cast import Cast, Member


class LookWhenItAnswers:
    """Notes what another connection sees at the moment the response starts."""

    def __init__(self, app: FastAPI, db: Database) -> None:
        self.app = app
        self.db = db
        self.seen: list[int] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def look(message: Message) -> None:
            if message["type"] == "http.response.start":
                with self.db.transaction() as conn:
                    row = conn.execute("SELECT count(*) FROM region").fetchone()
                self.seen.append(row[0] if row else -1)
            await send(message)

        await self.app(scope, receive, look)


@pytest.fixture
def over(portal: BlockingPortal) -> Callable[[ASGIApp], httpx.Client]:
    return lambda watched: httpx.Client(transport=InProcess(watched, portal), base_url=f"http://{HOST}")


@pytest.fixture
def watched(app: FastAPI, db: Database) -> LookWhenItAnswers:
    router = APIRouter()

    @router.post("/write", dependencies=[public()])
    def write(conn: Conn) -> dict[str, int]:
        conn.execute("INSERT INTO region (level, name) VALUES ('city', '苏州市')")
        return {"written": 1}

    @router.post("/write-and-fail", dependencies=[public()])
    def write_and_fail(conn: Conn) -> None:
        conn.execute("INSERT INTO region (level, name) VALUES ('city', '苏州市')")
        raise Conflict

    app.include_router(router)
    return LookWhenItAnswers(app, db)


def test_committed_before_the_response_starts(watched: LookWhenItAnswers, over: Callable[[ASGIApp], httpx.Client]) -> None:
    assert over(watched).post("/write").json() == {"written": 1}
    assert watched.seen == [1]


def test_an_error_takes_everything_back(watched: LookWhenItAnswers, over: Callable[[ASGIApp], httpx.Client]) -> None:
    assert over(watched).post("/write-and-fail").status_code == 409
    assert watched.seen == [0]


def test_no_connection_is_held_while_a_body_comes_in(
    app: FastAPI,
    portal: BlockingPortal,
    over: Callable[[ASGIApp], httpx.Client],
    signed_in: Callable[[Member], httpx.Client],
    cast: Cast,
) -> None:
    held: list[int] = []

    async def slow_sender(scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_looking() -> Message:
            held.append(app.state.connection_slots.borrowed_tokens)
            return await receive()

        await app(scope, receive_looking, send)

    wang = signed_in(cast.wang)
    client = over(slow_sender)
    client.cookies = wang.cookies
    answer = client.post("/logout", data={"csrf_token": wang.headers["x-csrf-token"]})
    assert answer.status_code == 303
    assert held
    assert set(held) == {0}
