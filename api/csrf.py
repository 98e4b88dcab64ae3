"""Refuses changes that another site makes a browser send."""

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from core.errors import Forbidden
from core.settings import Settings
from people.models import Session

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def _sent_token(request: Request) -> str:
    """The header, else the form's field. Asynchronous because the body is read here."""
    token = request.headers.get("x-csrf-token")
    if token is None and request.method not in SAFE_METHODS and request.headers.get("content-type", "").startswith(_FORMS):
        field = (await request.form()).get("csrf_token")
        token = field if isinstance(field, str) else None
    return token or ""


SentToken = Annotated[str, Depends(_sent_token)]


def check_origin(request: Request, settings: Settings) -> None:
    """The browser says where the request comes from; what says nothing is no browser of our time."""
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("csrf")
    origin = request.headers.get("origin")
    if origin is not None and origin != settings.public_url and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("csrf")


def check_token(request: Request, session: Session, sent: str) -> None:
    """A form of ours carries the token of the session."""
    if request.method not in SAFE_METHODS and not secrets.compare_digest(sent.encode(), session.csrf_token.encode()):
        raise Forbidden("csrf")
