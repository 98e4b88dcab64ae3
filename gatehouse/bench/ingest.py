"""A city through one ingester: how many messages, how soon, at what cost, and how far from a bare pipeline."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

import psutil

from core.clock import Clock, SystemClock
from gatehouse.bench import Figure
from gatehouse.rig import bare, queries
from gatehouse.rig.cost import Cost, Meter
from gatehouse.rig.flood import Flood
from gatehouse.rig.stages import stage_costs
from gatehouse.rig.stand import Stand, stand
from simulators.city import make_city

_MB = 1_000_000
_RATE_WHILE_AWAY, _RATE_WHILE_DRAINING = 5_000, 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How much of everything. `messages`: in each of the rounds."""

    sites: int = 852
    devices: int = 60
    rounds: int = 9
    messages: int = 100_000
    backlog: int = 500_000
    seconds: float = 20.0
    away_seconds: float = 60.0
    laps: int = 2_000


_SHORT = Size(sites=12, rounds=1, messages=5_000, backlog=5_000, seconds=1.0, away_seconds=1.0, laps=50)


class Rate:
    """A stand with its own city and client, on which messages are poured round by round."""

    def __init__(self, stand: Stand, flood: Flood, meter: Meter) -> None:
        self._stand = stand
        self._flood = flood
        self._meter = meter
        self.rounds: list[Cost] = []

    def start(self) -> None:
        """All devices once, so that their first changes of status are over."""
        self._meter.measure(lambda: self._flood.pour(len(self._stand.sources)), len(self._stand.sources))

    def pour(self, messages: int) -> Cost:
        """As fast as it goes."""
        self.rounds.append(self._meter.measure(lambda: self._flood.pour(messages), messages))
        return self.rounds[-1]

    def median(self, value: Callable[[Cost], float]) -> float:
        """Of the rounds."""
        return median(value(each) for each in self.rounds)


def measure(*, short: bool) -> Iterable[Figure]:
    """Broker, database, the ingester as a process and the publisher share this machine's cores."""
    size = _SHORT if short else Size()
    clock = SystemClock()
    with _settled(clock, size.sites, size) as city, Flood(city.broker.url, city.sources, clock) as flood:
        with city.ingester() as process:
            yield from _rates(clock, Rate(city, flood, Meter(city, process)), size)
            yield from _latencies(city, flood, size.seconds)
            yield Figure(name="memory, city", value=process.memory_info().rss / _MB, unit="MB", goal=200)
            yield from _database_away(city, flood, process, size.away_seconds)
        yield _backlog(city, flood, size.backlog)
    for stage, cost in stage_costs(make_city(1, devices=size.devices, seed=1).sites, clock, laps=size.laps):
        yield Figure(name=f"stage: {stage}", value=cost, unit="µs a message")


def _rates(clock: Clock, city: Rate, size: Size) -> Iterator[Figure]:
    """Beside a bare pipeline, then beside one site."""
    city.start()
    with _bare(clock, size) as plain:
        plain.start()
        rate = _in_turns(city, plain, size, lambda cost: cost.rate)
    yield from _told("bare pipeline, city", plain)
    with _one_site(clock, size) as one:
        one.start()
        cpu = _in_turns(city, one, size, lambda cost: cost.cpu_us)
    yield from _told("city", city, goal=40_000)
    yield Figure(name="against the bare pipeline", value=rate, unit="times", goal=0.85, at_least=True)
    yield from _told("1 site", one)
    yield Figure(name="CPU of client and database, city against 1 site", value=cpu, unit="times", goal=1.2)


def _in_turns(ours: Rate, others: Rate, size: Size, value: Callable[[Cost], float]) -> float:
    """The median of the ratios of two that take turns, so that a machine whose speed drifts is as fast for both."""
    ratios = [value(ours.pour(size.messages)) / value(others.pour(size.messages)) for _ in range(size.rounds)]
    return median(ratios)


