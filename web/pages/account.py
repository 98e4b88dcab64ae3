"""One's own account: language, password, API tokens."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.access import Access, signed_in
from api.deps import Conn, Now, RowId
from core.errors import Invalid
from people import manage, tokens
from people.models import ApiToken
from people.passwords import MIN_LENGTH
from people.queries.grants import list_grants_of
from people.queries.tokens import list_tokens
from people.sessions import end_other_sessions
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors
from web.page import render, see

router = APIRouter()
Mine = Annotated[Access, signed_in()]


@router.get("/account")
def account_page(request: Request, access: Mine, conn: Conn, done: str = "") -> HTMLResponse:
    return _page(request, access, conn, done=done if done in {"profile", "password", "others", "revoked"} else "")


@router.post("/account")
def change_profile(request: Request, access: Mine, conn: Conn, now: Now, language: FormText = "") -> Response:
    viewer = access.viewer
    try:
        manage.update_person(
            conn, access.actor, now=now, person_id=viewer.person_id, display_name=viewer.display_name, language=language
        )
    except Invalid as error:
        return _page(request, access, conn, errors=form_errors(request, error))
    return see("/account?done=profile")


@router.post("/account/password")
def change_password(
    request: Request, access: Mine, conn: Conn, now: Now, current: FormText = "", password: FormText = "", repeated: FormText = ""
) -> Response:
    try:
        _check_same(password, repeated)
        manage.change_own_password(conn, access.actor, now=now, session=access.own_session(), current=current, password=password)
    except Invalid as error:
        return _page(request, access, conn, errors=form_errors(request, error))
    return see("/account?done=password")


@router.post("/account/sign-out-others")
def sign_out_others(access: Mine, conn: Conn, now: Now) -> RedirectResponse:
    end_other_sessions(conn, access.actor, session=access.own_session(), now=now)
    return see("/account?done=others")


@router.post("/account/tokens")
def create_token(request: Request, access: Mine, conn: Conn, now: Now, name: FormText = "") -> HTMLResponse:
    """Shown in the answer itself, because the token is kept nowhere."""
    try:
        token, created = tokens.create_token(conn, access.actor, person_id=access.own_session().person_id, name=name, now=now)
    except Invalid as error:
        return _page(request, access, conn, errors=form_errors(request, error))
    return _page(request, access, conn, token=token, created=created)


@router.post("/account/tokens/{token_id}/revoke")
def revoke_token(token_id: RowId, access: Mine, conn: Conn, now: Now) -> RedirectResponse:
    tokens.revoke_token(conn, access.actor, person_id=access.viewer.person_id, token_id=token_id, now=now)
    return see("/account?done=revoked")


def _check_same(password: str, repeated: str) -> None:
    if password != repeated:
        raise Invalid("password_repeat", field="repeated")


def _page(
    request: Request,
    access: Access,
    conn: Connection,
    *,
    errors: FormErrors = NO_ERRORS,
    token: str | None = None,
    created: ApiToken | None = None,
    done: str = "",
) -> HTMLResponse:
    return render(
        request,
        access,
        "account.html",
        status=200 if errors is NO_ERRORS else 422,
        errors=errors,
        grants=list_grants_of(conn, person_ids=[access.viewer.person_id]),
        tokens=list_tokens(conn, person_id=access.viewer.person_id),
        token=token,
        created=created,
        done=done,
        min_length=MIN_LENGTH,
    )
