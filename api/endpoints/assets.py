"""The asset ledger of a site."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import SiteAccess, allow
from api.deps import Conn, Now
from api.paging import Page, Paging
from api.schemas.assets import AssetDetailOut, AssetIn, AssetLineOut, AssetOut, DependencyIn, DependencyOut, LedgerCountOut
from api.schemas.base import Id
from assets import dependencies
from assets import ledger as verbs
from assets.models import AssetFacts, AssetState, Category, Condition
from assets.queries import devices, ledger, records
from core import checks

router = APIRouter(prefix="/sites/{site}/assets", tags=["assets"])

LedgerAccess = Annotated[SiteAccess, allow("engineer", "manager")]


@router.get("")
def list_assets(
    access: LedgerAccess,
    conn: Conn,
    paging: Paging,
    text: Annotated[str, Query(max_length=100, description="In code, name, maker, model or note.")] = "",
    category: Category | None = None,
    area: Id | None = None,
    condition: Condition | None = None,
    state: Annotated[AssetState | None, Query(description="Absent: all but the retired ones.")] = None,
) -> Page[AssetLineOut]:
    """By code."""
    rows = ledger.list_assets(
        conn,
        access.site.id,
        text=checks.one_line(text, field="text", limit=100, required=False),
        category=category,
        area_id=area,
        condition=condition,
        state=state,
        after_id=paging.after,
        limit=paging.limit + 1,
    )
    items, following = paging.page(rows, key=lambda asset: asset.id)
    return Page(items=[AssetLineOut.model_validate(row) for row in items], next=following)


@router.post("", status_code=201)
def create_asset(new: AssetIn, access: LedgerAccess, conn: Conn, now: Now) -> AssetOut:
    """Enter an asset into the ledger."""
    facts = AssetFacts(**new.model_dump())
    return AssetOut.model_validate(verbs.create_asset(conn, access.actor, now=now, site_id=access.site.id, facts=facts))


@router.get("/summary")
def summarize_ledger(access: LedgerAccess, conn: Conn) -> list[LedgerCountOut]:
    """Assets that are not retired, counted by category and condition."""
    return [LedgerCountOut.model_validate(count) for count in ledger.count_assets(conn, access.site.id)]


@router.get("/{asset_id}")
def get_asset(asset_id: Id, access: LedgerAccess, conn: Conn) -> AssetDetailOut:
    """One asset with everything around it."""
    site_id = access.site.id
    asset = ledger.get_asset(conn, site_id, asset_id)
    device = devices.find_device_of_asset(conn, site_id, asset_id)
    return AssetDetailOut(
        **AssetOut.model_validate(asset).model_dump(),
        depends_on=[DependencyOut.model_validate(each) for each in ledger.list_depends_on(conn, site_id, asset_id)],
        depending=[DependencyOut.model_validate(each) for each in ledger.list_depending(conn, site_id, asset_id)],
        device_slug=device.slug if device else None,
        record_counts=dict(records.count_records(conn, site_id, asset_id)),
    )


@router.put("/{asset_id}")
def update_asset(asset_id: Id, change: AssetIn, access: LedgerAccess, conn: Conn, now: Now) -> AssetOut:
    """Replace what is known of it."""
    facts = AssetFacts(**change.model_dump())
    changed = verbs.update_asset(conn, access.actor, now=now, site_id=access.site.id, asset_id=asset_id, facts=facts)
    return AssetOut.model_validate(changed)


@router.post("/{asset_id}/dependencies", status_code=204)
def add_dependency(asset_id: Id, new: DependencyIn, access: LedgerAccess, conn: Conn, now: Now) -> None:
    """It does not work without the other."""
    dependencies.add_dependency(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        asset_id=asset_id,
        depends_on_id=new.depends_on_id,
        kind=new.kind,
    )


@router.delete("/{asset_id}/dependencies/{kind}/{depends_on_id}", status_code=204)
def remove_dependency(asset_id: Id, kind: str, depends_on_id: Id, access: LedgerAccess, conn: Conn, now: Now) -> None:
    """It works without the other."""
    dependencies.remove_dependency(
        conn, access.actor, now=now, site_id=access.site.id, asset_id=asset_id, depends_on_id=depends_on_id, kind=kind
    )
