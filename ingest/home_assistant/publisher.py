"""Keeps Home Assistant's picture of our devices up to date, in a thread of its own, off the way of messages."""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import psycopg

from core.clock import Clock
from core.i18n import Language
from core.logs import get_logger
from ingest.home_assistant.client import HomeAssistantClient
from ingest.home_assistant.documents import Place, config, config_topic, is_reporting, state, state_topic
from ingest.home_assistant.measured import MeasuredValues
from ingest.model import DeviceKind
from ingest.queries.home_assistant import ShownDevice, is_anyone_listening, list_shown_devices
from ingest.queries.known import SiteRow, list_known_sites
from ingest.registry import DeviceKey
from store.db import Database
from store.listen import ChangeListener
from store.notify import Change
from store.turn import Turn

log = get_logger(__name__)

_LOOK_SECONDS = 10.0  # whether anything is due, and for changes of the ingester
_ALL_SECONDS = 300.0  # for changes nobody told of
_GATHER_SECONDS = 0.2  # one form, or one outage, may change many rows
# A city must not take the processor away from what is more important: after work, rest.
_REST_TIMES, _LONGEST_REST = 3, 5.0
# An ingester tells of itself every five seconds.
_INGESTER_SILENT = timedelta(minutes=1)
_RETRY_SECONDS = 1.0
_LOCK_SPACE = 7003


@dataclass(frozen=True, kw_only=True, slots=True)
class HomeAssistantOptions:
    """Where it listens and what it is shown. `sites`: short names; None: every site.

    `measures_seconds`: new measures are shown at most this often; changes of health are shown at once.
    """

    prefix: str
    client_id: str
    language: Language = "zh"
    sites: frozenset[str] | None = None
    base_url: str | None = None
    measures_seconds: float = 10.0