def _told(what: str, rate: Rate, goal: float | None = None) -> Iterator[Figure]:
    yield Figure(name=f"{what}: messages committed", value=rate.median(lambda cost: cost.rate), unit="/s", goal=goal, at_least=True)
    yield Figure(name=f"{what}: CPU of client and database", value=rate.median(lambda cost: cost.cpu_us), unit="µs a message")
    yield Figure(name=f"{what}: CPU of the broker", value=rate.median(lambda cost: cost.broker_us), unit="µs a message")


@contextmanager
def _settled(clock: Clock, sites: int, size: Size) -> Iterator[Stand]:
    """A stand of its own: a broker keeps what comes for every client that ever subscribed."""
    with stand(clock) as settled:
        settled.settle(sites, size.devices)
        yield settled


@contextmanager
def _bare(clock: Clock, size: Size) -> Iterator[Rate]:
    with _settled(clock, size.sites, size) as city, Flood(city.broker.url, city.sources, clock) as flood:
        with city.db.transaction() as conn:
            queries.create_bare_table(conn)
        with city.bare() as process:
            yield Rate(city, flood, Meter(city, process, tables=(bare.TABLE,)))


@contextmanager
def _one_site(clock: Clock, size: Size) -> Iterator[Rate]:
    with (
        _settled(clock, 1, size) as compound,
        Flood(compound.broker.url, compound.sources, clock) as flood,
        compound.ingester() as process,
    ):
        yield Rate(compound, flood, Meter(compound, process))


def _latencies(stand: Stand, flood: Flood, seconds: float) -> Iterator[Figure]:
    """From the time a message is published at to its commit, at a steady rate."""
    for rate, goals in ((10_000, (40, 80)), (1_000, (None, 60))):
        waited = _waited(stand, flood, rate, seconds)
        for share, goal in zip((50, 99), goals, strict=True):
            value = waited[len(waited) * share // 100]
            yield Figure(name=f"publish to commit at {rate:,}/s, p{share}", value=value, unit="ms", goal=goal)


def _waited(stand: Stand, flood: Flood, rate: int, seconds: float) -> list[float]:
    begun = stand.clock.now()
    flood.drip(rate, seconds)
    stand.wait(lambda: len(stand.latencies_since(begun)) >= int(rate * seconds))
    return stand.latencies_since(begun)


def _database_away(stand: Stand, flood: Flood, process: psutil.Popen, seconds: float) -> Iterator[Figure]:
    """The database stops for so long while messages keep coming: what the ingester grows by, and that all arrive."""
    before = process.memory_info().rss
    rows = stand.count_readings()
    stand.postgres.stop()
    flood.drip(_RATE_WHILE_AWAY, seconds)
    grown = process.memory_info().rss - before
    stand.postgres.start()
    expected = rows + int(_RATE_WHILE_AWAY * seconds)
    stand.wait(lambda: stand.count_readings() >= expected)
    yield Figure(name=f"memory grown while the database is away for {seconds:.0f} s", value=grown / _MB, unit="MB", goal=30)


def _backlog(stand: Stand, flood: Flood, messages: int) -> Figure:
    """Messages that came while no ingester ran, drained while new ones keep coming."""
    flood.pour(messages)
    begun = stand.clock.now()
    expected = stand.count_inserted() + messages
    with stand.ingester():
        while stand.count_inserted() < expected:
            flood.drip(_RATE_WHILE_DRAINING, 0.5)
    commits = stand.commits_since(begun)
    drained = list(accumulate(commit.rows for commit in commits))
    last = next(number for number, rows in enumerate(drained) if rows >= messages)
    seconds = (commits[last].at - commits[0].at).total_seconds()
    rate = (drained[last] - drained[0]) / seconds
    return Figure(name=f"backlog of {messages:,} drained with live data", value=rate, unit="/s", goal=40_000, at_least=True)
