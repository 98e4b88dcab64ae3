"""The asset ledger: find an asset, enter one, change it."""

from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from api.paging import Paging
from assets import ledger as verbs
from assets.models import ASSET_STATES, CATEGORIES, CONDITIONS, LedgerCount
from assets.queries import ledger, places
from core import checks
from core.errors import Conflict, Forbidden, Invalid
from store.db import Connection
from web.forms import NO_ERRORS, FormErrors, form_errors, number
from web.ledger_forms import AssetForm
from web.links import link
from web.navigation import NavItem
from web.page import render, see

router = APIRouter()
NAV = NavItem(
    key="assets",
    label_key="nav.assets",
    icon="clipboard-list",
    path="/s/{site}/assets",
    roles=("engineer", "manager"),
    order=30,
    primary=True,
    also=("/s/{site}/records",),
)

LedgerAccess = Annotated[SiteAccess, allow("engineer", "manager")]
Word = TypeVar("Word", bound=str)


@router.get("/s/{site}/assets")
def assets_page(
    request: Request,
    access: LedgerAccess,
    conn: Conn,
    paging: Paging,
    text: str = "",
    category: str = "",
    area: str = "",
    condition: str = "",
    state: str = "",
) -> HTMLResponse:
    """A filter that is none of ours narrows nothing."""
    site_id = access.site.id
    text = checks.one_line(text[:100], field="text", limit=100, required=False)
    chosen = {
        "text": text,
        "category": _known(category, CATEGORIES),
        "area": number(area),
        "condition": _known(condition, CONDITIONS),
        "state": _known(state, ASSET_STATES),
    }
    rows = ledger.list_assets(
        conn,
        site_id,
        text=text,
        category=_known(category, CATEGORIES),
        area_id=number(area),
        condition=_known(condition, CONDITIONS),
        state=_known(state, ASSET_STATES),
        after_id=paging.after,
        limit=paging.limit + 1,
    )
    items, following = paging.page(rows, key=lambda asset: asset.id)
    here = request.url.path
    return render(
        request,
        access,
        "assets.html",
        assets=items,
        counts=_Counts(ledger.count_assets(conn, site_id)),
        area_options=_area_options(conn, site_id),
        chosen=chosen,
        narrowed=any(value for name, value in chosen.items() if name != "category"),
        category_link=lambda category: link(here, **chosen | {"category": category}),
        next_page=link(here, **chosen, cursor=following) if following else None,
        first_page=link(here, **chosen) if paging.cursor else None,
    )


class _Counts:
    """The ledger in figures."""

    def __init__(self, counts: list[LedgerCount]) -> None:
        self.total = sum(count.count for count in counts)
        self.by_condition = dict.fromkeys(CONDITIONS, 0)
        self.by_category: dict[str, int] = {}
        for count in counts:
            self.by_condition[count.condition] += count.count
            self.by_category[count.category] = self.by_category.get(count.category, 0) + count.count
        self.categories = [category for category in CATEGORIES if category in self.by_category]


def _known(word: str, words: tuple[Word, ...]) -> Word | None:
    return next((known for known in words if known == word), None)


@router.get("/s/{site}/assets/new")
def new_asset_page(request: Request, access: LedgerAccess, conn: Conn, category: str = "") -> HTMLResponse:
    return _form_page(request, access, conn, AssetForm(category=category[:40]))


@router.post("/s/{site}/assets/new")
def create_asset(request: Request, access: LedgerAccess, conn: Conn, now: Now, form: Annotated[AssetForm, Form()]) -> Response:
    try:
        with conn.transaction():
            asset = verbs.create_asset(conn, access.actor, now=now, site_id=access.site.id, facts=form.facts())
    except (Invalid, Conflict) as error:
        return _form_page(request, access, conn, form, form_errors(request, error))
    return see(f"/s/{access.site.slug}/assets/{asset.id}?done=created")


@router.get("/s/{site}/assets/{asset_id:int}/edit")
def edit_asset_page(request: Request, asset_id: RowId, access: LedgerAccess, conn: Conn) -> HTMLResponse:
    asset = ledger.get_asset(conn, access.site.id, asset_id)
    return _form_page(request, access, conn, AssetForm.of(asset), asset_id=asset_id)


@router.post("/s/{site}/assets/{asset_id:int}/edit")
def update_asset(
    request: Request, asset_id: RowId, access: LedgerAccess, conn: Conn, now: Now, form: Annotated[AssetForm, Form()]
) -> Response:
    try:
        with conn.transaction():
            verbs.update_asset(conn, access.actor, now=now, site_id=access.site.id, asset_id=asset_id, facts=form.facts())
    except (Invalid, Conflict) as error:
        return _form_page(request, access, conn, form, form_errors(request, error), asset_id=asset_id)
    return see(f"/s/{access.site.slug}/assets/{asset_id}?done=saved")


def _form_page(
    request: Request,
    access: SiteAccess,
    conn: Connection,
    form: AssetForm,
    errors: FormErrors = NO_ERRORS,
    *,
    asset_id: int | None = None,
) -> HTMLResponse:
    if not access.may("engineer", "manager"):  # who only reads gets no form
        raise Forbidden
    return render(
        request,
        access,
        "asset_edit.html",
        status=422 if errors.text else 200,
        form=form,
        errors=errors,
        asset_id=asset_id,
        area_options=_area_options(conn, access.site.id),
        categories=CATEGORIES,
        conditions=CONDITIONS,
        states=ASSET_STATES,
    )


def _area_options(conn: Connection, site_id: int) -> list[tuple[int, str]]:
    return [(area.id, area.name) for area in places.list_areas(conn, site_id)]