class HomeAssistant:
    """Publishes descriptions and states of the devices in operation, retained, and takes back those of the others.

    Woken by changes; a site at a time, and only what is not yet with the broker. After a new connection, and when Home
    Assistant starts, everything is published again.
    """

    def __init__(
        self,
        *,
        db: Database,
        listener: ChangeListener,
        clock: Clock,
        kinds: Mapping[str, DeviceKind],
        mqtt_url: str,
        options: HomeAssistantOptions,
    ) -> None:
        self._db = db
        self._listener = listener
        self._clock = clock
        self._kinds = kinds
        self._options = options
        self._place = Place(prefix=options.prefix, language=options.language, base_url=options.base_url)
        self._mqtt_url = mqtt_url
        self._client: HomeAssistantClient | None = None
        self._turn = Turn(db, _LOCK_SPACE)
        self._measured = MeasuredValues(kinds)
        self._shown: dict[str, frozenset[int]] = {}  # devices by site
        self._published: dict[str, int] = {}  # hashes by topic
        self._taken_back: set[tuple[str, int]] = set()
        self._strangers: set[tuple[str, int]] = set()  # to be taken back, if they are
        self._away: set[DeviceKey] = set()
        self._lock = threading.Lock()
        self._changed: set[int | None] = {None}
        self._arrived = False
        self._measures_due = self._all_due = clock.monotonic()
        self._told = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="home-assistant", daemon=True)

    def start(self) -> Self:
        """Begin; returns at once and never fails: the broker may come later."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End it; Home Assistant is told that nobody looks after its picture."""
        self._stopping.set()
        self._told.set()
        self._thread.join(30)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _on_change(self, change: Change) -> None:
        if change.topic == "reading":
            self._arrived = True
            if self._clock.monotonic() >= self._measures_due:
                self._told.set()
        elif change.topic in ("ledger", "status"):
            self._look_at(change.site_id)

    def _look_at(self, site_id: int | None = None) -> None:
        with self._lock:
            self._changed.add(site_id)
        self._told.set()

    def _run(self) -> None:
        with self._listener.subscribed(self._on_change, self._look_at):
            while not self._stopping.is_set():
                begun = self._clock.monotonic()
                try:
                    self._work()
                except (psycopg.Error, ConnectionError) as error:
                    log.warning("devices cannot be shown to Home Assistant", error=str(error).strip())
                    self._begin_anew()
                    self._stopping.wait(_RETRY_SECONDS)
                except Exception:
                    log.exception("devices cannot be shown to Home Assistant")
                    self._begin_anew()
                    self._stopping.wait(_LOOK_SECONDS)
                took = self._clock.monotonic() - begun
                self._stopping.wait(max(_GATHER_SECONDS, min(_REST_TIMES * took, _LONGEST_REST)))
                self._told.wait(_LOOK_SECONDS)
        if self._client is not None:
            self._client.stop()
        self._turn.give_up()

    def _begin_anew(self) -> None:
        """What was shown may not be true any more, and something may have been missed."""
        if self._client is not None:
            self._client.announce(online=False)
        self._measured.forget()
        self._look_at()

    def _work(self) -> None:
        self._told.clear()
        if not self._turn.is_ours():
            if self._client is not None:
                self._client.leave()
                self._client = None
            return
        if self._client is None:
            self._client = HomeAssistantClient(
                self._mqtt_url, client_id=self._options.client_id, prefix=self._options.prefix, on_news=self._told.set
            )
            self._client.start()
        elif self._client.connected:
            self._show(self._client)

    def _show(self, client: HomeAssistantClient) -> None:
        now = self._clock.now()
        if greeted := client.take_greeting():
            self._published.clear()
            # Home Assistant forgets a device only if it hears of it, and it connects long after us where the broker is ours.
            self._strangers |= self._taken_back
            self._look_at()
        with self._db.transaction() as conn:
            sites = {site.id: site for site in list_known_sites(conn, site_id=None) if self._is_wanted(site)}
            listening = is_anyone_listening(conn, since=now - _INGESTER_SILENT)
        missing = (self._options.sites or frozenset()) - {site.slug for site in sites.values()} - {"-"}
        if greeted and missing:
            log.warning("GATEHOUSE_HOME_ASSISTANT_SITES names sites that there are not", sites=sorted(missing))
        client.announce(online=listening)
        self._show_changed(client, sites)
        self._show_measures(client, sites)
        if not self._stopping.is_set():
            self._take_back_strangers(client)

    def _is_wanted(self, site: SiteRow) -> bool:
        return self._options.sites is None or site.slug in self._options.sites

    def _take_changed(self, sites: Collection[int]) -> list[int]:
        with self._lock:
            changed, self._changed = self._changed, set()
        if None in changed or self._clock.monotonic() >= self._all_due:
            self._all_due = self._clock.monotonic() + _ALL_SECONDS
            return sorted(sites)
        return sorted(site_id for site_id in changed if site_id is not None and site_id in sites)

    def _show_changed(self, client: HomeAssistantClient, sites: Mapping[int, SiteRow]) -> None:
        for site_id in self._take_changed(sites):
            if not self._stopping.is_set():
                self._show_site(client, sites[site_id])

    def _show_site(self, client: HomeAssistantClient, site: SiteRow) -> None:
        """Everything of it: new devices, changed ones, and those that have gone."""
        devices = self._look_up(site.id)
        before, self._shown[site.slug] = self._shown.get(site.slug, frozenset()), frozenset(device.id for device in devices)
        gone = before - self._shown[site.slug]
        self._take_back(client, [(site.slug, device_id) for device_id in gone])
        keys = {(site.id, device_id) for device_id in gone}
        self._measured.forget(keys)
        self._away -= keys
        for device in devices:
            topic = config_topic(self._options.prefix, site.slug, device.id)
            self._publish(client, topic, config(device, self._kinds.get(device.kind), self._place))
        self._show_states(client, devices)

    def _look_up(self, site_id: int, device_ids: Sequence[int] | None = None) -> list[ShownDevice]:
        """Devices of a site; what was measured is known afterwards.

        Of those that report again it is learned anew, or what they measured before they went would show as what is now.
        """
        with self._db.transaction() as conn:
            devices = list_shown_devices(conn, site_id, device_ids=device_ids)
            reporting = {(site_id, device.id) for device in devices if is_reporting(device)}
            self._measured.forget(self._away & reporting)
            self._away |= {(site_id, device.id) for device in devices}
            self._away -= reporting
            self._measured.meet(conn, site_id, devices, now=self._clock.now())
        return devices

    def _show_measures(self, client: HomeAssistantClient, sites: Mapping[int, SiteRow]) -> None:
        """Those that came since the last time, of all sites; in a city this takes a while, and changes of health go before."""
        now = self._clock.monotonic()
        if not self._arrived or now < self._measures_due:
            return
        self._arrived = False
        self._measures_due = now + self._options.measures_seconds
        with self._db.transaction() as conn:
            heard = self._measured.take_arrivals(conn, now=self._clock.now())
        by_site: dict[int, list[int]] = {}
        for site_id, device_id in heard:
            by_site.setdefault(site_id, []).append(device_id)
        for site_id in sorted(by_site.keys() & sites.keys()):
            begun = self._clock.monotonic()
            self._show_states(client, self._look_up(site_id, by_site[site_id]))
            if self._stopping.wait(_REST_TIMES * (self._clock.monotonic() - begun)):
                return
            self._show_changed(client, sites)

    def _show_states(self, client: HomeAssistantClient, devices: Iterable[ShownDevice]) -> None:
        for device in devices:
            known = self._measured.of(device)
            document = state(device, self._kinds.get(device.kind), known, self._options.language)
            self._publish(client, state_topic(device.site_slug, device.id), document)
        self._settle(client)

    def _take_back_strangers(self, client: HomeAssistantClient) -> None:
        """What the broker keeps of devices that were retired, or sites taken out of the settings, while we did not run."""
        self._strangers |= client.take_kept()
        self._take_back(client, [(slug, id_) for slug, id_ in self._strangers if id_ not in self._shown.get(slug, frozenset())])
        self._settle(client)
        self._strangers.clear()

    def _take_back(self, client: HomeAssistantClient, gone: Iterable[tuple[str, int]]) -> None:
        for slug, device_id in gone:
            self._taken_back.add((slug, device_id))
            for topic in (config_topic(self._options.prefix, slug, device_id), state_topic(slug, device_id)):
                client.publish(topic, b"")
                self._published.pop(topic, None)

    def _publish(self, client: HomeAssistantClient, topic: str, payload: bytes) -> None:
        fingerprint = hash(payload)
        if self._published.get(topic) != fingerprint:
            client.publish(topic, payload)
            self._published[topic] = fingerprint

    def _settle(self, client: HomeAssistantClient) -> None:
        """No more is on its way than one site's: the broker sets the pace."""
        if not client.wait_until_kept():
            self._published.clear()
            raise ConnectionError("the broker did not take what was published")
