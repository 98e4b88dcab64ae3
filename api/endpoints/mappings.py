"""What devices send that no format reads: how it is read at a site, and what its fields are."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.access import SiteAccess, allow
from api.deps import Conn, Now, RowId
from api.mappings import may_map_directly
from api.paging import Page
from api.schemas.mappings import FieldRulesIn, FieldRulesOut, MappingIn, MappingOut, NewMappingIn, RuleOut
from ingest.mappings import edit
from ingest.queries import mappings as queries
from ingest.queries.health import get_device_health
from store.db import Connection

router = APIRouter(prefix="/sites/{site}", tags=["devices"])
DeviceSlug = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9._-]+$")]
Integrator = Annotated[SiteAccess, allow("engineer", "manager")]


@router.get("/mappings")
def list_mappings(access: Integrator, conn: Conn) -> Page[MappingOut]:
    """All of the site, by slug; there are few."""
    rules = queries.list_rules(conn, site_ids=[access.site.id])
    return Page(items=[MappingOut.of(each, rules) for each in queries.list_mappings(conn, site_ids=[access.site.id])])


@router.post("/mappings", status_code=201)
def create_mapping(new: NewMappingIn, access: Integrator, conn: Conn, now: Now) -> MappingOut:
    """From now on messages of its topics are read by it."""
    mapping = edit.create_mapping(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        facts=new.facts(new.slug),
        rules=new.entered(),
        direct=may_map_directly(access),
    )
    return _mapping(conn, access, mapping.id)


@router.get("/mappings/{mapping_id}")
def get_mapping(mapping_id: RowId, access: Integrator, conn: Conn) -> MappingOut:
    """One of them."""
    return _mapping(conn, access, mapping_id)


@router.put("/mappings/{mapping_id}")
def update_mapping(mapping_id: RowId, change: MappingIn, access: Integrator, conn: Conn, now: Now) -> MappingOut:
    """Read by it as it is now. The rules given replace those there were."""
    edit.update_mapping(
        conn,
        access.actor,
        now=now,
        site_id=access.site.id,
        mapping_id=mapping_id,
        facts=change.facts(),
        rules=change.entered(),
        direct=may_map_directly(access),
    )
    return _mapping(conn, access, mapping_id)


@router.delete("/mappings/{mapping_id}", status_code=204)
def delete_mapping(mapping_id: RowId, access: Integrator, conn: Conn, now: Now) -> None:
    """Nothing is read by it any more. Refused while devices in operation are addressed by it."""
    edit.delete_mapping(conn, access.actor, now=now, site_id=access.site.id, mapping_id=mapping_id)


@router.get("/devices/{device}/field-rules")
def get_field_rules(device: DeviceSlug, access: Integrator, conn: Conn) -> FieldRulesOut:
    """What is said of the fields it sends."""
    return _field_rules(conn, access, device)


@router.put("/devices/{device}/field-rules")
def set_field_rules(device: DeviceSlug, change: FieldRulesIn, access: Integrator, conn: Conn, now: Now) -> FieldRulesOut:
    """From its next message on. The rules given replace those there were."""
    device_id = get_device_health(conn, access.site.id, device).id
    for alone, rules in ((False, change.of_format), (True, change.alone)):
        if rules is not None:
            entered = [rule.entered() for rule in rules]
            edit.set_rules(conn, access.actor, now=now, site_id=access.site.id, device_id=device_id, alone=alone, rules=entered)
    return _field_rules(conn, access, device)


def _mapping(conn: Connection, access: SiteAccess, mapping_id: int) -> MappingOut:
    mapping = queries.get_mapping(conn, access.site.id, mapping_id)
    return MappingOut.of(mapping, queries.list_rules(conn, site_ids=[access.site.id], format_=mapping.slug))


def _field_rules(conn: Connection, access: SiteAccess, device: str) -> FieldRulesOut:
    health = get_device_health(conn, access.site.id, device)
    format_ = edit.format_of(health.address)
    rules = queries.list_rules(conn, site_ids=[access.site.id], format_=format_)
    return FieldRulesOut(
        format=format_,
        of_format=[RuleOut.model_validate(each) for each in rules if each.device_id is None],
        alone=[RuleOut.model_validate(each) for each in rules if each.device_id == health.id],
    )
