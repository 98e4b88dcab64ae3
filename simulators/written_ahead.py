"""Readings written ahead for a load: real ones, as the devices of each kind send them, without their time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from simulators import messages, pace
from simulators.behaviour import all_behaviours
from simulators.behaviour.model import Around
from simulators.dice import dice
from simulators.models import SimDevice, SimSite
from simulators.weather import Weather

# Any day will do, but always the same one: what is said depends on the seed alone.
_DAY = datetime(2026, 11, 19, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """A device with its readings written ahead, shared with its like: only the time is missing."""

    topic: str
    tails: Sequence[bytes]
    shift: int

    def payload(self, head: bytes, lap: int) -> bytes:
        """What it says in a lap; neighbours do not say the same at the same time."""
        return head + self.tails[(lap + self.shift) % len(self.tails)]


def write_ahead(sites: Sequence[SimSite], seed: int) -> list[Source]:
    """One for each device, the sites interleaved, so that a short run reaches all of them."""
    rng = dice("load", seed)
    written: dict[tuple[str, str], list[bytes]] = {}
    sources: list[Source] = []
    for index in range(max(len(site.devices) for site in sites)):
        for site in sites:
            device = site.devices[index]
            tails = written.setdefault((device.kind, device.profile), [])
            if not tails:
                tails += _tails(device, site, seed, rng)
            sources.append(Source(messages.topic(site.slug, device.slug, "reading"), tails, rng.randrange(len(tails))))
    return sources


def _tails(device: SimDevice, site: SimSite, seed: int, rng: Random) -> list[bytes]:
    """What such a device says through a day, each without its time."""
    behaviour = all_behaviours()[device.kind]
    weather, tz = Weather(seed, tz=site.tz), ZoneInfo(site.tz)
    seconds = 86_400 / pace.LOAD_VARIANTS
    at = _DAY
    state = behaviour.begin(device, Around(local=at.astimezone(tz), seconds=0.0, weather=weather.at(at)), rng)
    tails = []
    for _ in range(pace.LOAD_VARIANTS):
        at += timedelta(seconds=seconds)
        step = behaviour.step(device, state, Around(local=at.astimezone(tz), seconds=seconds, weather=weather.at(at)), rng)
        state = step.state
        tails.append(msgspec.json.encode(step.measures) + b"}")
    return tails
