"""The sites and devices of the ledger in memory, so that no message asks the database who sent it."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import psycopg

from core.logs import get_logger
from ingest.assignment import Assignment
from ingest.health import Health
from ingest.mappings.model import FieldRule, TopicMapping
from ingest.model import DeviceKind
from ingest.queries import known, mappings
from ingest.queries.known import DeviceRow, SiteRow
from store.db import Connection, Database
from store.listen import ChangeListener
from store.notify import Change

log = get_logger(__name__)

DeviceKey = tuple[int, int]  # site, device

_LOOK_SECONDS = 30.0  # for changes nobody told of
_GATHER_SECONDS = 0.05  # one form may change many rows
_RETRY_SECONDS = 1.0
# A device of a kind this version does not have is kept in the ledger; its messages are rejected with that reason.
_SILENT_AFTER_OF_UNKNOWN_KIND = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownDevice:
    """A device in operation, and the health it was in when it was loaded, which is no part of what it is.

    `address`: `<format>:<the vendor's name of it>`, for one that speaks a vendor's format.
    """

    key: DeviceKey
    slug: str
    kind_slug: str
    kind: DeviceKind | None
    silent_after: timedelta
    health: Health = field(compare=False)
    last_seen_at: datetime | None = field(compare=False)
    last_ts: datetime | None = field(compare=False)
    address: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownSite:
    """A site and its devices by slug. `zone`: of the wall clocks there.

    `rules`: of fields, by the format that reads them, and the device they are of alone (None: of all).
    """

    id: int
    slug: str
    devices: Mapping[str, KnownDevice]
    zone: tzinfo = UTC
    mappings: tuple[TopicMapping, ...] = ()
    rules: Mapping[tuple[str, int | None], tuple[FieldRule, ...]] = field(default_factory=dict)


class Ledger:
    """Every site of ours by slug, as it was at one time. Another object is another version.

    `elsewhere`: the slugs of sites that other ingesters have.
    """

    def __init__(self, sites: Mapping[str, KnownSite] | None = None, *, elsewhere: frozenset[str] = frozenset()) -> None:
        self.sites = sites or {}
        self.elsewhere = elsewhere
        self._addressed: dict[str, list[tuple[KnownSite, KnownDevice]]] = {}
        for site in self.sites.values():
            for device in site.devices.values():
                if device.address is not None:
                    self._addressed.setdefault(device.address, []).append((site, device))

    def devices(self) -> Iterator[KnownDevice]:
        """Every device in operation."""
        for site in self.sites.values():
            yield from site.devices.values()

    def addressed(self, address: str) -> Sequence[tuple[KnownSite, KnownDevice]]:
        """The devices of this address, with their sites: in each site one at the most."""
        return self._addressed.get(address, ())


class _Taught:
    """What integrators entered, by site."""

    def __init__(self, mapped: list[TopicMapping], rules: list[FieldRule]) -> None:
        self.mappings: dict[int, list[TopicMapping]] = {}
        self.rules: dict[int, dict[tuple[str, int | None], list[FieldRule]]] = {}
        for mapping in mapped:
            self.mappings.setdefault(mapping.site_id, []).append(mapping)
        for rule in rules:
            self.rules.setdefault(rule.site_id, {}).setdefault((rule.format, rule.device_id), []).append(rule)


class Registry:
    """Keeps `ledger` up to date: at once when told of a change; and now and then it looks whether nobody told.

    `on_load` is called with the connection of each load, for others who follow the ledger. While the database is away
    the last known ledger stays. `assignment` says which sites are ours.
    """

    def __init__(
        self,
        db: Database,
        listener: ChangeListener,
        kinds: Mapping[str, DeviceKind],
        *,
        assignment: Assignment | None = None,
        on_load: Callable[[Connection], object] | None = None,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._db = db
        self._listener = listener
        self._kinds = kinds
        self._assignment = assignment or Assignment()
        self._on_load = on_load
        self._lock = threading.Lock()
        self._changed: set[int | None] = {None}
        self._fingerprint = ""
        self._look_seconds = look_seconds
        self._told = threading.Event()
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registry", daemon=True)
        self.ledger = Ledger()

    def start(self) -> None:
        """Begin to load and to follow; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._told.set()
        if self._thread.is_alive():
            self._thread.join(15)

    def wait_until_ready(self, seconds: float) -> bool:
        """Until the ledger has been loaded once; False when that took longer."""
        return self._ready.wait(seconds)

    def load(self, conn: Connection, site_id: int | None = None) -> None:
        """Take the ledger as it is now, all of it or one site."""
        rows = known.list_known_sites(conn, site_id=site_id)
        ours = {site.id: site for site in rows if self._assignment.has(site.slug)}
        devices = known.list_known_devices(conn, site_ids=list(ours))
        taught = _Taught(mappings.list_mappings(conn, site_ids=list(ours)), mappings.list_rules(conn, site_ids=list(ours)))
        elsewhere = frozenset(site.slug for site in rows) - {site.slug for site in ours.values()}
        kept = {}
        if site_id is not None:
            kept = {slug: site for slug, site in self.ledger.sites.items() if site.id != site_id}
            elsewhere |= self.ledger.elsewhere
        loaded = kept | self._assemble(ours, devices, taught)
        if loaded != self.ledger.sites or elsewhere != self.ledger.elsewhere:
            self.ledger = Ledger(sites=loaded, elsewhere=elsewhere)
        if self._on_load is not None:
            self._on_load(conn)
        self._tell_of_assignment()
        self._ready.set()

    def _tell_of_assignment(self) -> None:
        """Once: a site that nobody has is heard by nobody."""
        if not self._ready.is_set() and self._assignment.sites:
            unknown = sorted(self._assignment.sites - self.ledger.sites.keys())
            if unknown:
                log.warning("sites assigned to this ingester are not in the ledger", sites=unknown)
            if self.ledger.elsewhere:
                log.warning("sites that another ingester must have", sites=sorted(self.ledger.elsewhere))

    def _assemble(self, sites: Mapping[int, SiteRow], rows: list[DeviceRow], taught: "_Taught") -> dict[str, KnownSite]:
        devices: dict[int, dict[str, KnownDevice]] = {site_id: {} for site_id in sites}
        for row in rows:
            if row.site_id in devices:
                devices[row.site_id][row.slug] = self._known(row)
        return {
            site.slug: KnownSite(
                id=site.id,
                slug=site.slug,
                devices=devices[site.id],
                zone=ZoneInfo(site.tz),
                mappings=tuple(taught.mappings.get(site.id, ())),
                rules={whose: tuple(rules) for whose, rules in taught.rules.get(site.id, {}).items()},
            )
            for site in sites.values()
        }

    def _known(self, row: DeviceRow) -> KnownDevice:
        kind = self._kinds.get(row.kind)
        return KnownDevice(
            key=(row.site_id, row.id),
            slug=row.slug,
            address=row.address,
            kind_slug=row.kind,
            kind=kind,
            silent_after=row.silent_after or (kind.silent_after if kind else _SILENT_AFTER_OF_UNKNOWN_KIND),
            health=Health(status=row.status, since=row.since, reason=row.reason, grounds=tuple(row.grounds)),
            last_seen_at=row.last_seen_at,
            last_ts=row.last_ts,
        )

    def _on_change(self, change: Change) -> None:
        if change.topic in ("ledger", "discovered"):
            self._look_anew(change.site_id)

    def _look_anew(self, site_id: int | None = None) -> None:
        with self._lock:
            self._changed.add(site_id)
        self._told.set()

    def _run(self) -> None:
        with self._listener.subscribed(self._on_change, self._look_anew):
            while not self._stopping.is_set():
                try:
                    self._load_changed()
                    while not self._told.wait(self._look_seconds):
                        self._look_whether_changed()
                    self._stopping.wait(_GATHER_SECONDS)
                except psycopg.Error as error:
                    log.warning("ledger cannot be read", error=str(error).strip())
                    self._stopping.wait(_RETRY_SECONDS)
                    self._look_anew()

    def _look_whether_changed(self) -> None:
        """Reading the whole ledger of a city takes this process half a second, and the database alone a tenth of it."""
        with self._db.transaction() as conn:
            if known.ledger_fingerprint(conn) != self._fingerprint:
                self._look_anew()

    def _load_changed(self) -> None:
        self._told.clear()
        with self._lock:
            changed, self._changed = self._changed, set()
        with self._db.transaction() as conn:
            fingerprint = known.ledger_fingerprint(conn)  # before: what changes while it is read is another ledger
            for site_id in [None] if None in changed else sorted(filter(None, changed)):
                self.load(conn, site_id)
            self._fingerprint = fingerprint
