"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from api.access import Access, anonymous, signed_in
from api.caller import ip_of
from api.cookies import delete_session_cookie, set_session_cookie
from api.deps import Conn, services_of
from api.schemas.people import MeOut, SignInIn
from api.whoami import who
from people.sessions import end_session
from people.sign_in import sign_in

router = APIRouter(prefix="/session", tags=["session"])


@router.post("", status_code=201, dependencies=[anonymous()], openapi_extra={"security": []})
def create_session(request: Request, response: Response, credentials: SignInIn) -> MeOut:
    """Sign in: sets the session cookie. Programs should use an API token instead."""
    services = services_of(request)
    token, session = sign_in(
        services.db,
        username=credentials.username,
        password=credentials.password,
        ip=ip_of(request),
        user_agent=request.headers.get("user-agent", ""),
        now=services.clock.now(),
    )
    set_session_cookie(response, services.settings, token)
    with services.db.transaction() as conn:
        return who(conn, person_id=session.person_id, session=session)


@router.delete("", status_code=204)
def delete_session(request: Request, response: Response, access: Annotated[Access, signed_in()], conn: Conn) -> None:
    """Sign out."""
    if access.session is not None:
        end_session(conn, access.session)
    delete_session_cookie(response, services_of(request).settings)
