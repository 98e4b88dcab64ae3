"""Assets enter the ledger, change, and are retired; nothing ever leaves it."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from psycopg.errors import UniqueViolation

from assets.changes import changed, tell
from assets.models import ASSET_STATES, CATEGORIES, CONDITIONS, Asset, AssetFacts
from assets.queries import ledger, places
from core import checks
from core.errors import Conflict, Invalid, NotFound
from people.models import Actor
from store.db import Connection

CODE_LIMIT = 40
NAME_LIMIT = 100
NOTE_LIMIT = 2000
OLDEST = date(1900, 1, 1)
FIELDS = ("code", "name", "category", "area_id", "condition", "state", "maker", "model", "installed_on", "note")


def create_asset(conn: Connection, actor: Actor, *, now: datetime, site_id: int, facts: AssetFacts) -> Asset:
    """Raises Conflict when the code is taken at this site, Invalid naming the field that cannot be accepted."""
    facts = _checked(conn, site_id, facts, now)
    asset_id = ledger.insert_asset(conn, site_id, facts, now=now)
    if asset_id is None:
        raise Conflict("asset_code_taken", field="code", taken=facts.code)
    detail = {"code": facts.code, "name": facts.name, "category": facts.category}
    tell(conn, actor, now=now, action="asset.created", subject=f"asset:{asset_id}", site_id=site_id, detail=detail)
    return ledger.get_asset(conn, site_id, asset_id)


def update_asset(conn: Connection, actor: Actor, *, now: datetime, site_id: int, asset_id: int, facts: AssetFacts) -> Asset:
    """Replace what is known of it. Raises like create_asset."""
    before = ledger.get_asset(conn, site_id, asset_id)
    facts = _checked(conn, site_id, facts, now)
    try:
        with conn.transaction():
            ledger.update_asset(conn, site_id, asset_id, facts)
    except UniqueViolation:
        raise Conflict("asset_code_taken", field="code", taken=facts.code) from None
    after = ledger.get_asset(conn, site_id, asset_id)
    detail = changed(before, after, *FIELDS)
    tell(conn, actor, now=now, action="asset.changed", subject=f"asset:{asset_id}", site_id=site_id, detail=detail)
    return after


def _checked(conn: Connection, site_id: int, facts: AssetFacts, now: datetime) -> AssetFacts:
    checks.one_of(facts.category, CATEGORIES, field="category")
    checks.one_of(facts.condition, CONDITIONS, field="condition")
    checks.one_of(facts.state, ASSET_STATES, field="state")
    if facts.area_id is not None:
        try:
            places.get_area(conn, site_id, facts.area_id)
        except NotFound:
            raise Invalid("choice_unknown", field="area_id") from None
    if facts.installed_on is not None:
        if facts.installed_on < OLDEST:
            raise Invalid("installed_too_early", field="installed_on")
        if facts.installed_on > (now + timedelta(days=1)).date():  # a day of grace: it is tomorrow somewhere
            raise Invalid("installed_in_future", field="installed_on")
    return replace(
        facts,
        code=checks.one_line(facts.code, field="code", limit=CODE_LIMIT),
        name=checks.one_line(facts.name, field="name", limit=NAME_LIMIT),
        maker=checks.one_line(facts.maker, field="maker", limit=NAME_LIMIT, required=False),
        model=checks.one_line(facts.model, field="model", limit=NAME_LIMIT, required=False),
        note=checks.paragraph(facts.note, field="note", limit=NOTE_LIMIT),
    )
