"""People and their roles, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.access import Access, allow_anywhere
from api.deps import Conn, Now, RowId
from api.paging import Paging
from api.places import places_of
from assets.queries.places import find_site_by_slug
from core.errors import Conflict, Invalid
from people import manage
from people.models import ROLES
from people.passwords import MIN_LENGTH
from people.queries.grants import list_grants_of
from people.queries.persons import get_person, list_people
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors, number
from web.navigation import NavItem
from web.page import render, see
from web.regions import region_tree

router = APIRouter(prefix="/admin/people")
NAV = NavItem(key="people", label_key="nav.people", icon="users", path="/admin/people", roles=("admin",), order=910, primary=True)
Admin = Annotated[Access, allow_anywhere("admin")]


@router.get("")
def people_page(
    request: Request,
    access: Admin,
    conn: Conn,
    paging: Paging,
    text: Annotated[str, Query(max_length=60)] = "",
    site: Annotated[str, Query(max_length=63)] = "",
) -> HTMLResponse:
    chosen = find_site_by_slug(conn, site) if site else None
    rows = list_people(
        conn, text=text.strip(), site_id=chosen.id if chosen else None, after=paging.after_text or "", limit=paging.limit + 1
    )
    people, following = paging.page(rows, key=lambda person: person.username)
    grants = list_grants_of(conn, person_ids=[person.id for person in people])
    roles = {person.id: [grant for grant in grants if grant.person_id == person.id] for person in people}
    return render(
        request,
        access,
        "people.html",
        people=people,
        roles=roles,
        text=text,
        chosen=chosen,
        next_cursor=following,
        first=not paging.cursor,
    )


@router.get("/new")
def new_person_page(request: Request, access: Admin) -> HTMLResponse:
    return _new_person(request, access, {})


@router.post("/new")
def create_person(
    request: Request,
    access: Admin,
    conn: Conn,
    now: Now,
    username: FormText = "",
    display_name: FormText = "",
    password: FormText = "",
    language: FormText = "",
) -> Response:
    try:
        person = manage.create_person(
            conn, access.actor, now=now, username=username, display_name=display_name, password=password, language=language
        )
    except (Invalid, Conflict) as error:
        entered = {"username": username, "display_name": display_name, "language": language}
        return _new_person(request, access, entered, form_errors(request, error))
    return see(f"/admin/people/{person.id}")


@router.get("/{person_id}")
def person_page(request: Request, person_id: RowId, access: Admin, conn: Conn, done: str = "") -> HTMLResponse:
    return _person(request, access, conn, person_id, done=done if done in {"saved", "password"} else "")


@router.post("/{person_id}")
def update_person(
    request: Request, person_id: RowId, access: Admin, conn: Conn, now: Now, display_name: FormText = "", language: FormText = ""
) -> Response:
    try:
        manage.update_person(conn, access.actor, now=now, person_id=person_id, display_name=display_name, language=language)
    except Invalid as error:
        return _person(request, access, conn, person_id, errors=form_errors(request, error))
    return see(f"/admin/people/{person_id}?done=saved")


@router.post("/{person_id}/password")
def set_password(request: Request, person_id: RowId, access: Admin, conn: Conn, now: Now, password: FormText = "") -> Response:
    try:
        manage.set_password(conn, access.actor, now=now, person_id=person_id, password=password)
    except Invalid as error:
        return _person(request, access, conn, person_id, errors=form_errors(request, error))
    return see(f"/admin/people/{person_id}?done=password")


@router.post("/{person_id}/deactivate")
def deactivate(request: Request, person_id: RowId, access: Admin, conn: Conn, now: Now) -> Response:
    try:
        manage.deactivate(conn, access.actor, now=now, person_id=person_id)
    except Conflict as error:
        return _person(request, access, conn, person_id, errors=form_errors(request, error))
    return see(f"/admin/people/{person_id}")


@router.post("/{person_id}/activate")
def activate(person_id: RowId, access: Admin, conn: Conn, now: Now) -> RedirectResponse:
    manage.activate(conn, access.actor, now=now, person_id=person_id)
    return see(f"/admin/people/{person_id}")


@router.post("/{person_id}/grants")
def grant_role(
    request: Request,
    person_id: RowId,
    access: Admin,
    conn: Conn,
    now: Now,
    role: FormText = "",
    site: FormText = "",
    region: FormText = "",
) -> Response:
    """Without scripts both selects are always sent; the one the role has no use for is not looked at."""
    found = find_site_by_slug(conn, site) if site and role not in {"admin", "regional"} else None
    try:
        manage.grant_role(
            conn,
            access.actor,
            now=now,
            person_id=person_id,
            role=role,
            site_id=found.id if found else None,
            region_id=number(region) if role == "regional" else None,
        )
    except (Invalid, Conflict) as error:
        return _person(request, access, conn, person_id, errors=form_errors(request, error), entered={"role": role, "site": site})
    return see(f"/admin/people/{person_id}")


@router.post("/{person_id}/grants/{grant_id}/revoke")
def revoke_role(request: Request, person_id: RowId, grant_id: RowId, access: Admin, conn: Conn, now: Now) -> Response:
    try:
        manage.revoke_role(conn, access.actor, now=now, person_id=person_id, grant_id=grant_id)
    except Conflict as error:
        return _person(request, access, conn, person_id, errors=form_errors(request, error))
    return see(f"/admin/people/{person_id}")


def _new_person(request: Request, access: Access, entered: dict[str, str], errors: FormErrors = NO_ERRORS) -> HTMLResponse:
    status = 200 if errors is NO_ERRORS else 422
    return render(
        request,
        access,
        "person_new.html",
        status=status,
        entered=entered,
        errors=errors,
        min_length=MIN_LENGTH,
    )


def _person(
    request: Request,
    access: Access,
    conn: Connection,
    person_id: int,
    *,
    errors: FormErrors = NO_ERRORS,
    entered: dict[str, str] | None = None,
    done: str = "",
) -> HTMLResponse:
    places = places_of(conn, access.viewer)
    return render(
        request,
        access,
        "person.html",
        status=200 if errors is NO_ERRORS else 422,
        person=get_person(conn, person_id),
        grants=list_grants_of(conn, person_ids=[person_id]),
        roles=ROLES,
        tree=region_tree(places.regions),
        errors=errors,
        entered=entered or {},
        done=done,
        min_length=MIN_LENGTH,
    )
