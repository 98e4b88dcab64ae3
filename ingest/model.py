"""The words of ingest: device kinds as they are declared, and messages as formats decode them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal

import msgspec

from core.i18n import Language, Text
from ingest.sentences import sentence

Value = bool | int | float | str
Status = Literal["online", "degraded", "fault", "stale", "offline", "unknown"]
Severity = Literal["fault", "degraded", "notice"]
MAX_FACT = 300  # characters
OUR_FORMAT = "native"  # whose topics name site and device as the ledger does


class Unit(Enum):
    """Units of measures, as written behind a number. BOOL and CHOICE have none."""

    BOOL = "bool"
    CHOICE = "choice"
    COUNT = ""
    PERCENT = "%"
    CELSIUS = "°C"
    AMPERE = "A"
    VOLT = "V"
    SECOND = "s"
    DAY = "d"
    MILLIMETRE = "mm"
    LITRE_PER_SECOND = "l/s"
    KILOBIT_PER_SECOND = "kbit/s"
    FRAME_PER_SECOND = "fps"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One quantity a kind reports. `low` and `high` are the physically possible range, in `unit`, inclusive.

    `slug` is also the name of its column. `note` tells an integrator what the name alone does not.
    """

    slug: str
    unit: Unit
    name: Text
    low: float | None = None
    high: float | None = None
    choices: Mapping[str, Text] = field(default_factory=dict)
    note: Text | None = None

    @property
    def sql_type(self) -> str:
        """Its column's type: boolean, text, bigint for counts, real for the rest."""
        return {Unit.BOOL: "boolean", Unit.CHOICE: "text", Unit.COUNT: "bigint"}.get(self.unit, "real")


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """What measures must be to make a fault. `holds` is given those that it `reads`, in that order.

    A message that lacks one of them says nothing: what it was before holds on.
    """

    reads: tuple[str, ...]
    holds: Callable[..., bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A fault a device reports of itself, or that is `judged` from its measures (then `note` says when).

    Several conditions are each judged by themselves; it is in force while any of them holds, or the device reports it.
    `severity` says what it makes of the device's status.
    """

    slug: str
    name: Text
    severity: Literal["fault", "degraded"] = "fault"
    note: Text | None = None
    judged: tuple[Condition, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EventType:
    """Something that happens at a moment; `security` events are shown with weight."""

    slug: str
    name: Text
    security: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """An example a real device could send, with the status it must lead to. Golden case and documentation in one."""

    measures: Mapping[str, Value]
    faults: tuple[str, ...] = ()
    status: Status = "online"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DeviceKind:
    """Everything Gatehouse knows of one kind of device. Declared once, so compared by identity.

    `silent_after`: without any message for this long it is stale; after three times as long, offline.
    `icon`: name of an icon of the page sprite.
    """

    slug: str
    name: Text
    icon: str
    measures: tuple[Measure, ...]
    silent_after: timedelta
    faults: tuple[Fault, ...] = ()
    events: tuple[EventType, ...] = ()
    samples: tuple[Sample, ...] = ()


RejectReason = Literal[
    "topic", "too_large", "not_json", "not_object", "missing_field", "unknown_field", "bad_time", "time_too_old", "time_ahead",
    "unknown_site", "unknown_device", "unknown_kind", "unknown_measure", "unknown_fault", "unknown_event", "wrong_type", "not_finite", "out_of_range",
    "bad_status", "database", "internal",
]  # fmt: skip


def clipped(text: str, limit: int = 64) -> str:
    """A text from outside, fit for a log, a page and a text column: printable, at most `limit` characters."""
    safe = text[: limit + 1] if text.isprintable() else repr(text[: limit + 1])[1:-1]
    return safe if len(safe) <= limit else f"{safe[: limit - 1]}…"


class RejectedError(Exception):
    """A message that cannot be taken, and why: a sentence of `locales/*/rejected.toml` by its key, and the facts it tells.

    Facts are kept as short printable texts. A value from outside is given as `shown` says, so that nobody takes a text
    for a number; names, numbers, times and lengths of time are given as they are.
    """

    def __init__(self, reason: RejectReason, key: str, /, **facts: object) -> None:
        super().__init__(reason, key)
        self.reason: RejectReason = reason
        self.key = key
        self.facts = {name: _fact(value) for name, value in facts.items()}

    def told(self, language: Language) -> str:
        """The sentence, for people."""
        return sentence(self.key, self.facts, language)

    @property
    def english(self) -> str:
        """The sentence, for logs and tests."""
        return self.told("en")

    def __str__(self) -> str:
        return f"{self.reason}: {self.english}"


def shown(value: object) -> str:
    """A value from outside as a fact: written as in JSON, short, never the inside of a structure but its type's word."""
    if isinstance(value, str):
        return f'"{clipped(value)}"'
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int) and value.bit_length() > 128:
        return "huge_integer"
    if isinstance(value, (int, float)):
        return repr(value)
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else type(value).__name__


