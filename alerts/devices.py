"""What the rules about devices have in common."""

from collections.abc import Sequence
from typing import Any

from alerts.models import Facts, HeldAlert, SubjectKey
from alerts.queries import findings as queries
from alerts.words import Line, Words
from core.i18n import Text
from ingest.kinds import all_kinds
from ingest.model import Status
from store.db import Connection

_PREFIX = "device:"


def subject_of(device_id: int) -> str:
    """A device as the subject of an alert."""
    return f"{_PREFIX}{device_id}"


def facts_of(device: queries.IllDevice) -> dict[str, Any]:
    """What every alert about a device tells."""
    return {"device": device.slug, "kind": device.kind}


def kind_line(facts: Facts, words: Words) -> Line:
    """What sort of device it is."""
    kind = all_kinds().get(facts["kind"])
    return words.line(Text("Device", "设备类型"), words.text(kind.name) if kind else str(facts["kind"]))


def with_status(conn: Connection, held: Sequence[HeldAlert], *statuses: Status) -> frozenset[SubjectKey]:
    """Which of these alerts are about a device that now has one of the statuses."""
    found = queries.list_devices_with_status(
        conn,
        site_ids=[alert.site_id for alert in held],
        device_ids=[int(alert.subject.removeprefix(_PREFIX)) for alert in held],
        statuses=statuses,
    )
    return frozenset((device.site_id, subject_of(device.device_id)) for device in found)
