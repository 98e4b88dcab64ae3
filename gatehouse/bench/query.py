"""Charts and rollups at the size of a city: 51,120 devices, a fifth of them gates that report every minute.

Made: of the 10,224 gates every reading since yesterday's midnight (15 to 29 million rows), every hour of 30 days (7 million)
and every day of a year (4 million), in the order in which they would have come. Not made: readings of the 28 days before,
which a chart of 24 hours does not read, nor those of the other kinds, which are in tables of their own. All of it would be 2.2
thousand million rows and about 375 GB. What a chart reads is as large as in the whole: the two partitions it touches are
as full as they would be, so the tree it goes down is as deep, and each of its 1,440 rows lies in a page of its own.

`cold` is after a restart of the database with its files put out of the system's memory. Times are those of the whole call,
queries and what Python does with them.
"""

import os
import random
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.clock import ManualClock, SystemClock
from core.settings import Settings
from gatehouse.bench import Figure
from gatehouse.parts import prepare_database
from gatehouse.rig import queries
from gatehouse.rig.series import queries as series_queries
from ingest.kinds import all_kinds
from ingest.queries.rollup_marks import mark_rolled, take_mark
from ingest.rollup import roll_up
from ingest.rollup_tables import rollup_of
from ingest.series import fetch_series
from simulators.city import make_city
from store.db import Database
from store.embedded import EmbeddedPostgres
from store.series import prepare_days

_KIND = all_kinds()["gate_barrier"]
_ROLLUP = rollup_of(_KIND)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# A small database server: what it reads is mostly in the system's memory.
_POSTGRES = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min", "maintenance_work_mem": "256MB"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """Compounds with 60 devices each, the time of which hours and days are made, and how many charts are drawn."""

    sites: int = 852
    hours: timedelta = 30 * _DAY
    days: timedelta = 366 * _DAY
    charts: int = 100


_SHORT = Size(sites=2, hours=2 * _DAY, charts=5)


def measure(*, short: bool) -> Iterable[Figure]:
    """Charts cold and warm, an hour rolled up, and late readings taken in. Short: two compounds."""
    size = _SHORT if short else Size()
    clock = SystemClock()
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    with _server() as server:
        prepare_database(server.url, Settings(), now)
        with Database(server.url, size=6).open() as db:
            yield from _fill(db, size, now)
        _make_cold(server)
        with Database(server.url, size=6).open() as db:
            yield from _charts(db, size, now, clock)
            yield from _rollups(db, now, clock)


@contextmanager
def _server() -> Iterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres", options=_POSTGRES)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _fill(db: Database, size: Size, now: datetime) -> Iterator[Figure]:
    compounds = make_city(size.sites, devices=60, seed=1).sites
    devices = [(site.slug, device) for site in compounds for device in site.devices]
    with db.transaction() as conn:
        queries.insert_devices(
            conn,
            [site.slug for site in compounds],
            [slug for slug, _ in devices],
            [device.slug for _, device in devices],
            [_KIND.slug if number % 5 == 0 else "cctv" for number in range(len(devices))],
            now=now - size.days,
        )
        for table, span in ((_ROLLUP.hourly, size.hours), (_ROLLUP.daily, size.days)):
            prepare_days(conn, (table,), (now - span - _DAY).date(), now.date())
    with ThreadPoolExecutor(2) as pool:
        made = sum(pool.map(lambda fill: fill(), _fills(db, size, now)))
    with db.transaction() as conn:
        take_mark(conn, _ROLLUP.series)
        mark_rolled(conn, _ROLLUP.series, now - _HOUR)
    with db.connect() as conn:
        conn.execute("VACUUM ANALYZE")
        conn.execute("CHECKPOINT")
    yield Figure(name="devices", value=len(devices), unit="")
    yield Figure(name="rows made", value=made / 1e6, unit="million")


def _fills(db: Database, size: Size, now: datetime) -> list[Callable[[], int]]:
    """What is made, in pieces of a quarter of a day of readings, which may be made at the same time."""

    def readings(since: datetime, until: datetime) -> Callable[[], int]:
        def fill() -> int:
            with db.transaction() as conn:
                return series_queries.insert_readings(conn, since=since, until=until)

        return fill

    def rolled(table: str, until: datetime, span: timedelta, step: timedelta) -> Callable[[], int]:
        def fill() -> int:
            with db.transaction() as conn:
                return series_queries.insert_rolled(conn, table, since=until - span, until=until, step=step)

        return fill

    begin, piece = (now - _DAY).replace(hour=0), 6 * _HOUR
    live = [readings(begin + n * piece, min(now, begin + (n + 1) * piece)) for n in range(-(-(now - begin) // piece))]
    hours = rolled(_ROLLUP.hourly.name, now - _HOUR, size.hours, _HOUR)
    midnight = (now - _DAY).replace(hour=16)  # in Shanghai
    return [*live, hours, rolled(_ROLLUP.daily.name, midnight, size.days, _DAY)]


def _make_cold(server: EmbeddedPostgres) -> None:
    """Stop it, let the system forget its files, start it."""
    server.stop()
    for file in server.data.rglob("*"):
        with suppress(OSError):
            if file.is_file() and hasattr(os, "posix_fadvise"):
                handle = os.open(file, os.O_RDONLY)
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(handle)
    server.start()


def _charts(db: Database, size: Size, now: datetime, clock: SystemClock) -> Iterator[Figure]:
    with db.transaction() as conn:
        devices = series_queries.list_devices(conn, _KIND.slug)
    chosen = random.Random(1).sample(devices, min(size.charts, len(devices)))  # noqa: S311 - no secret
    for name, span, goal in (("24 h", _DAY, 30.0), ("30 days", 30 * _DAY, None), ("one year", 365 * _DAY, 50.0)):
        for state in ("cold", "warm"):
            times, points = [], 0
            for site_id, device_id in chosen:
                begun = clock.monotonic()
                with db.transaction() as conn:
                    series = fetch_series(
                        conn, _KIND, site_id=site_id, device_id=device_id, since=now - span, until=now, measures=["motor_temp"]
                    )
                times.append((clock.monotonic() - begun) * 1000)
                points = max(points, len(series.times))
            limit = goal if state == "warm" else None
            yield Figure(
                name=f"chart of {name}, {state}, median of {len(times)}", value=statistics.median(times), unit="ms", goal=limit
            )
            yield Figure(name=f"chart of {name}, {state}, slowest of 20", value=sorted(times)[int(len(times) * 0.95)], unit="ms")
        yield Figure(name=f"chart of {name}, points", value=points, unit="", goal=1000)


def _rollups(db: Database, now: datetime, clock: SystemClock) -> Iterator[Figure]:
    def rolled(moment: datetime) -> float:
        begun = clock.monotonic()
        roll_up(db, ManualClock(moment), Settings())
        return clock.monotonic() - begun

    yield Figure(name="an hour of readings rolled up", value=rolled(now + 6 * timedelta(minutes=1)), unit="s")
    with db.transaction() as conn:
        late = series_queries.insert_late_readings(conn, until=now, devices=1000, hours=20, received_at=now + timedelta(minutes=10))
    yield Figure(name=f"{late:,} late readings taken in", value=rolled(now + _HOUR + 6 * timedelta(minutes=1)), unit="s")
    with db.transaction() as conn:
        series_queries.insert_first_statuses(conn, at=now + _HOUR)
    yield Figure(name="an hour of status of all devices", value=rolled(now + 2 * _HOUR + 6 * timedelta(minutes=1)), unit="s")
