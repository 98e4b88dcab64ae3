"""Load: a few connections that publish at a given rate, spread over every device of a city."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

from core.clock import Clock
from simulators import pace
from simulators.broker import Broker
from simulators.city import make_city
from simulators.connection import Connection, serve
from simulators.dice import dice
from simulators.messages import Publish
from simulators.written_ahead import Source, write_ahead

# A device cannot have two readings in one millisecond.
_MOST_PER_DEVICE = 1000
# Between two looks at the clock, so many are sent at most.
_BATCH = 200
_PATIENCE_AT_START = 5.0
_PATIENCE_WHEN_STOPPED = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadReport:
    """How far a load has come. `rate`: messages that the broker has acknowledged, per second."""

    sent: int
    acknowledged: int
    seconds: float

    @property
    def rate(self) -> float:
        """Acknowledged messages in each second."""
        return self.acknowledged / self.seconds if self.seconds > 0 else 0.0


class NoBrokerError(ConnectionError):
    """The broker did not let us in."""


def run_load(
    mqtt_url: str,
    *,
    sites: int,
    devices: int,
    rate: float,
    seed: int,
    clock: Clock,
    duration: timedelta | None = None,
    count: int | None = None,
    connections: int = pace.LOAD_CONNECTIONS,
    stop: Event | None = None,
    progress: Callable[[LoadReport], None] | None = None,
) -> LoadReport:
    """Publish readings of `sites` compounds with `devices` devices each, `rate` a second in all, at QoS 1.

    Ends after `duration`, after `count` messages or when `stop` is set, whichever is first; then waits for what the broker
    has not acknowledged yet. The compounds are those of `make_city(sites, devices=devices, seed=seed)`. Where the broker
    is slower than `rate`, publishing waits for it, and the report tells what was reached. `progress` is called every second.
    Raises NoBrokerError, and ValueError for a rate that is not above 0 or more than the devices can say.
    """
    compounds = make_city(sites, devices=devices, seed=seed).sites
    if not 0 < rate <= _MOST_PER_DEVICE * sites * devices:
        raise ValueError(f"the rate must be above 0 and at most {_MOST_PER_DEVICE * sites * devices}, not {rate}")
    load = _Load(write_ahead(compounds, seed), clock, stop or Event(), progress)
    seconds = duration.total_seconds() if duration is not None else None
    return load.run(Broker.at(mqtt_url), connections=connections, rate=rate, seconds=seconds, count=count)


class _Load:
    """One run: what was sent and acknowledged so far."""

    def __init__(self, sources: Sequence[Source], clock: Clock, stop: Event, progress: Callable[[LoadReport], None] | None) -> None:
        self._sources = sources
        self._clock = clock
        self._stop = stop
        self._progress = progress
        self._lines: list[Connection] = []
        self._sent = 0
        self._written_ms = 0
        self._began = clock.monotonic()

    def run(self, broker: Broker, *, connections: int, rate: float, seconds: float | None, count: int | None) -> LoadReport:
        """Connect, publish, wait for the last acknowledgement, disconnect."""
        run = os.getpid()
        self._lines = [
            Connection(broker, f"load-{run}-{number}", clock=self._clock, rng=dice("load", number), in_flight=0)
            for number in range(connections)
        ]
        try:
            self._connect(broker)
            self._publish(rate=rate, seconds=seconds, count=count)
            self._drain()
            return self._report()
        finally:
            for line in self._lines:
                line.close()

    def _connect(self, broker: Broker) -> None:
        until = self._clock.monotonic() + _PATIENCE_AT_START
        while not all(line.ready for line in self._lines):
            if self._clock.monotonic() > until:
                problem = next(line.problem for line in self._lines if not line.ready)
                raise NoBrokerError(f"no broker lets us in at {broker.host}:{broker.port}: {problem}")
            self._serve(pace.LOAD_TICK_SECONDS)

    def _publish(self, *, rate: float, seconds: float | None, count: int | None) -> None:
        """In ticks: as many as the rate has made due since the start, but never more than the broker keeps up with."""
        self._began = told = self._clock.monotonic()
        while not self._stop.is_set() and (count is None or self._sent < count):
            now = self._clock.monotonic()
            passed = now - self._began
            if seconds is not None and passed >= seconds:
                return
            due = int(passed * rate) if count is None else min(count, int(passed * rate))
            room = pace.LOAD_IN_FLIGHT - (self._sent - self._acknowledged)
            self._send(min(due - self._sent, room, _BATCH))
            if self._progress and now - told >= pace.LOAD_PROGRESS_EVERY_SECONDS:
                told = now
                self._progress(self._report())
            behind = self._sent < due and room > _BATCH
            self._serve(0 if behind else pace.LOAD_TICK_SECONDS)

    def _send(self, number: int) -> None:
        """The next messages. A device always has the same connection."""
        head = self._head()
        for _ in range(number):
            lap, index = divmod(self._sent, len(self._sources))
            if index == 0:
                # A lap begins later than all that was said in the one before, so no device repeats a time.
                self._written_ms += 1
                head = self._head()
            source = self._sources[index]
            message = Publish(device="", topic=source.topic, payload=source.payload(head, lap))
            self._lines[index % len(self._lines)].send(message)
            self._sent += 1

    def _head(self) -> bytes:
        self._written_ms = max(self._written_ms, int(self._clock.now().timestamp() * 1000))
        return b'{"ts":%d,"measures":' % self._written_ms

    def _serve(self, seconds: float) -> None:
        for line in self._lines:
            line.tend()
        serve(self._lines, seconds)

    def _drain(self) -> None:
        """Wait for the acknowledgements; not for long when we were asked to stop."""
        until = self._clock.monotonic() + (_PATIENCE_WHEN_STOPPED if self._stop.is_set() else pace.LOAD_DRAIN_SECONDS)
        while self._acknowledged < self._sent and self._clock.monotonic() < until:
            self._serve(pace.LOAD_TICK_SECONDS)

    @property
    def _acknowledged(self) -> int:
        return sum(line.acknowledged for line in self._lines)

    def _report(self) -> LoadReport:
        return LoadReport(sent=self._sent, acknowledged=self._acknowledged, seconds=self._clock.monotonic() - self._began)
