"""Register many devices at once: a file to fill in, a look at what it would do, and then all of them or none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from api.language import language_of
from assets import register_many as verbs
from assets.models import CATEGORIES, NewDevice
from assets.queries import places
from core.errors import Forbidden, Invalid, InvalidRows
from ingest.formats import all_formats, vendor_formats
from ingest.kinds import all_kinds
from ingest.mappings.edit import formats_at
from ingest.queries.inboxes import count_discovered, list_discovered
from store.db import Connection
from web.device_sheet.columns import COLUMNS, Row
from web.device_sheet.plan import Planned, Words, plan, with_refusals
from web.device_sheet.read import MAX_FILE_BYTES, brought_back, carried, complete, read_sheet
from web.device_sheet.write import rows_of, write_csv, write_xlsx
from web.forms import NO_ERRORS, FormErrors, form_errors, number
from web.page import render, see

router = APIRouter()
LedgerAccess = Annotated[SiteAccess, allow("engineer", "manager")]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/s/{site}/register-devices")
def start_page(request: Request, access: LedgerAccess, conn: Conn) -> HTMLResponse:
    return _start_page(request, access, conn)


@router.get("/s/{site}/register-devices/template.{ending}")
def template(ending: Literal["xlsx", "csv"], request: Request, access: LedgerAccess, conn: Conn, now: Now) -> Response:
    """The discovered devices of the site, to be given names."""
    _check_may_write(access)
    language, site = language_of(request), access.site
    rows = rows_of(list_discovered(conn, site.id, limit=verbs.MOST), language)
    if ending == "csv":
        content, media = write_csv(rows), "text/csv; charset=utf-8"
    else:
        content, media = write_xlsx(rows, places.list_areas(conn, site.id), language, now.astimezone(site.zone)), _XLSX
    return Response(
        content, media_type=media, headers={"content-disposition": f'attachment; filename="devices-{site.slug}.{ending}"'}
    )


@router.post("/s/{site}/register-devices")
def preview(request: Request, access: LedgerAccess, conn: Conn, now: Now, file: UploadFile | Literal[""] = "") -> HTMLResponse:
    """Nothing is written: the page shows what would be, and carries the rows."""
    try:
        sheet = read_sheet(file.file.read(MAX_FILE_BYTES + 1) if file else b"")
        rows = complete(sheet.rows, list_discovered(conn, access.site.id, limit=verbs.MOST))
        carried(rows)
    except Invalid as error:
        return _start_page(request, access, conn, form_errors(request, error))
    planned = _looked_through(conn, access, now, rows)
    return _preview_page(request, access, conn, planned, ignored=sheet.ignored)


@router.post("/s/{site}/register-devices/confirm")
def register(
    request: Request,
    access: LedgerAccess,
    conn: Conn,
    now: Now,
    rows: Annotated[str, Form()] = "",
    leave_out: Annotated[str, Form()] = "",
) -> Response:
    """`rows`: as the preview carried them; `leave_out`: the numbers of those that shall not be registered."""
    everything, left_out = brought_back(rows), {number(each) for each in leave_out.split(",")}
    chosen = plan([row for row in everything if row.number not in left_out], Words.at(conn, access.site.id))
    devices = _devices(chosen)
    if 0 < len(devices) == len(chosen):
        try:
            verbs.register_devices(
                conn,
                access.actor,
                now=now,
                site_id=access.site.id,
                rows=devices,
                kinds=all_kinds(),
                formats=formats_at(conn, access.site.id),
            )
        except InvalidRows:  # something changed since they were looked at: look again
            pass
        else:
            return see(f"/s/{access.site.slug}/devices?registered={len(devices)}")
    return _preview_page(request, access, conn, _looked_through(conn, access, now, everything), changed=True)


def _devices(planned: Sequence[Planned]) -> dict[int, NewDevice]:
    return {each.row.number: each.device for each in planned if each.device}


def _looked_through(conn: Connection, access: SiteAccess, now: datetime, rows: Sequence[Row]) -> list[Planned]:
    """What each row means, and what the ledger would refuse."""
    planned = plan(rows, Words.at(conn, access.site.id))
    refused = verbs.find_problems(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        rows=_devices(planned),
        kinds=all_kinds(),
        formats=formats_at(conn, access.site.id),
    )
    return with_refusals(planned, refused)


def _start_page(request: Request, access: SiteAccess, conn: Connection, errors: FormErrors = NO_ERRORS) -> HTMLResponse:
    _check_may_write(access)
    site_id = access.site.id
    return render(
        request,
        access,
        "devices_register.html",
        status=422 if errors.text else 200,
        errors=errors,
        discovered=min(count_discovered(conn, site_id), verbs.MOST),
        columns=COLUMNS,
        kinds=all_kinds(),
        formats={slug: all_formats()[slug] for slug in vendor_formats()},
        categories=CATEGORIES,
        areas=places.list_areas(conn, site_id),
        most=verbs.MOST,
        megabytes=MAX_FILE_BYTES // 2**20,
    )


def _preview_page(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    planned: Sequence[Planned],
    *,
    ignored: Sequence[str] = (),
    changed: bool = False,
) -> HTMLResponse:
    """`changed`: it was looked at before, and is not registered for what is told now."""
    bad = [each for each in planned if each.problems]
    return render(
        request,
        access,
        "devices_register_preview.html",
        status=422 if bad else 200,
        planned=planned,
        bad=bad,
        good=len(planned) - len(bad),
        carried=carried([each.row for each in planned]),
        ignored=ignored,
        changed=changed,
        kinds=all_kinds(),
        areas={area.id: area.name for area in places.list_areas(conn, access.site.id)},
    )


def _check_may_write(access: SiteAccess) -> None:
    if not access.may("engineer", "manager"):  # who only reads gets no form
        raise Forbidden
