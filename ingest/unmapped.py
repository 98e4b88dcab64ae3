"""What devices say and no kind has a word for: kept by name with its last value, so that it can be mapped without code."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ingest.model import clipped, shown
from ingest.personal import is_personal
from ingest.routes import Route

MOST_NAMES = 100  # of one device
MAX_NAME, MAX_VALUE = 100, 200  # characters
_WRITTEN_EVERY = timedelta(minutes=1)


class Unmapped(msgspec.Struct, frozen=True):
    """One name a device used, and its value as it was written last."""

    site_id: int
    device_id: int
    name: str
    value: str
    at: datetime


class UnmappedFields:
    """Tells what is worth writing: a name that is new, or whose value was written a while ago; nothing that names a person."""

    def __init__(self) -> None:
        self._written: dict[tuple[int, int], dict[str, datetime]] = {}

    def news(self, route: Route, fields: Mapping[str, Any], at: datetime) -> list[Unmapped]:
        """Of the fields of one message those to be written now. A device that invents ever new names is cut short."""
        written = self._written.setdefault((route.site_id, route.device_id), {})
        news = []
        for field, value in fields.items():
            before = written.get(field)
            if (before is not None and at - before < _WRITTEN_EVERY) or is_personal(field):
                continue
            name = clipped(field, MAX_NAME) or '""'
            before = written.get(name)
            if before is None and len(written) >= MOST_NAMES:
                continue
            if before is None or at - before >= _WRITTEN_EVERY:
                written[name] = at
                news.append(Unmapped(route.site_id, route.device_id, name, clipped(shown(value), MAX_VALUE), at))
        return news
