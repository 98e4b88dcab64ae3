"""Numbers for Prometheus: what the ingesters left in the database with their heartbeats, and what is in the database itself.

So any web process tells of all ingesters, wherever they run, and an ingester needs no port of its own.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import get_args

import psycopg
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from api.queries import count_alerts_open, count_devices, get_outbox_state
from api.services import Services
from ingest.queries.health import list_ingesters
from ingest.stats import Histogram, Report
from ingest.troubles import Trouble, Why, list_troubles
from ingest.views import IngesterState
from store.db import Connection
from store.runners import Runner, list_runners

_BY_INGESTER = ("ingester",)


def render_metrics(services: Services, *, patience: float) -> bytes:
    """All of it, as text. `patience`: seconds to wait for a connection before the database counts as away."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Collected(list(_collect(services, patience))))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """What was read for this answer."""
        return self._metrics


def _collect(services: Services, patience: float) -> Iterator[Metric]:
    now = services.clock.now()
    found: list[Metric] = []
    try:
        with services.db.transaction(within=patience) as conn:
            found = [*_of_database(conn, now), *_of_ingesters(list_ingesters(conn), list_troubles(conn, now))]
            found += _of_jobs(list_runners(conn))
    except psycopg.OperationalError:
        found = []
    yield _gauge("gatehouse_database_up", "Whether the database answered.", 1 if found else 0)
    yield from found


def _of_database(conn: Connection, now: datetime) -> Iterator[Metric]:
    devices = GaugeMetricFamily("gatehouse_devices", "Devices in use by status.", labels=("status",))
    for device in count_devices(conn):
        devices.add_metric((device.name,), device.count)
    yield devices
    alerts = GaugeMetricFamily("gatehouse_alerts_unresolved", "Alerts that are not over, by severity.", labels=("severity",))
    for alert in count_alerts_open(conn):
        alerts.add_metric((alert.name,), alert.count)
    yield alerts
    outbox = get_outbox_state(conn)
    oldest = (now - outbox.oldest_at).total_seconds() if outbox.oldest_at else 0
    yield _gauge("gatehouse_notifications_waiting", "Notifications that have not been delivered yet.", outbox.waiting)
    yield _gauge("gatehouse_notifications_oldest_seconds", "How long the oldest of them has been waiting.", max(0, oldest))


def _of_ingesters(states: list[IngesterState], troubles: list[Trouble]) -> Iterator[Metric]:
    told = [(state, state.told) for state in states]
    yield from _counters(told)
    yield from _gauges(told)
    rejected = CounterMetricFamily(
        "gatehouse_messages_rejected", "Messages that could not be taken, by reason.", labels=("ingester", "reason")
    )
    for state, report in told:
        for reason, count in sorted(report.rejected.items()):
            rejected.add_metric((state.client_id, reason), count)
    yield rejected
    yield _histogram("gatehouse_commit_seconds", "From a batch in hand to its commit.", [(s, r.commit_seconds) for s, r in told])
    yield _histogram("gatehouse_batch_messages", "Messages in a batch.", [(s, r.batch_messages) for s, r in told])
    trouble = GaugeMetricFamily("gatehouse_ingest_trouble", "What keeps an ingester from its work (1).", labels=("ingester", "why"))
    wrong = {(each.ingester, each.why) for each in troubles}
    for state, _ in told:
        for why in get_args(Why):
            trouble.add_metric((state.client_id, why), 1 if (state.client_id, why) in wrong else 0)
    yield trouble


def _counters(told: list[tuple[IngesterState, Report]]) -> Iterator[Metric]:
    for name, text, values in (
        ("gatehouse_messages_received", "Messages received from the broker.", [s.received for s, _ in told]),
        ("gatehouse_messages_committed", "Messages that are safe in the database.", [s.committed for s, _ in told]),
        ("gatehouse_broker_connections", "Connections to the broker since the start.", [r.connections for _, r in told]),
        ("gatehouse_commit_failures", "Attempts to commit that were repeated later.", [r.failures for _, r in told]),
        ("gatehouse_status_changes", "Changes of devices' status.", [r.transitions for _, r in told]),
    ):
        family = CounterMetricFamily(name, text, labels=_BY_INGESTER)
        for (state, _), value in zip(told, values, strict=True):
            family.add_metric((state.client_id,), value)
        yield family


def _gauges(told: list[tuple[IngesterState, Report]]) -> Iterator[Metric]:
    states = [state for state, _ in told]
    for name, text, values in (
        ("gatehouse_lag_seconds", "How long messages lately waited to be committed.", [s.lag.total_seconds() for s in states]),
        ("gatehouse_queue_messages", "Messages received and not committed yet.", [float(s.queued) for s in states]),
        ("gatehouse_ingester_connected", "Whether it is subscribed at the broker.", [float(s.connected) for s in states]),
        ("gatehouse_ingester_seen_timestamp_seconds", "When it was heard last.", [s.seen_at.timestamp() for s in states]),
        ("gatehouse_ingester_start_timestamp_seconds", "When it was started.", [s.started_at.timestamp() for s in states]),
        ("gatehouse_ingester_memory_bytes", "Resident memory of its process.", [float(s.memory_bytes) for s in states]),
    ):
        family = GaugeMetricFamily(name, text, labels=_BY_INGESTER)
        for state, value in zip(states, values, strict=True):
            family.add_metric((state.client_id,), value)
        yield family


def _of_jobs(runners: list[Runner]) -> Iterator[Metric]:
    ended = GaugeMetricFamily("gatehouse_job_ended_timestamp_seconds", "When a job ended last.", labels=("job",))
    failed = GaugeMetricFamily("gatehouse_job_failed", "Whether it ended with an error then.", labels=("job",))
    runs = [(run.ended_at, job, run) for runner in runners for job, run in runner.runs.items()]
    latest = {job: run for _, job, run in sorted(runs, key=lambda each: each[0])}
    for job, run in sorted(latest.items()):
        ended.add_metric((job,), run.ended_at.timestamp())
        failed.add_metric((job,), 1 if run.error else 0)
    yield ended
    yield failed


def _histogram(name: str, text: str, values: list[tuple[IngesterState, Histogram]]) -> Metric:
    family = HistogramMetricFamily(name, text, labels=_BY_INGESTER)
    for state, histogram in values:
        below, buckets = 0, []
        for bound, count in zip((*histogram.bounds, float("inf")), histogram.counts, strict=True):
            below += count
            buckets.append(("+Inf" if bound == float("inf") else repr(float(bound)), below))
        family.add_metric((state.client_id,), buckets, histogram.total)
    return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