def _fact(value: object) -> str:
    """Numbers plainly, moments to the millisecond, lengths of time as ISO 8601 has them."""
    if isinstance(value, str):
        return clipped(value, MAX_FACT)
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return str(msgspec.to_builtins(value))
    return shown(value)


class Message(msgspec.Struct, gc=False):
    """One MQTT message. `payload` may be cut where `size` is beyond what is taken; `mid` is 0 when no answer is due.

    `epoch` counts the connections: an acknowledgement must not leave on another connection than the message came by.
    `retained` was kept by the broker for whoever subscribes; `repeated` may have come before: both tell of the past.
    """

    topic: str
    payload: bytes
    size: int
    received_at: datetime
    mid: int = 0
    epoch: int = 0
    retained: bool = False
    repeated: bool = False


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Measures of one device at one time, as its format found them; not yet checked against the kind.

    `device` is the code of the ledger in our own format, where `site` is the compound's; in every other format it is the
    vendor's own name of it, and the compound is found by that. A `ts` without a zone is the wall clock of the compound.
    `faults` is all that is wrong now; None: the message says nothing of that, or only what has begun (`raised`) and ended
    (`cleared`) with it. `unmapped` is what the format found and has no word for, by the vendor's names. `backfilled` values
    were kept by the device and tell nothing of now. `kind`: what the device must be, where the format can tell.
    """

    device: str
    ts: datetime
    measures: dict[str, Any]
    faults: tuple[str, ...] | None = ()
    raised: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    unmapped: dict[str, Any] | None = None
    backfilled: bool = False
    kind: str | None = None
    site: str | None = None


class DeviceEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that happened; device, time, kind and site as of a reading.

    `event_id` is the device's own and makes a repetition harmless. `data` is kept as it is: no picture, no name of a person
    and no plate may be in it; a card or a plate is told as `credential`, of which only a keyed hash is kept.
    """

    device: str
    ts: datetime
    event_id: str
    type: str
    data: dict[str, Any]
    credential: str | None = None
    kind: str | None = None
    site: str | None = None


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """The device, or the broker by its will, says that it is there or gone. `retained`: said some time ago."""

    device: str
    online: bool
    ts: datetime | None = None
    retained: bool = False
    kind: str | None = None
    site: str | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender waits for, published at QoS 1 when the message it answers is safe."""

    topic: str
    payload: bytes


FromDevice = Reading | DeviceEvent | Presence
# An error among others: of a message that tells of several devices, the part that cannot be read.
Decoded = FromDevice | Reply | RejectedError
Decode = Callable[[Message], list[Decoded]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """How one vendor's messages are read.

    `topics` are MQTT filters. `decoder` makes a Decode for one ingester, which it gives every message of these topics in the
    order they came, so it may remember (Sparkplug's aliases); most remember nothing. It raises nothing but RejectedError.
    `remembers`: it does, so all messages of a device must come to one ingester.
    `answers` are filters of the topics its replies go to, which devices subscribe to.
    `about` tells an integrator what is read, what is set at the device, and what to beware of.
    """

    slug: str
    name: Text
    topics: tuple[str, ...]
    decoder: Callable[[], Decode]
    about: Text
    answers: tuple[str, ...] = ()
    remembers: bool = False
