"""Where the messages of a device go: found in the ledger once, not for every message."""

from collections.abc import Mapping
from datetime import tzinfo

import msgspec

from ingest.binary_copy import ReadingEncoder, reading_encoder
from ingest.health_tracker import HealthTracker
from ingest.mappings.rules import Converter, converters
from ingest.model import OUR_FORMAT, DeviceKind, FromDevice, RejectedError, shown
from ingest.registry import KnownDevice, KnownSite, Ledger
from ingest.tables import reading_table
from ingest.topics import Reader
from ingest.tracked import TrackedDevice

MAX_CODE = 64  # characters of a device's code in a topic of ours
MAX_NAME = 150  # characters of a vendor's name of a device


class Route(msgspec.Struct, frozen=True, gc=False):
    """A device of the ledger, its health, and the table and encoding of its readings; `zone`: of the wall clocks at its site.

    `rules`: what integrators said of the fields of its messages.

    Nothing in it leads back to it, so the garbage collector need not look through a city of them.
    """

    site_id: int
    device_id: int
    zone: tzinfo
    tracked: TrackedDevice
    kind: DeviceKind
    table: str
    encode: ReadingEncoder
    rules: tuple[Converter, ...] = ()


class OfUnknownKind(msgspec.Struct, frozen=True):
    """A device of the ledger, of a kind that this version does not have."""

    site_id: int
    kind: str


class Unregistered(msgspec.Struct, frozen=True):
    """A device that the ledger does not know, at a site that it does. `address` as devices of vendors' formats have one."""

    site_id: int
    site: str
    name: str
    address: str | None


def check_name(name: str) -> None:
    """Nothing when a vendor's name of a device can be part of an address; else a RejectedError."""
    if not (0 < len(name) <= MAX_NAME and name.isprintable()):
        raise RejectedError("unknown_device", "characters", where="device", most=MAX_NAME, found=shown(name))


class Routes:
    """Finds the route of what a message says, by the `ledger` it is given. Only devices of the ledger are remembered."""

    def __init__(self, kinds: Mapping[str, DeviceKind], tracker: HealthTracker) -> None:
        self._tracker = tracker
        self._into = {kind: _into(kind) for kind in kinds.values()}
        self._routes: dict[str, dict[tuple[str | None, str], Route]] = {}
        self._ledger = Ledger()

    @property
    def ledger(self) -> Ledger:
        """What is known of sites and devices."""
        return self._ledger

    @ledger.setter
    def ledger(self, ledger: Ledger) -> None:
        """The tracker must follow the same one already."""
        self._ledger = ledger
        self._routes = {}

    def find(self, reader: Reader, item: FromDevice) -> Route | Unregistered | OfUnknownKind:
        """Raises RejectedError when no site can be told."""
        origin = (reader.site or item.site, item.device)
        routes = self._routes.get(reader.format)
        if routes is None:
            routes = self._routes[reader.format] = {}
        route = routes.get(origin)
        if route is not None:
            return route
        found = self._look_up(reader.format, *origin)
        if isinstance(found, Unregistered):
            return found
        site, device = found
        tracked = self._tracker.find(device.key)
        if device.kind is None or tracked is None:
            return OfUnknownKind(site.id, device.kind_slug)
        of_format = (*site.rules.get((reader.format, None), ()), *site.rules.get((reader.format, device.key[1]), ()))
        rules = converters(of_format, device.kind) if of_format else ()
        route = routes[origin] = Route(*device.key, site.zone, tracked, device.kind, *self._into[device.kind], rules)
        return route

    def _look_up(self, format_: str, site_slug: str | None, name: str) -> tuple[KnownSite, KnownDevice] | Unregistered:
        if format_ == OUR_FORMAT:
            site = self._site(site_slug or "")
            device = site.devices.get(name)
            if device is None and len(name) > MAX_CODE:
                raise RejectedError("topic", "too_long", what="device", found=shown(name), most=MAX_CODE)
            return (site, device) if device else Unregistered(site.id, site.slug, name, None)
        check_name(name)
        return self._look_up_address(f"{format_}:{name}", None if site_slug is None else self._site(site_slug), name)

    def _look_up_address(self, address: str, site: KnownSite | None, name: str) -> tuple[KnownSite, KnownDevice] | Unregistered:
        """By the site that the topic names; else by the address, if that is one device's; else the only site there is."""
        sites = self._ledger.sites
        found = [pair for pair in self._ledger.addressed(address) if site is None or pair[0] is site]
        if len(found) > 1:
            names = ", ".join(each.slug for each, _ in found)
            raise RejectedError("unknown_device", "address_twice", address=shown(address), names=names)
        if found:
            return found[0]
        if site is None:
            if len(sites) != 1:
                raise RejectedError("unknown_device", "address_nowhere", address=shown(address))
            [site] = sites.values()
        return Unregistered(site.id, site.slug, name, address)

    def _site(self, slug: str) -> KnownSite:
        site = self._ledger.sites.get(slug)
        if site is None and slug in self._ledger.elsewhere:
            raise RejectedError("unknown_site", "site_elsewhere", site=shown(slug))
        if site is None:
            raise RejectedError("unknown_site", "no_site", site=shown(slug))
        return site


def _into(kind: DeviceKind) -> tuple[str, ReadingEncoder]:
    table = reading_table(kind)
    return table.name, reading_encoder(table)
