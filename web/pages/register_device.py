"""Register a device, discovered or not yet heard of, and change what is known of it."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from assets import devices as verbs
from assets.models import CATEGORIES
from assets.queries import ledger, places
from core.errors import Conflict, Forbidden, Invalid
from ingest.kinds import all_kinds
from ingest.mappings.edit import formats_at
from ingest.queries.health import get_device_health
from ingest.queries.inboxes import list_discovered
from ingest.views import DeviceHealth
from store.db import Connection
from web.device_forms import DeviceForm, RegisterForm
from web.forms import NO_ERRORS, FormErrors, form_errors, number
from web.page import render, see

router = APIRouter()
DeviceSlug = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9._-]+$")]
LedgerAccess = Annotated[SiteAccess, allow("engineer", "manager")]


@router.get("/s/{site}/register-device")
def register_page(request: Request, access: LedgerAccess, conn: Conn, slug: str = "", asset_id: str = "") -> HTMLResponse:
    """`slug`: a discovered device; `asset_id`: the asset it was asked for."""
    found = next((each for each in list_discovered(conn, access.site.id) if each.slug == slug), None)
    form = RegisterForm(
        slug=found.slug if found else "",
        address=(found.address if found else None) or "",
        kind=(found.kind_guess if found else None) or "",
        reports_of="existing" if asset_id else "new",
        asset_id=asset_id[:20],
    )
    return _register_page(request, access, conn, form)


@router.post("/s/{site}/register-device")
def register_device(
    request: Request, access: LedgerAccess, conn: Conn, now: Now, form: Annotated[RegisterForm, Form()]
) -> Response:
    try:
        with conn.transaction():
            device = verbs.register_device(
                conn,
                access.actor,
                now=now,
                site_id=access.site.id,
                slug=form.slug,
                kind=form.kind,
                kinds=all_kinds(),
                name=form.name,
                address=form.address,
                formats=formats_at(conn, access.site.id),
                asset_id=form.chosen_asset(),
                new_asset=form.new_asset(),
            )
    except (Invalid, Conflict) as error:
        return _register_page(request, access, conn, form, form_errors(request, error))
    return see(f"/s/{access.site.slug}/devices/{device.slug}?done=registered")


def _register_page(
    request: Request, access: SiteAccess, conn: Connection, form: RegisterForm, errors: FormErrors = NO_ERRORS
) -> HTMLResponse:
    if not access.may("engineer", "manager"):  # who only reads gets no form
        raise Forbidden
    return render(
        request,
        access,
        "device_register.html",
        status=422 if errors.text else 200,
        form=form,
        errors=errors,
        discovered=list_discovered(conn, access.site.id),
        kinds=all_kinds(),
        categories=CATEGORIES,
        area_options=[(area.id, area.name) for area in places.list_areas(conn, access.site.id)],
        asset_options=_asset_options(conn, access.site.id),
    )


@router.get("/s/{site}/devices/{device}/edit")
def edit_page(request: Request, device: DeviceSlug, access: LedgerAccess, conn: Conn) -> HTMLResponse:
    health = get_device_health(conn, access.site.id, device)
    return _edit_page(request, access, conn, health, DeviceForm.of(health))


@router.post("/s/{site}/devices/{device}/edit")
def update_device(
    request: Request,
    device: DeviceSlug,
    access: LedgerAccess,
    conn: Conn,
    now: Now,
    form: Annotated[DeviceForm, Form()],
) -> Response:
    health = get_device_health(conn, access.site.id, device)
    try:
        with conn.transaction():
            verbs.update_device(
                conn,
                access.actor,
                now=now,
                site_id=access.site.id,
                device_id=health.id,
                name=form.name,
                address=form.address,
                formats=formats_at(conn, access.site.id),
                asset_id=number(form.asset_id),
                silent_after=form.silent_after(),
            )
    except (Invalid, Conflict) as error:
        return _edit_page(request, access, conn, health, form, form_errors(request, error))
    return see(f"/s/{access.site.slug}/devices/{device}?done=saved")


def _edit_page(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    device: DeviceHealth,
    form: DeviceForm,
    errors: FormErrors = NO_ERRORS,
) -> HTMLResponse:
    if not access.may("engineer", "manager"):  # who only reads gets no form
        raise Forbidden
    return render(
        request,
        access,
        "device_edit.html",
        status=422 if errors.text else 200,
        device=device,
        kind=all_kinds().get(device.kind),
        form=form,
        errors=errors,
        asset_options=_asset_options(conn, access.site.id),
    )


def _asset_options(conn: Connection, site_id: int) -> list[tuple[int, str]]:
    return [(asset.id, f"{asset.code} {asset.name}") for asset in ledger.list_asset_refs(conn, site_id)]
