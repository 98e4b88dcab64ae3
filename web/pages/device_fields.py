"""What a device sends and nobody understands, made measures and faults: of it alone, or of all that speak its format."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now, Translate
from core.errors import Forbidden, Invalid
from core.i18n import Translator
from ingest.formats import all_formats
from ingest.kinds import all_kinds
from ingest.mappings import edit
from ingest.mappings.model import FieldRule
from ingest.mappings.preview import Told, preview_fields
from ingest.queries import mappings as queries
from ingest.queries.health import get_device_health
from ingest.queries.inboxes import list_unmapped
from ingest.views import DeviceHealth, UnmappedField
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, form_errors
from web.mapping_forms import RulesForm, all_targets, target_names, targets
from web.page import render, see

router = APIRouter(prefix="/s/{site}/devices/{device}/fields")
DeviceSlug = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9._-]+$")]
Integrator = Annotated[SiteAccess, allow("engineer", "manager")]


class FieldsForm(RulesForm):
    """Rules as typed, and whether they are of the device alone."""

    alone: bool = False


@router.get("")
def fields_page(
    request: Request, device: DeviceSlug, access: Integrator, conn: Conn, t: Translate, now: Now, alone: bool = False
) -> HTMLResponse:
    """`alone`: what is said of this device and no other."""
    health = get_device_health(conn, access.site.id, device)
    of_device = health.id if alone else None
    rules = _rules(conn, health, of_device)
    form = FieldsForm.model_validate(RulesForm.of(rules).model_dump() | {"alone": alone})
    return _page(request, access, conn, t, health, form, now=now)


@router.post("")
def save(
    request: Request,
    device: DeviceSlug,
    access: Integrator,
    conn: Conn,
    t: Translate,
    now: Now,
    form: Annotated[FieldsForm, Form()],
) -> Response:
    health = get_device_health(conn, access.site.id, device)
    try:
        with conn.transaction():
            edit.set_rules(
                conn, access.actor, now=now, site_id=access.site.id, device_id=health.id, alone=form.alone, rules=form.rules()
            )
    except Invalid as error:
        return _page(request, access, conn, t, health, form, now=now, errors=form_errors(request, error))
    return see(f"/s/{access.site.slug}/devices/{device}?done=fields_saved")


@router.post("/preview")
def preview_part(
    request: Request,
    device: DeviceSlug,
    access: Integrator,
    conn: Conn,
    t: Translate,
    now: Now,
    form: Annotated[FieldsForm, Form()],
) -> HTMLResponse:
    """What the form makes of what the device sent last, while it is typed."""
    health = get_device_health(conn, access.site.id, device)
    fields = list_unmapped(conn, access.site.id, health.id)
    told, errors = _told(request, conn, health, fields, form, now=now)
    return render(
        request, access, "device_fields_preview.html", fields=fields, told=told, errors=errors, target_names=target_names(t)
    )


def _page(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    t: Translator,
    health: DeviceHealth,
    form: FieldsForm,
    *,
    now: datetime,
    errors: FormErrors = NO_ERRORS,
) -> HTMLResponse:
    if not access.may("engineer", "manager"):  # who only reads gets no form
        raise Forbidden
    fields = list_unmapped(conn, access.site.id, health.id)
    told, _ = _told(request, conn, health, fields, form, now=now)
    format_ = edit.format_of(health.address)
    mapping = next((each for each in queries.list_mappings(conn, site_ids=[access.site.id]) if each.slug == format_), None)
    kind = all_kinds().get(health.kind)
    return render(
        request,
        access,
        "device_fields.html",
        status=422 if errors.text else 200,
        device=health,
        form=form,
        errors=errors,
        fields=fields,
        told=told,
        mapping=mapping,
        format_name=mapping.name if mapping else t.text(all_formats()[format_].name) if format_ in all_formats() else format_,
        # Devices of one format may be of several kinds, and what is said of all is saved as a whole.
        targets=targets(t, [kind], shared="") if form.alone and kind else all_targets(t),
        target_names=target_names(t),
    )


def _rules(conn: Connection, health: DeviceHealth, of_device: int | None) -> list[FieldRule]:
    rules = queries.list_rules(conn, site_ids=[health.site_id], format_=edit.format_of(health.address))
    return [each for each in rules if each.device_id == of_device]


def _told(
    request: Request, conn: Connection, health: DeviceHealth, fields: list[UnmappedField], form: FieldsForm, *, now: datetime
) -> tuple[Told | None, FormErrors]:
    """What the rules that are typed make of its last values, together with those that hold beside them."""
    kind = all_kinds().get(health.kind)
    of_device, beside = (health.id, None) if form.alone else (None, health.id)
    try:
        rules = edit.check_rules(health.site_id, edit.format_of(health.address), of_device, form.rules())
    except Invalid as error:
        return None, form_errors(request, error)
    rules += _rules(conn, health, beside)
    return (preview_fields({each.name: _value(each.value) for each in fields}, rules, kind, now=now) if kind else None), NO_ERRORS


def _value(text: str) -> object:
    """As it was sent: values are kept as in JSON, but cut where they are long."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
