"""A city through one ingester: how many messages, how soon, at what cost, and how far from a bare pipeline."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

import psutil

from core.clock import SystemClock
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
    """How much of everything."""

    sites: int = 852
    devices: int = 60
    messages: int = 500_000
    seconds: float = 20.0
    away_seconds: float = 60.0
    laps: int = 2_000


_SHORT = Size(sites=12, messages=5_000, seconds=1.0, away_seconds=1.0, laps=50)


def measure(*, short: bool) -> Iterable[Figure]:
    """Broker, database, the ingester as a process and the publisher share this machine's cores."""
    size = _SHORT if short else Size()
    clock = SystemClock()
    with stand(clock) as city:  # one of its own: the broker keeps what comes for every client that ever subscribed
        city.settle(size.sites, size.devices)
        with Flood(city.broker.url, city.sources, clock) as flood:
            plain = _bare(city, flood, size.messages)
            yield from _told("bare pipeline, city", plain)
    with stand(clock) as city:
        city.settle(size.sites, size.devices)
        with Flood(city.broker.url, city.sources, clock) as flood:
            with city.ingester() as process:
                whole = _whole(city, flood, process, size.messages)
                yield from _told("city", whole, goal=40_000)
                yield Figure(
                    name="against the bare pipeline", value=whole.rate / plain.rate, unit="times", goal=0.85, at_least=True
                )
                yield from _latencies(city, flood, size.seconds)
                yield Figure(name="memory, city", value=process.memory_info().rss / _MB, unit="MB", goal=200)
                yield from _database_away(city, flood, process, size.away_seconds)
            yield _backlog(city, flood, size.messages)
    with stand(clock) as compound:
        compound.settle(1, size.devices)
        with Flood(compound.broker.url, compound.sources, clock) as flood, compound.ingester() as process:
            one = _whole(compound, flood, process, size.messages)
        yield from _told("1 site", one)
    yield Figure(name="CPU of client and database, city against 1 site", value=whole.cpu_us / one.cpu_us, unit="times", goal=1.2)
    for stage, cost in stage_costs(make_city(1, devices=size.devices, seed=1).sites, clock, laps=size.laps):
        yield Figure(name=f"stage: {stage}", value=cost, unit="µs a message")


def _told(what: str, cost: Cost, goal: float | None = None) -> Iterator[Figure]:
    yield Figure(name=f"{what}: messages committed", value=cost.rate, unit="/s", goal=goal, at_least=True)
    yield Figure(name=f"{what}: CPU of client and database", value=cost.cpu_us, unit="µs a message")
    yield Figure(name=f"{what}: CPU of the broker", value=cost.broker_us, unit="µs a message")


def _whole(stand: Stand, flood: Flood, process: psutil.Popen, messages: int) -> Cost:
    """All devices once, so that their first changes of status are over; then as fast as it goes."""
    before = stand.count_inserted()
    flood.pour(len(stand.sources))
    stand.wait(lambda: stand.count_inserted() >= before + len(stand.sources))
    return Meter(stand, process).measure(lambda: flood.pour(messages), messages)


def _bare(stand: Stand, flood: Flood, messages: int) -> Cost:
    with stand.db.transaction() as conn:
        queries.create_bare_table(conn)
    with stand.bare() as process:
        return Meter(stand, process, tables=(bare.TABLE,)).measure(lambda: flood.pour(messages), messages)


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
