"""The web application without a socket, and browsers that visit it."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import anyio.from_thread
import httpx
import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from starlette.types import ASGIApp

from api.caller import cookie_name
from api.services import Services
from core.clock import ManualClock
from core.settings import Settings
from people.sessions import start_session
from store.db import Database
from store.listen import ChangeListener
from tests.cast import Member
from web.app import create_web

HOST = "gatehouse.test"


class InProcess(httpx.BaseTransport):
    """Calls the application in an event loop of another thread."""

    def __init__(self, app: ASGIApp, portal: BlockingPortal) -> None:
        self._transport = httpx.ASGITransport(cast("Any", app), client=("203.0.113.7", 5000))
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._portal.call(self._send, request)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(content), request=request)


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """An event loop in a thread of its own."""
    with anyio.from_thread.start_blocking_portal() as running:
        yield running


@pytest.fixture
def services(db: Database, clock: ManualClock) -> Services:
    """What the application is made of; the listener does not listen."""
    return Services(settings=Settings(database_pool=8), db=db, clock=clock, listener=ChangeListener(db))


@pytest.fixture
def app(services: Services) -> FastAPI:
    """The API with the pages."""
    return create_web(services)


@pytest.fixture
def browser(app: FastAPI, portal: BlockingPortal) -> Callable[[], httpx.Client]:
    """Makes a browser nobody is signed in with. It follows no redirects and asks in English."""

    def make() -> httpx.Client:
        base = "https" if app.state.services.settings.secure_cookies else "http"
        return httpx.Client(transport=InProcess(app, portal), base_url=f"{base}://{HOST}", headers={"accept-language": "en"})

    return make


@pytest.fixture
def signed_in(browser: Callable[[], httpx.Client], services: Services) -> Callable[[Member], httpx.Client]:
    """Makes a browser of somebody of the cast; it sends the CSRF header as our scripts do."""

    def make(member: Member) -> httpx.Client:
        with services.db.transaction() as conn:
            token, session = start_session(
                conn, person_id=member.id, user_agent="tests", ip="203.0.113.7", now=services.clock.now()
            )
        client = browser()
        client.cookies.set(cookie_name(services.settings), token, domain=HOST)
        client.headers["x-csrf-token"] = session.csrf_token
        return client

    return make
