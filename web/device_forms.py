"""What the forms of devices hold, as typed, and what the domain makes of it."""

from datetime import timedelta
from typing import Self

from pydantic import BaseModel, Field

from assets.models import AssetFacts
from core import checks
from core.errors import Invalid
from ingest.views import DeviceHealth
from web.forms import number
from web.ledger_forms import Typed

# The category of the asset a device of this kind reports of; anything else is entered as `other` until somebody chooses.
CATEGORY_OF_KIND = {
    "gate_barrier": "gate",
    "access_control": "access",
    "cctv": "cctv",
    "drainage": "drainage",
    "perimeter_beam": "perimeter",
    "gateway": "network",
}


class RegisterForm(BaseModel):
    """A device as typed, with what it reports of: `existing` asset, `new` asset, or `none`."""

    slug: Typed = ""
    address: Typed = ""
    kind: Typed = ""
    name: Typed = ""
    reports_of: Typed = "new"
    asset_id: Typed = ""
    code: Typed = Field(default="", alias="new_asset.code")
    category: Typed = Field(default="", alias="new_asset.category")
    area_id: Typed = Field(default="", alias="new_asset.area_id")

    def chosen_asset(self) -> int | None:
        """Raises Invalid when an asset of the ledger was promised and none chosen."""
        if self.reports_of != "existing":
            return None
        chosen = number(self.asset_id)
        if chosen is None:
            raise Invalid("choice_missing", field="asset_id")
        return chosen

    def new_asset(self) -> AssetFacts | None:
        """The asset to enter with the device, called like it."""
        if self.reports_of != "new":
            return None
        category = self.category or CATEGORY_OF_KIND.get(self.kind, "other")
        return AssetFacts(code=self.code, name=self.name, category=category, area_id=number(self.area_id))


class DeviceForm(BaseModel):
    """What can be changed of a device, as typed. `silence` is in minutes."""

    name: Typed = ""
    address: Typed = ""
    asset_id: Typed = ""
    silence: Typed = ""

    @classmethod
    def of(cls, device: DeviceHealth) -> Self:
        """Filled in with what is known."""
        minutes = "" if device.silent_after is None else f"{device.silent_after / timedelta(minutes=1):g}"
        return cls(name=device.name, address=device.address or "", asset_id=str(device.asset_id or ""), silence=minutes)

    def silent_after(self) -> timedelta | None:
        """Raises Invalid when it is no number."""
        return minutes_of_silence(self.silence)


def minutes_of_silence(text: str) -> timedelta | None:
    """How long a device may be silent, in minutes as typed. Raises Invalid when it is no number."""
    minutes = checks.amount(text, field="silent_after")
    if minutes is None:
        return None
    try:
        return timedelta(minutes=float(minutes))
    except OverflowError:
        raise Invalid("silence_range", field="silent_after") from None
