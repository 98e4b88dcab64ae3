"""What is wrong with a device: what it reports, and what is judged from its measures. Every message passes here."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import itemgetter
from typing import Any, Literal

from ingest.model import Condition, DeviceKind, Value

OwnStatus = Literal["online", "degraded", "fault"]

# A condition made quick: its ground, the first measure it reads, what picks all of them where there are more, and `holds`.
_Quick = tuple[str, str, Callable[[Any], tuple[Any, ...]] | None, Callable[..., bool]]


def judge(
    kind: DeviceKind, measures: Mapping[str, Value], faults: tuple[str, ...] | None, held: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """The grounds of every fault in force after a message: `overflow` as reported, then `overflow:level` as judged from that.

    `faults` are all that the device reports; None: the message says nothing of them. `held` are the grounds until now:
    those stay of which the message says nothing, as it lacks what they are judged from.
    """
    grounds = tuple(each for each in held if ":" not in each) if faults is None else faults
    if not measures and not held:
        return grounds
    for ground, first, pick, holds in _conditions(kind):
        value = measures.get(first)
        if value is None:
            holding = ground in held
        elif pick is None:
            holding = holds(value)
        else:
            try:
                holding = holds(*pick(measures))
            except KeyError:
                holding = ground in held
        if holding:
            grounds += (ground,)
    return grounds


def status_of(kind: DeviceKind, faults: Iterable[str]) -> OwnStatus:
    """The status that these faults mean; the worst one counts."""
    status: OwnStatus = "online"
    for slug in faults:
        if slug in _severe(kind):
            return "fault"
        status = "degraded"
    return status


@cache
def _conditions(kind: DeviceKind) -> tuple[_Quick, ...]:
    return tuple(_quick(fault.slug, condition) for fault in kind.faults for condition in fault.judged)


def _quick(fault: str, condition: Condition) -> _Quick:
    reads = condition.reads
    return f"{fault}:{'+'.join(reads)}", reads[0], itemgetter(*reads) if len(reads) > 1 else None, condition.holds


@cache
def _severe(kind: DeviceKind) -> frozenset[str]:
    return frozenset(fault.slug for fault in kind.faults if fault.severity == "fault")
