"""Laying out regions, sites and areas, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.access import Access, SiteAccess, allow, allow_anywhere
from api.deps import Conn, Now, RowId
from api.places import places_of
from assets import sites
from assets.queries.places import list_areas
from core.errors import Conflict, Invalid
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors, number
from web.navigation import NavItem
from web.page import render, see
from web.regions import region_tree

router = APIRouter(prefix="/admin")
NAV = NavItem(key="site_settings", label_key="sites.edit", icon="settings", path="/admin/sites/{site}", roles=("admin",), order=195)
Admin = Annotated[Access, allow_anywhere("admin")]
SiteAdmin = Annotated[SiteAccess, allow("admin")]


@router.get("/regions")
def regions_page(request: Request, access: Admin, conn: Conn) -> HTMLResponse:
    return _regions(request, access, conn)


@router.post("/regions")
def create_region(request: Request, access: Admin, conn: Conn, now: Now, name: FormText = "", parent: FormText = "") -> Response:
    try:
        sites.create_region(conn, access.actor, now=now, parent_id=number(parent), name=name)
    except (Invalid, Conflict) as error:
        return _regions(request, access, conn, form_errors(request, error), {"name": name, "parent": parent})
    return see("/admin/regions")


@router.post("/regions/{region_id}")
def rename_region(request: Request, region_id: RowId, access: Admin, conn: Conn, now: Now, name: FormText = "") -> Response:
    try:
        sites.rename_region(conn, access.actor, now=now, region_id=region_id, name=name)
    except (Invalid, Conflict) as error:
        return _regions(request, access, conn, form_errors(request, error), {"renamed": str(region_id)})
    return see("/admin/regions")


@router.get("/sites/new")
def new_site_page(request: Request, access: Admin, conn: Conn) -> HTMLResponse:
    return _new_site(request, access, conn, {"tz": sites.DEFAULT_TZ})


@router.post("/sites/new")
def create_site(
    request: Request,
    access: Admin,
    conn: Conn,
    now: Now,
    slug: FormText = "",
    name: FormText = "",
    tz: FormText = "",
    region: FormText = "",
) -> Response:
    try:
        site = sites.create_site(conn, access.actor, now=now, slug=slug, name=name, tz=tz, region_id=number(region) or 0)
    except (Invalid, Conflict) as error:
        entered = {"slug": slug, "name": name, "tz": tz, "region": region}
        return _new_site(request, access, conn, entered, form_errors(request, error))
    return see(f"/admin/sites/{site.slug}")


@router.get("/sites/{site}")
def site_page(request: Request, access: SiteAdmin, conn: Conn, done: str = "") -> HTMLResponse:
    return _site(request, access, conn, done=done if done == "saved" else "")


@router.post("/sites/{site}")
def update_site(
    request: Request, access: SiteAdmin, conn: Conn, now: Now, name: FormText = "", tz: FormText = "", region: FormText = ""
) -> Response:
    try:
        sites.update_site(conn, access.actor, now=now, site_id=access.site.id, name=name, tz=tz, region_id=number(region) or 0)
    except Invalid as error:
        return _site(request, access, conn, errors=form_errors(request, error), entered={"name": name, "tz": tz, "region": region})
    return see(f"/admin/sites/{access.site.slug}?done=saved")


@router.post("/sites/{site}/mqtt-password")
def renew_mqtt_password(request: Request, access: SiteAdmin, conn: Conn, now: Now) -> HTMLResponse:
    """Shown in the answer itself, because the password is kept nowhere."""
    password = sites.renew_mqtt_password(conn, access.actor, now=now, site_id=access.site.id)
    return _site(request, access, conn, mqtt_password=password)


@router.post("/sites/{site}/areas")
def create_area(
    request: Request, access: SiteAdmin, conn: Conn, now: Now, slug: FormText = "", area: FormText = "", key_area: FormText = ""
) -> Response:
    try:
        sites.create_area(conn, access.actor, now=now, site_id=access.site.id, slug=slug, name=area, key_area=bool(key_area))
    except (Invalid, Conflict) as error:
        entered = {"area_slug": slug, "area": area, "key_area": key_area}
        return _site(request, access, conn, area_errors=form_errors(request, error), entered=entered)
    return see(f"/admin/sites/{access.site.slug}")


@router.post("/sites/{site}/areas/{area_id}")
def update_area(
    request: Request, area_id: RowId, access: SiteAdmin, conn: Conn, now: Now, area: FormText = "", key_area: FormText = ""
) -> Response:
    try:
        sites.update_area(conn, access.actor, now=now, site_id=access.site.id, area_id=area_id, name=area, key_area=bool(key_area))
    except Invalid as error:
        return _site(request, access, conn, area_errors=form_errors(request, error), entered={"changed_area": str(area_id)})
    return see(f"/admin/sites/{access.site.slug}")


def _regions(
    request: Request,
    access: Access,
    conn: Connection,
    errors: FormErrors = NO_ERRORS,
    entered: dict[str, str] | None = None,
) -> HTMLResponse:
    status = 200 if errors is NO_ERRORS else 422
    tree = region_tree(places_of(conn, access.viewer).regions)
    return render(request, access, "regions.html", status=status, tree=tree, errors=errors, entered=entered or {})


def _new_site(
    request: Request, access: Access, conn: Connection, entered: dict[str, str], errors: FormErrors = NO_ERRORS
) -> HTMLResponse:
    status = 200 if errors is NO_ERRORS else 422
    tree = region_tree(places_of(conn, access.viewer).regions)
    return render(request, access, "site_new.html", status=status, tree=tree, entered=entered, errors=errors)


def _site(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    *,
    errors: FormErrors = NO_ERRORS,
    area_errors: FormErrors = NO_ERRORS,
    entered: dict[str, str] | None = None,
    mqtt_password: str | None = None,
    done: str = "",
) -> HTMLResponse:
    return render(
        request,
        access,
        "site_edit.html",
        status=200 if errors is area_errors is NO_ERRORS else 422,
        tree=region_tree(places_of(conn, access.viewer).regions),
        areas=list_areas(conn, access.site.id),
        errors=errors,
        area_errors=area_errors,
        entered=entered or {},
        mqtt_password=mqtt_password,
        done=done,
    )
