"""Checkpoints, routes and plans."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from patrol.slots import Window


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A place with a code 巡更点. The code hangs on its wall and is unique in the site, also among retired ones."""

    id: int
    code: str
    name: str
    area_id: int | None
    area_name: str | None
    key_area: bool
    active: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Checkpoints in the order in which they are walked 巡更路线."""

    id: int
    name: str
    checkpoint_ids: list[int]
    checkpoint_names: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A route, every so many minutes, between two local times 巡更计划."""

    id: int
    route_id: int
    route_name: str
    name: str
    from_time: time
    until_time: time
    every_minutes: int
    grace_minutes: int
    active_from: datetime
    retired_at: datetime | None

    @property
    def window(self) -> Window:
        """Its part of every day."""
        return Window(from_time=self.from_time, until_time=self.until_time, every=timedelta(minutes=self.every_minutes))


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanToMove:
    """A plan whose site has another time zone than its rounds were made in. `tz`: the site's."""

    site_id: int
    id: int
    tz: str
    active_from: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanToFill:
    """A plan for which rounds are to be made ahead, with what that takes. `tz`: the zone in which they are made."""

    site_id: int
    id: int
    tz: str
    from_time: time
    until_time: time
    every_minutes: int
    grace_minutes: int
    active_from: datetime

    @property
    def window(self) -> Window:
        """Its part of every day."""
        return Window(from_time=self.from_time, until_time=self.until_time, every=timedelta(minutes=self.every_minutes))
