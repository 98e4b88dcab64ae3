"""The health of every device in memory: who was heard when, whose silence ends when. Used by the writer thread alone."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count

from ingest import health as machine
from ingest.health import Health
from ingest.kinds.judging import judge, status_of
from ingest.model import Status, Value
from ingest.registry import DeviceKey, KnownDevice
from ingest.tracked import Seen, TrackedDevice, Transition

Ask = Callable[[Sequence[DeviceKey]], Iterable[tuple[DeviceKey, datetime, datetime | None]] | None]


class HealthTracker:
    """Turns what is heard, and what is not, into transitions.

    `lose_hearing` and `hear` say when we ourselves could hear. Meanwhile nothing is concluded from silence; afterwards
    every window starts anew; and away for longer than `tolerance`, everything becomes unknown.
    A steady device costs no write but its reading: when it was last seen is handed out in bulk by `take_seen`.
    `shared`: others hear of the same devices, so what we do not hear says nothing, and who joins them knows what they know; a
    silence is looked at this much later.
    """

    def __init__(self, now: datetime, *, tolerance: timedelta = timedelta(seconds=10), shared: timedelta | None = None) -> None:
        self._tolerance = tolerance
        self._shared = shared
        self._grace = shared or timedelta(0)
        self._listening_since = now
        self._deaf_since: datetime | None = now
        self._forgotten = True  # what is loaded is unknown to begin with
        self._devices: dict[DeviceKey, TrackedDevice] = {}
        self._heap: list[tuple[datetime, int, TrackedDevice]] = []
        self._numbers = count()
        self._transitions: list[Transition] = []
        self._unwritten: deque[TrackedDevice] = deque()  # in the order in which they were heard
        self._regrounded: set[TrackedDevice] = set()

    def __len__(self) -> int:
        return len(self._devices)

    @property
    def deaf(self) -> bool:
        """Whether we cannot hear at the moment."""
        return self._deaf_since is not None

    def find(self, key: DeviceKey) -> TrackedDevice | None:
        """The device, to tell what is heard of it; None: it is not tracked. Good until the next `sync`."""
        return self._devices.get(key)

    def sync(self, devices: Iterable[KnownDevice], now: datetime) -> None:
        """Track exactly these devices. One that is new to us is unknown, whatever it was to whoever tracked it before."""
        gone = dict(self._devices)
        for device in devices:
            gone.pop(device.key, None)
            tracked = self._devices.get(device.key)
            if tracked is None:
                tracked = self._devices[device.key] = TrackedDevice(device)
                if self._shared is None:
                    self._move(tracked, machine.after_restart(tracked.health, at=now), now)
            tracked.kind, tracked.silent_after = device.kind, device.silent_after
            self._schedule(tracked)
        for key, tracked in gone.items():
            tracked.due, tracked.gone = None, True
            del self._devices[key]
            self._regrounded.discard(tracked)

    def adopt(self, key: DeviceKey, health: Health) -> None:
        """Somebody else has written another status meanwhile; it holds until something is heard."""
        if tracked := self._devices.get(key):
            tracked.health = health
            self._schedule(tracked)

    def adopt_if_other(self, key: DeviceKey, health: Health) -> None:
        """What others wrote who hear of the device as well."""
        tracked = self._devices.get(key)
        if tracked and not tracked.health.looks_like(health):
            self.adopt(key, health)

    def take_over(self, seen: Iterable[tuple[DeviceKey, datetime, datetime | None]]) -> None:
        """When others heard devices last, and the time of the newest reading."""
        for key, at, ts in seen:
            if tracked := self._devices.get(key):
                tracked.last_seen_at = max(at, tracked.last_seen_at or at)
                if ts is not None:
                    tracked.last_ts = max(ts, tracked.last_ts or ts)

    def keys(self) -> list[DeviceKey]:
        """The devices."""
        return list(self._devices)

    def sites(self) -> set[int]:
        """Of the devices."""
        return {tracked.site_id for tracked in self._devices.values()}

    # --- what is heard ------------------------------------------------------------------------------------------------

    def reading(
        self,
        device: TrackedDevice,
        *,
        ts: datetime,
        received_at: datetime,
        measures: Mapping[str, Value],
        faults: tuple[str, ...] | None,
        raised: tuple[str, ...] = (),
        cleared: tuple[str, ...] = (),
    ) -> bool:
        """A reading, held against its kind. True when it is newer than every one before."""
        last = device.last_ts
        if last is not None and ts < last:
            self._sign_of_life(device, ts, received_at)
            return False
        # A clock that is ahead must not make every later reading an old one.
        device.last_ts = min(ts, received_at) if last is None else max(last, min(ts, received_at))
        device.ahead = ts - received_at
        self._heard(device, received_at)
        health = device.health
        if device.kind is not None:
            if raised or cleared:
                faults = machine.reported_after(health.grounds, raised=raised, cleared=cleared)
            grounds = judge(device.kind, measures, faults, health.grounds)
            if grounds or health.grounds or health.status != "online":
                status = status_of(device.kind, machine.faults_of(grounds))
                self._move(device, machine.after_reading(health, at=received_at, status=status, grounds=grounds), received_at)
        return last is None or ts > last

    def event(self, device: TrackedDevice, *, ts: datetime, received_at: datetime) -> None:
        """An event: its device is alive, unless the event is an old one."""
        self._sign_of_life(device, ts, received_at)

    def presence(self, device: TrackedDevice, *, online: bool, ts: datetime | None, received_at: datetime, old: bool) -> None:
        """Someone says that the device is there or gone; `old`: said some time ago, so that "there" proves nothing."""
        if not online:
            after = machine.after_old_will if old else machine.after_will
            self._move(device, after(device.health, at=received_at), received_at)
        elif not old:
            self._sign_of_life(device, ts or received_at, received_at)

    # --- what is not heard --------------------------------------------------------------------------------------------

    def lose_hearing(self, now: datetime) -> None:
        """From now on silence means nothing."""
        if self._deaf_since is None:
            self._deaf_since = now
            self._forgotten = False

    def hear(self, now: datetime) -> None:
        """We hear (again): every window starts now."""
        self._forget_when_long_away(now)
        self._deaf_since = None
        self._listening_since = now

    def missed(self, since: datetime, now: datetime) -> None:
        """We could not follow from `since` until now, though the connection stood."""
        if self._deaf_since is None:
            self.lose_hearing(since)
            self.hear(now)

    def forget(self, now: datetime) -> None:
        """Nobody could hear: everything is unknown."""
        for tracked in self._devices.values():
            self._move(tracked, machine.after_restart(tracked.health, at=now), now)

    def sweep(self, until: datetime, ask: Ask | None = None) -> None:
        """Conclude what follows from silence up to that time. Each device passes through every state it was in.

        `ask`: tells when others heard these devices last, and the time of the newest reading; None: it cannot say, so nothing
        is concluded now.
        """
        if self._deaf_since is not None:
            self._forget_when_long_away(until)
            return
        while due := self._take_due(until):
            silent = [tracked.key for tracked in due if self._silence_until(tracked, until)]
            heard = ask(silent) if ask is not None and silent else ()
            self.take_over(heard or ())
            for tracked in due:
                silence = None if heard is None else self._silence_until(tracked, until)
                if silence is not None:
                    at, status = silence
                    self._move(tracked, machine.after_silence(tracked.health, at=at, status=status), at)
                self._schedule(tracked)
            if heard is None:
                return

    def _take_due(self, until: datetime) -> list[TrackedDevice]:
        """Those whose silence is to be looked at, in that order."""
        taken = []
        while self._heap and self._heap[0][0] <= until:
            due, _, tracked = heapq.heappop(self._heap)
            if tracked.due == due:
                tracked.due = None
                taken.append(tracked)
        return taken

    def _silence_until(self, tracked: TrackedDevice, until: datetime) -> tuple[datetime, Status] | None:
        """When and to what its silence has changed its status, as far as we heard."""
        silence = self._next_silence(tracked)
        return silence if silence is not None and silence[0] <= until else None

    # --- what is to be written ----------------------------------------------------------------------------------------

    def take_transitions(self) -> list[Transition]:
        """Every transition since the last call, in order."""
        taken, self._transitions = self._transitions, []
        return taken

    def take_seen(self, now: datetime, *, older_than: timedelta, most: int) -> list[Seen]:
        """Devices heard whose row is that far behind, at most so many; and those whose faults rest on something else now."""
        until = now - older_than
        due: list[TrackedDevice] = []
        waiting = self._unwritten
        while waiting and len(due) < most and (waiting[0].gone or (waiting[0].unwritten or until) <= until):
            device = waiting.popleft()
            if not device.gone:
                device.unwritten = None
                due.append(device)
        regrounded, self._regrounded = self._regrounded.difference(due), set()
        return [device.seen() for device in (*due, *regrounded)]

    def _sign_of_life(self, tracked: TrackedDevice, ts: datetime, received_at: datetime) -> None:
        if not machine.shows_life(ts, received_at=received_at, last_ts=tracked.last_ts, silent_after=tracked.silent_after):
            return
        self._heard(tracked, received_at)
        health = tracked.health
        status: Status = status_of(tracked.kind, health.faults) if tracked.kind else "online"
        self._move(tracked, machine.after_sign_of_life(health, at=received_at, status=status), received_at)

    def _heard(self, tracked: TrackedDevice, at: datetime) -> None:
        tracked.last_seen_at = at
        if tracked.unwritten is None:
            tracked.unwritten = at
            self._unwritten.append(tracked)

    def _move(self, tracked: TrackedDevice, health: Health, at: datetime) -> None:
        before = tracked.health
        if health is before:
            return
        tracked.health = health
        if health.looks_like(before):
            self._regrounded.add(tracked)  # nothing anybody sees, but what to go on from after a restart
            return
        self._transitions.append(
            Transition(
                site_id=tracked.site_id,
                device_id=tracked.device_id,
                at=max(at, before.since),
                previous=before.status,
                health=health,
                seen=tracked.seen(),
            )
        )
        self._schedule(tracked)

    def _next_silence(self, tracked: TrackedDevice) -> tuple[datetime, Status] | None:
        known = tracked.health.since if tracked.health.status == "unknown" else tracked.last_seen_at
        heard_at = max(known or tracked.health.since, self._listening_since)
        return machine.next_silence(tracked.health, heard_at=heard_at + self._grace, silent_after=tracked.silent_after)

    def _schedule(self, tracked: TrackedDevice) -> None:
        """See to it that its silence is looked at in time; a later deadline is found when the earlier one comes."""
        silence = self._next_silence(tracked)
        if silence is not None and (tracked.due is None or silence[0] < tracked.due):
            tracked.due = silence[0]
            heapq.heappush(self._heap, (tracked.due, next(self._numbers), tracked))

    def _forget_when_long_away(self, now: datetime) -> None:
        if self._shared or self._deaf_since is None or self._forgotten or now - self._deaf_since <= self._tolerance:
            return
        self._forgotten = True
        self.forget(now)
