"""Write down what was done to an asset, and correct what was written."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from assets import records as verbs
from assets.models import CONDITIONS, OUTCOMES, RECORD_KINDS, Asset, Record
from assets.queries import ledger, records
from core.errors import Conflict, Forbidden, Invalid
from web.forms import NO_ERRORS, FormErrors, form_errors
from web.ledger_forms import RecordForm
from web.page import render, see

router = APIRouter()
LedgerAccess = Annotated[SiteAccess, allow("engineer", "manager")]


@router.get("/s/{site}/assets/{asset_id:int}/records/new")
def new_record_page(request: Request, asset_id: RowId, access: LedgerAccess, conn: Conn, now: Now, kind: str = "") -> HTMLResponse:
    asset = ledger.get_asset(conn, access.site.id, asset_id)
    chosen = kind if kind in RECORD_KINDS else "inspection"
    form = RecordForm.begin(kind=chosen, now=now, zone=access.site.zone, name=access.viewer.display_name)
    return _form_page(request, access, asset, form)


@router.post("/s/{site}/assets/{asset_id:int}/records/new")
def write_record(
    request: Request, asset_id: RowId, access: LedgerAccess, conn: Conn, now: Now, form: Annotated[RecordForm, Form()]
) -> Response:
    asset = ledger.get_asset(conn, access.site.id, asset_id)
    try:
        with conn.transaction():
            verbs.write_record(
                conn,
                access.actor,
                now=now,
                site_id=access.site.id,
                asset_id=asset.id,
                entry=form.entry(access.site.zone),
                condition=form.condition or None,
            )
    except (Invalid, Conflict) as error:
        return _form_page(request, access, asset, form, form_errors(request, error))
    return see(f"/s/{access.site.slug}/assets/{asset.id}?done=recorded#records")


@router.get("/s/{site}/records/{record_id:int}/correct")
def correct_record_page(request: Request, record_id: RowId, access: LedgerAccess, conn: Conn) -> HTMLResponse:
    wrong = records.get_record(conn, access.site.id, record_id)
    if wrong.corrected_by_id is not None:
        raise Conflict("record_corrected")
    asset = ledger.get_asset(conn, access.site.id, wrong.asset_id)
    return _form_page(request, access, asset, RecordForm.of(wrong, access.site.zone), wrong=wrong)


@router.post("/s/{site}/records/{record_id:int}/correct")
def correct_record(
    request: Request, record_id: RowId, access: LedgerAccess, conn: Conn, now: Now, form: Annotated[RecordForm, Form()]
) -> Response:
    wrong = records.get_record(conn, access.site.id, record_id)
    asset = ledger.get_asset(conn, access.site.id, wrong.asset_id)
    try:
        with conn.transaction():
            verbs.correct_record(
                conn,
                access.actor,
                now=now,
                site_id=access.site.id,
                record_id=wrong.id,
                entry=form.entry(access.site.zone),
                reason=form.reason,
            )
    except (Invalid, Conflict) as error:
        return _form_page(request, access, asset, form, form_errors(request, error), wrong=wrong)
    return see(f"/s/{access.site.slug}/assets/{asset.id}?done=corrected#records")


def _form_page(
    request: Request,
    access: SiteAccess,
    asset: Asset,
    form: RecordForm,
    errors: FormErrors = NO_ERRORS,
    *,
    wrong: Record | None = None,
) -> HTMLResponse:
    if not access.may("engineer", "manager"):  # who only reads gets no form
        raise Forbidden
    return render(
        request,
        access,
        "record_edit.html",
        status=422 if errors.text else 200,
        asset=asset,
        wrong=wrong,
        form=form,
        errors=errors,
        kinds=RECORD_KINDS,
        outcomes=OUTCOMES,
        conditions=CONDITIONS,
    )
