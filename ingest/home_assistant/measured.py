"""The newest value of every measure of the devices shown, kept in memory: devices may tell their measures in turns."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from ingest.model import DeviceKind, Value
from ingest.queries.home_assistant import Measured, ShownDevice, list_arrivals, list_newest
from ingest.registry import DeviceKey
from store.db import Connection

# What was received before the last look may have been committed after it.
_OVERLAP = timedelta(seconds=10)


class MeasuredValues:
    """Values by what was measured last, not by what came last.

    Asks for a device's readings when it is first met; from then on only for what arrived, of all sites in one query for
    each kind.
    """

    def __init__(self, kinds: Mapping[str, DeviceKind]) -> None:
        self._kinds = kinds
        self._values: dict[DeviceKey, dict[str, tuple[datetime, Value]]] = {}
        self._taken_until: datetime | None = None

    def of(self, device: ShownDevice) -> dict[str, Value]:
        """What is known of it."""
        return {slug: value for slug, (_, value) in self._values.get((device.site_id, device.id), {}).items()}

    def meet(self, conn: Connection, site_id: int, devices: Iterable[ShownDevice], *, now: datetime) -> None:
        """Learn of the devices of a site that were not known."""
        self._taken_until = self._taken_until or now
        strangers: dict[str, list[int]] = {}
        for device in devices:
            if (site_id, device.id) not in self._values:
                self._values[site_id, device.id] = {}
                strangers.setdefault(device.kind, []).append(device.id)
        for slug, ids in strangers.items():
            if (kind := self._kinds.get(slug)) is not None:
                self._learn(kind, list_newest(conn, kind, site_id, ids, now=now))

    def take_arrivals(self, conn: Connection, *, now: datetime) -> set[DeviceKey]:
        """Learn what arrived since the last time; the known devices it came from."""
        since = (self._taken_until or now) - _OVERLAP
        heard: set[DeviceKey] = set()
        for kind in self._kinds.values():
            heard |= self._learn(kind, list_arrivals(conn, kind, since=since, until=now))
        self._taken_until = now
        return heard

    def forget(self, keys: Iterable[DeviceKey] | None = None) -> None:
        """They are not shown any more; None: begin anew, for something may have been missed."""
        if keys is None:
            self._values.clear()
            self._taken_until = None
            return
        for key in keys:
            self._values.pop(key, None)

    def _learn(self, kind: DeviceKind, rows: Iterable[Measured]) -> set[DeviceKey]:
        heard: set[DeviceKey] = set()
        slugs = [measure.slug for measure in kind.measures]
        for site_id, device_id, at, *values in rows:
            known = self._values.get((site_id, device_id))
            if known is None:
                continue
            for slug, value in zip(slugs, values, strict=True):
                if value is not None and (slug not in known or known[slug][0] <= at):
                    known[slug] = (at, value)
            heard.add((site_id, device_id))
        return heard
