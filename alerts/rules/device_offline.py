"""A device that is gone: it said so itself, the broker said it by its will, or its silence grew too long."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from alerts import devices
from alerts.models import Facts, Finding, HeldAlert, Rule, SubjectKey
from alerts.queries.findings import list_ill_devices
from alerts.words import Line, Words
from core.i18n import Text
from store.db import Connection

_REASONS = {
    "will": Text("It lost its connection", "设备连接断开"),
    "silence": Text("It has stopped reporting", "设备停止上报"),
}
_OTHER_REASON = Text("It does not report", "设备没有上报")


def findings(conn: Connection, _: datetime) -> Iterator[Finding]:
    """Every device that is offline."""
    for device in list_ill_devices(conn, status="offline"):
        yield Finding(
            site_id=device.site_id,
            subject=devices.subject_of(device.id),
            subject_name=device.name,
            place=device.area or "",
            since=device.since,
            facts={
                **devices.facts_of(device),
                "reason": device.reason,
                "last_seen": device.last_seen_at.isoformat() if device.last_seen_at else None,
            },
        )


def undecided(conn: Connection, held: Sequence[HeldAlert]) -> frozenset[SubjectKey]:
    """After a restart of ours nothing is known of a device until it is heard again: that is no recovery."""
    return devices.with_status(conn, held, "unknown")


def brief(facts: Facts, words: Words) -> str:
    """Why we think so."""
    return words.text(_REASONS.get(facts["reason"], _OTHER_REASON))


def lines(facts: Facts, words: Words) -> list[Line]:
    """Why we think so, and when it was last heard."""
    found = [devices.kind_line(facts, words), words.line(Text("Reason", "原因"), brief(facts, words))]
    if facts["last_seen"]:
        found.append(words.line(Text("Last heard", "最近上报"), words.time(facts["last_seen"])))
    return found


RULE = Rule(
    slug="device_offline",
    name=Text("Device offline", "设备离线"),
    severity="major",
    headline=Text("{subject} is offline", "{subject}离线"),
    headline_over=Text("{subject} is online again", "{subject}恢复在线"),
    findings=findings,
    brief=brief,
    lines=lines,
    wake_on=("status",),
    undecided=undecided,
)
