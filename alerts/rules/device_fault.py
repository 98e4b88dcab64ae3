"""A device that reports, and reports a fault that stops it from doing its job."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from alerts import devices
from alerts.models import Facts, Finding, HeldAlert, Rule, SubjectKey
from alerts.queries.findings import list_ill_devices
from alerts.words import Line, Words
from core.i18n import Text
from ingest.kinds import all_kinds
from store.db import Connection

# Not only the device is in trouble: water is where it must not be.
_CRITICAL = frozenset({"overflow"})


def findings(conn: Connection, _: datetime) -> Iterator[Finding]:
    """Every device with a fault. Another set of faults is another occurrence."""
    for device in list_ill_devices(conn, status="fault"):
        faults = sorted(device.faults)
        yield Finding(
            site_id=device.site_id,
            subject=devices.subject_of(device.id),
            subject_name=device.name,
            place=device.area or "",
            since=device.since,
            severity=None if _CRITICAL.isdisjoint(faults) else "critical",
            occurrence=" ".join(faults),
            facts={**devices.facts_of(device), "faults": faults},
        )


def undecided(conn: Connection, held: Sequence[HeldAlert]) -> frozenset[SubjectKey]:
    """A device that says nothing any more has not said that its fault is gone."""
    return devices.with_status(conn, held, "stale", "offline", "unknown")


def brief(facts: Facts, words: Words) -> str:
    """The faults in words; one its kind no longer declares by its slug."""
    kind = all_kinds().get(facts["kind"])
    names = {fault.slug: fault.name for fault in kind.faults} if kind else {}
    return words.listing(words.text(names[slug]) if slug in names else str(slug) for slug in facts["faults"])


def lines(facts: Facts, words: Words) -> list[Line]:
    """Which faults."""
    return [devices.kind_line(facts, words), words.line(Text("Fault", "故障"), brief(facts, words))]


RULE = Rule(
    slug="device_fault",
    name=Text("Device fault", "设备故障"),
    severity="major",
    headline=Text("{subject}: {brief}", "{subject}：{brief}"),
    headline_over=Text("{subject} works again", "{subject}恢复正常"),
    findings=findings,
    brief=brief,
    lines=lines,
    wake_on=("status",),
    undecided=undecided,
)
