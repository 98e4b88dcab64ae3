"""One asset: what it is, how its device is, what it depends on, what was done to it."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from api.paging import Paging
from assets import dependencies
from assets.models import DEPENDENCY_KINDS, RECORD_KINDS
from assets.queries import devices, ledger, records
from core.errors import Conflict, Invalid
from ingest.queries.health import get_device_health
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, FormText, form_errors, number
from web.links import link
from web.page import render, see

router = APIRouter()
LedgerAccess = Annotated[SiteAccess, allow("engineer", "manager")]
DONE = ("created", "saved", "recorded", "corrected")
RECORDS_SHOWN = 20


@router.get("/s/{site}/assets/{asset_id:int}")
def asset_page(
    request: Request, asset_id: RowId, access: LedgerAccess, conn: Conn, now: Now, paging: Paging, kind: str = "", done: str = ""
) -> HTMLResponse:
    """`kind` narrows the records, `done` says what has just succeeded."""
    return _page(request, access, conn, asset_id, paging, now, kind=kind, done=done if done in DONE else "")


@router.post("/s/{site}/assets/{asset_id:int}/dependencies")
def add_dependency(
    request: Request,
    asset_id: RowId,
    access: LedgerAccess,
    conn: Conn,
    now: Now,
    paging: Paging,
    depends_on_id: FormText = "",
    kind: FormText = "",
) -> Response:
    entered = {"depends_on_id": depends_on_id, "kind": kind}
    try:
        with conn.transaction():
            dependencies.add_dependency(
                conn,
                access.actor,
                now=now,
                site_id=access.site.id,
                asset_id=asset_id,
                depends_on_id=_chosen(depends_on_id),
                kind=kind,
            )
    except (Invalid, Conflict) as error:
        return _page(request, access, conn, asset_id, paging, now, errors=form_errors(request, error), entered=entered)
    return see(f"/s/{access.site.slug}/assets/{asset_id}#dependencies")


@router.post("/s/{site}/assets/{asset_id:int}/dependencies/remove")
def remove_dependency(
    asset_id: RowId, access: LedgerAccess, conn: Conn, now: Now, depends_on_id: FormText = "", kind: FormText = ""
) -> RedirectResponse:
    dependencies.remove_dependency(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        asset_id=asset_id,
        depends_on_id=_chosen(depends_on_id),
        kind=kind,
    )
    return see(f"/s/{access.site.slug}/assets/{asset_id}#dependencies")


def _chosen(asset_id: str) -> int:
    chosen = number(asset_id)
    if chosen is None:
        raise Invalid("choice_missing", field="depends_on_id")
    return chosen


def _page(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    asset_id: int,
    paging: Paging,
    now: datetime,
    *,
    kind: str = "",
    done: str = "",
    errors: FormErrors = NO_ERRORS,
    entered: dict[str, str] | None = None,
) -> HTMLResponse:
    site_id = access.site.id
    asset = ledger.get_asset(conn, site_id, asset_id)
    of_kind = next((known for known in RECORD_KINDS if known == kind), None)
    paging = replace(paging, limit=RECORDS_SHOWN)
    rows = records.list_records(conn, site_id, asset_id=asset_id, kind=of_kind, before_id=paging.after, limit=paging.limit + 1)
    items, following = paging.page(rows, key=lambda record: record.id)

    device = devices.find_device_of_asset(conn, site_id, asset_id)
    here = f"/s/{access.site.slug}/assets/{asset_id}"
    return render(
        request,
        access,
        "asset.html",
        status=422 if errors.text else 200,
        asset=asset,
        device=get_device_health(conn, site_id, device.slug) if device else None,
        depends_on=ledger.list_depends_on(conn, site_id, asset_id),
        depending=ledger.list_depending(conn, site_id, asset_id),
        age=_age(asset.installed_on, now.astimezone(access.site.zone).date()),
        other_options=_other_options(conn, access, asset_id),
        dependency_kinds=DEPENDENCY_KINDS,
        records=items,
        record_kinds=RECORD_KINDS,
        record_counts=records.count_records(conn, site_id, asset_id),
        kind=of_kind,
        newer=link(here, kind=of_kind) + "#records" if paging.cursor else None,
        older=link(here, kind=of_kind, cursor=following) + "#records" if following else None,
        done=done,
        errors=errors,
        entered=entered or {"depends_on_id": "", "kind": ""},
    )


def _other_options(conn: Connection, access: SiteAccess, asset_id: int) -> list[tuple[int, str]]:
    """What the asset may be said to depend on; nobody who only reads is asked."""
    if not access.may("engineer", "manager"):
        return []
    return [
        (asset.id, f"{asset.code} {asset.name}") for asset in ledger.list_asset_refs(conn, access.site.id) if asset.id != asset_id
    ]


def _age(installed_on: date | None, today: date) -> int | None:
    """Whole years."""
    if installed_on is None:
        return None
    birthday_to_come = (today.month, today.day) < (installed_on.month, installed_on.day)
    return max(0, today.year - installed_on.year - birthday_to_come)
