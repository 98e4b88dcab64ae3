"""What endpoints and pages ask for: a connection, the time, a translator."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Annotated, cast

from anyio import CapacityLimiter
from fastapi import Depends, Path, Request

from api.csrf import SentToken
from api.language import language_of
from api.services import Services
from core.i18n import Translator
from store.db import Connection


def services_of(request: Request) -> Services:
    """The services of the application that answers."""
    return cast("Services", request.app.state.services)


async def _connection_slot(request: Request, _: SentToken) -> AsyncIterator[None]:
    # The token stands here so that the body is read before: a slow sender must not hold a connection.
    # Waiting for a connection in a worker thread could use up all threads, while those that hold
    # the connections wait for a thread to go on. Here nobody waits in a thread.
    limiter: CapacityLimiter = request.app.state.connection_slots
    async with limiter:
        yield


def _connection(request: Request, _: Annotated[None, Depends(_connection_slot, scope="function")]) -> Iterator[Connection]:
    services = services_of(request)
    # Taken before the transaction sees anything: what changes from now on is told by the page's event stream.
    request.state.position = services.listener.position
    with services.db.transaction() as conn:
        request.state.conn = conn
        yield conn


async def _now(request: Request) -> datetime:
    return services_of(request).clock.now()


async def _translator(request: Request) -> Translator:
    return Translator(language_of(request))


Conn = Annotated[Connection, Depends(_connection, scope="function")]
"""The request's transaction: committed before the response is sent, rolled back on an exception."""

Now = Annotated[datetime, Depends(_now)]
"""The time of the request, the same wherever it is asked for. (`async` above only saves a thread switch.)"""

Translate = Annotated[Translator, Depends(_translator)]
"""Texts in the caller's language; declare it after the access rule, which finds out who calls."""

RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""A row's id in a path, within what the database can hold."""
