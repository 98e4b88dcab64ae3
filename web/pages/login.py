"""Signing in and out, the first page, and the language."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.access import Access, anonymous, public, signed_in
from api.caller import ip_of
from api.cookies import delete_session_cookie, set_session_cookie
from api.deps import Conn, Now, services_of
from api.language import LANGUAGE_COOKIE
from assets.queries.places import list_sites_of
from core.errors import AppError, NotSignedIn, TooManyRequests
from core.i18n import Language
from people import manage
from people.sessions import end_session
from people.sign_in import sign_in
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors
from web.home import first_path
from web.page import back, own_path, render, see

router = APIRouter()
_A_YEAR = 365 * 24 * 3600


@router.get("/")
def home(access: Annotated[Access, signed_in()], conn: Conn) -> RedirectResponse:
    return see(first_path(conn, access.viewer, list_sites_of(conn, person_id=access.viewer.person_id)))


@router.get("/login")
def login_page(request: Request, visitor: Annotated[Access | None, public()], next: str = "/") -> Response:  # noqa: A002 - the address people see
    if visitor is not None:
        return see(own_path(next) or "/")
    return _login_form(request, next_path=next)


@router.post("/login", dependencies=[anonymous()])
def login(request: Request, username: FormText = "", password: FormText = "", next: FormText = "/") -> Response:  # noqa: A002
    services = services_of(request)
    try:
        token, _ = sign_in(
            services.db,
            username=username,
            password=password,
            ip=ip_of(request),
            user_agent=request.headers.get("user-agent", ""),
            now=services.clock.now(),
        )
    except (NotSignedIn, TooManyRequests) as error:
        return _refused(request, error, username=username, next_path=next)
    response = see(own_path(next) or "/")
    set_session_cookie(response, services.settings, token)
    return response


@router.post("/logout")
def logout(request: Request, access: Annotated[Access, signed_in()], conn: Conn) -> RedirectResponse:
    if access.session is not None:
        end_session(conn, access.session)
    response = see("/login")
    delete_session_cookie(response, services_of(request).settings)
    return response


@router.post("/language")
def choose_language(
    request: Request, visitor: Annotated[Access | None, public()], conn: Conn, now: Now, language: Annotated[Language, Form()]
) -> RedirectResponse:
    """For this device, and for the account of who is signed in: a phone may be shared, its owner's choice is not."""
    if visitor is not None:
        viewer = visitor.viewer
        manage.update_person(
            conn, visitor.actor, now=now, person_id=viewer.person_id, display_name=viewer.display_name, language=language
        )
    response = back(request, "/")
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=_A_YEAR,
        secure=services_of(request).settings.secure_cookies,
        samesite="lax",
        httponly=True,
    )
    return response


def _refused(request: Request, error: AppError, *, username: str, next_path: str) -> HTMLResponse:
    response = _login_form(request, next_path=next_path, username=username, errors=form_errors(request, error), status=error.status)
    if "retry_after" in error.params:
        response.headers["retry-after"] = str(error.params["retry_after"])
    return response


def _login_form(
    request: Request, *, next_path: str, username: str = "", errors: FormErrors = NO_ERRORS, status: int = 200
) -> HTMLResponse:
    return render(
        request, None, "login.html", status=status, next_path=own_path(next_path) or "/", username=username, errors=errors
    )
