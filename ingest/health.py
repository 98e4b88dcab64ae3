"""The health of a device as a state machine: pure functions from what is known and what was heard to what is known now.

                 a reading, by its measures and faults
    unknown ───────────────────────────────────────────▶ online ⇄ degraded ⇄ fault
       │                                                    │ silent_after without a message
       │ 3 × silent_after                                   ▼
       │ of the grace window                              stale ── a message ──▶ as its faults say
       │                                                    │ 3 × silent_after without a message
       └──────────────▶ offline ◀───────────────────────────┘
                           ▲ the will, or the device itself, says so

Time is our receive clock throughout. Whenever we ourselves could not hear, nothing is concluded from silence: the
windows start anew, and after more than a moment everything is unknown.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from ingest.model import Status

Reason = Literal["registered", "seen", "recovered", "fault", "silence", "will", "restart"]
SILENT_TIMES_OFFLINE = 3

_SILENT: frozenset[Status] = frozenset({"stale", "offline", "unknown"})


class Health(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a device is, since when, and why. Silence does not clear its faults.

    `grounds` tell what each fault rests on: `overflow`, for the device reports it, and `overflow:level`, judged from that.
    """

    status: Status
    since: datetime
    reason: Reason
    grounds: tuple[str, ...] = ()

    def looks_like(self, other: "Health") -> bool:
        """Whether nobody sees a difference."""
        return self.status == other.status and set(self.faults) == set(other.faults)

    @property
    def faults(self) -> tuple[str, ...]:
        """The last ones known, each once: the reported ones first, then the judged ones."""
        return faults_of(self.grounds)


def faults_of(grounds: tuple[str, ...]) -> tuple[str, ...]:
    """The faults that rest on these grounds."""
    return tuple(dict.fromkeys(ground.partition(":")[0] for ground in grounds))


def reported_after(grounds: tuple[str, ...], *, raised: tuple[str, ...], cleared: tuple[str, ...]) -> tuple[str, ...]:
    """What a device reports now that tells only what begins and ends."""
    before = (ground for ground in grounds if ":" not in ground and ground not in cleared)
    return tuple(dict.fromkeys((*before, *raised)))


def after_reading(health: Health, *, at: datetime, status: Status, grounds: tuple[str, ...]) -> Health:
    """A reading that is not older than what is known; `status` and `grounds` are what its kind judges of it."""
    if status == health.status and grounds == health.grounds:
        return health
    since = health.since if status == health.status else max(at, health.since)
    return Health(status=status, since=since, reason=_reason(health, status), grounds=grounds)


def after_sign_of_life(health: Health, *, at: datetime, status: Status) -> Health:
    """An event, a live "online", or an older reading that shows the device to be alive.

    `status` is what the faults last known mean: a device that was silent with a fault has it until a reading tells.
    """
    if health.status not in _SILENT:
        return health
    return Health(status=status, since=max(at, health.since), reason=_reason(health, status), grounds=health.grounds)


def after_will(health: Health, *, at: datetime) -> Health:
    """The broker, or the device itself, says that it has gone."""
    return _silent(health, "offline", at, "will")


def after_old_will(health: Health, *, at: datetime) -> Health:
    """The same, but said some time ago (kept by the broker, or delivered again): it tells only what nobody knew."""
    return after_will(health, at=at) if health.status == "unknown" else health


def after_silence(health: Health, *, at: datetime, status: Status) -> Health:
    """Nothing was heard until the deadline that `next_silence` told."""
    return _silent(health, status, at, "silence")


def after_restart(health: Health, *, at: datetime) -> Health:
    """We could not hear, so nobody knows."""
    return _silent(health, "unknown", at, "restart")


def next_silence(health: Health, *, heard_at: datetime, silent_after: timedelta) -> tuple[datetime, Status] | None:
    """When silence changes the status next, and to what. `heard_at`: the last message, or when we began to listen."""
    match health.status:
        case "offline":
            return None
        case "stale" | "unknown":
            return heard_at + SILENT_TIMES_OFFLINE * silent_after, "offline"
        case _:
            return heard_at + silent_after, "stale"


def shows_life(ts: datetime, *, received_at: datetime, last_ts: datetime | None, silent_after: timedelta) -> bool:
    """Whether a message with the device's time `ts` proves that the device is alive now.

    A gateway that sends old values again keeps itself alive, not the device: what is older than the newest known and
    older than the silence allowed proves nothing. A device whose clock is slow is heard, for its times advance.
    """
    return last_ts is None or ts >= last_ts or received_at - ts <= silent_after


def _silent(health: Health, status: Status, at: datetime, reason: Reason) -> Health:
    if health.status == status:
        return health
    return Health(status=status, since=max(at, health.since), reason=reason, grounds=health.grounds)


def _reason(before: Health, status: Status) -> Reason:
    if status != "online":
        return "fault"
    return "seen" if before.status == "unknown" else "recovered"
