"""The cookie of a session."""

from starlette.responses import Response

from api.caller import cookie_name
from core.settings import Settings
from people.sessions import LIFETIME


def set_session_cookie(response: Response, settings: Settings, token: str) -> None:
    """Not readable by scripts, not sent with the changes of other sites, encrypted where people come by https."""
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def delete_session_cookie(response: Response, settings: Settings) -> None:
    """After signing out."""
    response.delete_cookie(cookie_name(settings), path="/", secure=settings.secure_cookies, httponly=True, samesite="lax")
