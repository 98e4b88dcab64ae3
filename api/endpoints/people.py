"""People and their roles, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import Access, allow_anywhere
from api.deps import Conn, Now, RowId
from api.paging import Page, Paging
from api.schemas.people import GrantIn, GrantOut, PasswordIn, PersonChangeIn, PersonIn, PersonOut
from api.whoami import one_with_roles, with_roles
from assets.queries.places import find_site_by_slug, get_region
from core.errors import Invalid, NotFound
from people import manage
from people.queries import persons
from store.db import Connection

router = APIRouter(prefix="/people", tags=["people"])
Admin = Annotated[Access, allow_anywhere("admin")]


@router.get("")
def list_people(
    access: Admin,
    conn: Conn,
    paging: Paging,
    text: Annotated[str, Query(max_length=60, description="Part of the username or name.")] = "",
    site: Annotated[str | None, Query(max_length=63, description="Only who has a role at this site.")] = None,
) -> Page[PersonOut]:
    """Everybody by username."""
    site_id = _site_id(conn, site) if site else None
    rows = persons.list_people(conn, text=text, site_id=site_id, after=paging.after_text or "", limit=paging.limit + 1)
    items, following = paging.page(rows, key=lambda person: person.username)
    return Page(items=with_roles(conn, items), next=following)


@router.post("", status_code=201)
def create_person(new: PersonIn, access: Admin, conn: Conn, now: Now) -> PersonOut:
    """Someone who may sign in, without any role yet."""
    person = manage.create_person(
        conn,
        access.actor,
        now=now,
        username=new.username,
        display_name=new.display_name,
        password=new.password,
        language=new.language,
    )
    return one_with_roles(conn, person)


@router.get("/{person_id}")
def get_person(person_id: RowId, access: Admin, conn: Conn) -> PersonOut:
    """One person with their roles."""
    return one_with_roles(conn, persons.get_person(conn, person_id))


@router.put("/{person_id}")
def update_person(person_id: RowId, change: PersonChangeIn, access: Admin, conn: Conn, now: Now) -> PersonOut:
    """Name, language, and whether they may sign in."""
    manage.update_person(
        conn, access.actor, now=now, person_id=person_id, display_name=change.display_name, language=change.language
    )
    set_active = manage.activate if change.active else manage.deactivate
    set_active(conn, access.actor, now=now, person_id=person_id)
    return one_with_roles(conn, persons.get_person(conn, person_id))


@router.put("/{person_id}/password", status_code=204)
def set_password(person_id: RowId, new: PasswordIn, access: Admin, conn: Conn, now: Now) -> None:
    """Whoever is signed in with the old one is signed out."""
    manage.set_password(conn, access.actor, now=now, person_id=person_id, password=new.password)


@router.post("/{person_id}/grants", status_code=201, tags=["grants"])
def grant_role(person_id: RowId, new: GrantIn, access: Admin, conn: Conn, now: Now) -> GrantOut:
    """Give a role."""
    granted = manage.grant_role(
        conn,
        access.actor,
        now=now,
        person_id=person_id,
        role=new.role,
        site_id=_site_id(conn, new.site) if new.site is not None else None,
        region_id=_region_id(conn, new.region_id) if new.region_id is not None else None,
    )
    return GrantOut.model_validate(granted)


@router.delete("/{person_id}/grants/{grant_id}", status_code=204, tags=["grants"])
def revoke_role(person_id: RowId, grant_id: RowId, access: Admin, conn: Conn, now: Now) -> None:
    """Take a role back."""
    manage.revoke_role(conn, access.actor, now=now, person_id=person_id, grant_id=grant_id)


def _site_id(conn: Connection, slug: str) -> int:
    site = find_site_by_slug(conn, slug)
    if site is None:
        raise Invalid("choice_unknown", field="site")
    return site.id


def _region_id(conn: Connection, region_id: int) -> int:
    try:
        return get_region(conn, region_id).id
    except NotFound:
        raise Invalid("choice_unknown", field="region_id") from None
