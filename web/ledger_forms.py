"""What the forms of the ledger hold, as typed, and what the domain makes of it."""

from datetime import datetime, tzinfo
from typing import Annotated, Self

from pydantic import BaseModel, StringConstraints

from assets.models import Asset, AssetFacts, Record, RecordEntry
from core import checks
from web.forms import number

Typed = Annotated[str, StringConstraints(max_length=5000)]


class AssetForm(BaseModel):
    """An asset as typed."""

    code: Typed = ""
    name: Typed = ""
    category: Typed = ""
    area_id: Typed = ""
    condition: Typed = "good"
    state: Typed = "in_use"
    maker: Typed = ""
    model: Typed = ""
    installed_on: Typed = ""
    note: Typed = ""

    @classmethod
    def of(cls, asset: Asset) -> Self:
        """Filled in with what is known."""
        return cls(
            code=asset.code,
            name=asset.name,
            category=asset.category,
            area_id=str(asset.area_id or ""),
            condition=asset.condition,
            state=asset.state,
            maker=asset.maker,
            model=asset.model,
            installed_on=asset.installed_on.isoformat() if asset.installed_on else "",
            note=asset.note,
        )

    def facts(self) -> AssetFacts:
        """Raises Invalid naming the field."""
        return AssetFacts(
            code=self.code,
            name=self.name,
            category=self.category,
            area_id=number(self.area_id),
            condition=self.condition,
            state=self.state,
            maker=self.maker,
            model=self.model,
            installed_on=checks.day(self.installed_on, field="installed_on"),
            note=self.note,
        )


class RecordForm(BaseModel):
    """A record, or with `reason` a correction, as typed. `done_at` is on the clock of the site."""

    kind: Typed = ""
    done_at: Typed = ""
    done_by: Typed = ""
    summary: Typed = ""
    detail: Typed = ""
    outcome: Typed = "normal"
    cost: Typed = ""
    condition: Typed = ""
    reason: Typed = ""

    @classmethod
    def begin(cls, *, kind: str, now: datetime, zone: tzinfo, name: str) -> Self:
        """Filled in with what is likely."""
        return cls(kind=kind, done_at=_minute(now, zone), done_by=name)

    @classmethod
    def of(cls, record: Record, zone: tzinfo) -> Self:
        """Filled in with what was written."""
        return cls(
            kind=record.kind,
            done_at=_minute(record.done_at, zone),
            done_by=record.done_by,
            summary=record.summary,
            detail=record.detail,
            outcome=record.outcome,
            cost="" if record.cost is None else str(record.cost),
        )

    def entry(self, zone: tzinfo) -> RecordEntry:
        """Raises Invalid naming the field."""
        return RecordEntry(
            kind=self.kind,
            done_at=checks.local_time(self.done_at, zone=zone, field="done_at"),
            done_by=self.done_by,
            summary=self.summary,
            detail=self.detail,
            outcome=self.outcome,
            cost=checks.amount(self.cost, field="cost"),
        )


def _minute(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
