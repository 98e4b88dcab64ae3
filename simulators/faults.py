"""What can go wrong in a compound: chosen by whoever injects it, or by chance."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators import pace
from simulators.behaviour import all_behaviours
from simulators.dice import dice
from simulators.ground_truth import Expect, Outage, TroubleKind
from simulators.models import SimDevice, SimSite


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """One cause and the devices it hits.

    will: the device's own connection breaks; the broker publishes its will.
    silence: the device hangs; its connection stays and says nothing.
    fault: the device reports `fault`.
    uplink: the network behind `root` is away; its devices keep their readings and send them late.
    power_cut: everything fed by the box `root` is dark.
    """

    id: str
    kind: TroubleKind
    root: str
    devices: tuple[str, ...]
    fault: str | None
    begins: datetime
    ends: datetime
    injected: bool


class ImpossibleTroubleError(ValueError):
    """A trouble that this compound cannot have: an unknown device, a fault of another kind, a will that is not there."""


def make_trouble(
    site: SimSite,
    own: frozenset[str],
    *,
    trouble_id: str,
    kind: TroubleKind,
    target: str,
    fault: str | None,
    begins: datetime,
    lasts: timedelta,
    injected: bool,
) -> Trouble:
    """Work out whom it hits. `target`: a device, or for power_cut and uplink also an asset; `own`: devices with own connection."""
    if kind in ("power_cut", "uplink"):
        hit = tuple(device.slug for device in site.devices_behind(target))
        if not hit:
            raise ImpossibleTroubleError(f"no device of {site.slug} depends on {target}")
    else:
        hit = (_device(site, target).slug,)
    if kind == "will" and target not in own:
        raise ImpossibleTroubleError(f"{target} has no connection of its own, so the broker has no will of it")
    return Trouble(
        id=trouble_id,
        kind=kind,
        root=target,
        devices=hit,
        fault=_fault(_device(site, target), fault) if kind == "fault" else None,
        begins=begins,
        ends=begins + lasts,
        injected=injected,
    )


def outages(trouble: Trouble, site: SimSite, own: frozenset[str]) -> list[Outage]:
    """The trouble as the ground truth has it: a line for each device."""
    return [
        Outage(
            id=trouble.id,
            site=site.slug,
            device=device,
            kind=trouble.kind,
            root=trouble.root,
            fault=trouble.fault,
            expect=_expect(trouble.kind, connected=device in own),
            injected=trouble.injected,
            began=trouble.begins,
        )
        for device in trouble.devices
    ]


class Chance:
    """Troubles one after the other, drawn from a seed."""

    def __init__(self, site: SimSite, own: frozenset[str], *, seed: int, between: timedelta, name: Callable[[], str]) -> None:
        self._site = site
        self._own = own
        self._rng = dice("troubles", seed, site.slug)
        self._between = between
        self._name = name

    def next(self, after: datetime) -> Trouble:
        """The trouble that follows `after`."""
        gap = timedelta(seconds=round(self._rng.expovariate(1 / self._between.total_seconds()), 3))
        kind = self._kind()
        target = self._target(kind)
        shortest, longest = (limit.total_seconds() for limit in pace.TROUBLE_LASTS[kind])
        return make_trouble(
            self._site,
            self._own,
            trouble_id=self._name(),
            kind=kind,
            target=target,
            fault=self._rng.choice(_faults(_device(self._site, target))) if kind == "fault" else None,
            begins=after + gap,
            lasts=timedelta(seconds=round(self._rng.uniform(shortest, longest), 3)),
            injected=False,
        )

    def _kind(self) -> TroubleKind:
        kinds: list[TroubleKind] = ["fault", "silence", "uplink"]
        if self._own:
            kinds.append("will")
        if self._site.power_boxes:
            kinds.append("power_cut")
        return self._rng.choices(kinds, [pace.TROUBLE_SHARES[kind] for kind in kinds])[0]

    def _target(self, kind: TroubleKind) -> str:
        if kind == "power_cut":
            return self._rng.choice([box.slug for box in self._site.power_boxes if self._site.devices_behind(box.slug)])
        if kind == "will":
            return self._rng.choice(sorted(self._own))
        return self._rng.choice(self._site.devices).slug


def _device(site: SimSite, slug: str) -> SimDevice:
    try:
        return site.device(slug)
    except KeyError:
        raise ImpossibleTroubleError(f"{site.slug} has no device {slug}") from None


def _faults(device: SimDevice) -> tuple[str, ...]:
    faults: tuple[str, ...] = all_behaviours()[device.kind].faults(device)
    return faults


def _fault(device: SimDevice, wanted: str | None) -> str:
    """The wanted fault, or the first of the device's own when any will do."""
    possible = _faults(device)
    if wanted is not None and wanted not in possible:
        raise ImpossibleTroubleError(f"{device.slug} cannot report {wanted}; it has {', '.join(possible)}")
    return wanted or possible[0]


def _expect(kind: TroubleKind, *, connected: bool) -> Expect:
    if kind == "fault":
        return "fault"
    return "silent" if kind == "silence" or not connected else "offline"
