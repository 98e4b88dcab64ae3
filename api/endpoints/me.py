"""Everybody's own account."""

from typing import Annotated

from fastapi import APIRouter

from api.access import Access, signed_in
from api.deps import Conn, Now, RowId
from api.schemas.people import MeChangeIn, MeOut, NewTokenOut, OwnPasswordIn, TokenIn, TokenOut
from api.whoami import who
from people import manage, tokens
from people.queries.tokens import list_tokens

router = APIRouter(prefix="/me", tags=["me"])


@router.get("")
def get_me(access: Annotated[Access, signed_in()], conn: Conn) -> MeOut:
    """Who calls, with their roles."""
    return who(conn, person_id=access.viewer.person_id, session=access.session)


@router.patch("")
def update_me(change: MeChangeIn, access: Annotated[Access, signed_in()], conn: Conn, now: Now) -> MeOut:
    """Choose the language."""
    manage.update_person(
        conn,
        access.actor,
        now=now,
        person_id=access.viewer.person_id,
        display_name=access.viewer.display_name,
        language=change.language,
    )
    return who(conn, person_id=access.viewer.person_id, session=access.session)


@router.put("/password", status_code=204)
def change_my_password(new: OwnPasswordIn, access: Annotated[Access, signed_in()], conn: Conn, now: Now) -> None:
    """Other sessions end. Not possible with an API token."""
    manage.change_own_password(
        conn, access.actor, now=now, session=access.own_session(), current=new.current, password=new.password
    )


@router.get("/tokens")
def list_my_tokens(access: Annotated[Access, signed_in()], conn: Conn) -> list[TokenOut]:
    """One's API tokens that hold, newest first."""
    return [TokenOut.model_validate(token) for token in list_tokens(conn, person_id=access.viewer.person_id)]


@router.post("/tokens", status_code=201)
def create_my_token(new: TokenIn, access: Annotated[Access, signed_in()], conn: Conn, now: Now) -> NewTokenOut:
    """The answer holds the token, this once. Not possible with an API token."""
    person_id = access.own_session().person_id
    token, created = tokens.create_token(conn, access.actor, person_id=person_id, name=new.name, now=now)
    return NewTokenOut(token=token, **TokenOut.model_validate(created).model_dump())


@router.delete("/tokens/{token_id}", status_code=204)
def revoke_my_token(token_id: RowId, access: Annotated[Access, signed_in()], conn: Conn, now: Now) -> None:
    """The program that uses it can no longer sign in."""
    tokens.revoke_token(conn, access.actor, person_id=access.viewer.person_id, token_id=token_id, now=now)
