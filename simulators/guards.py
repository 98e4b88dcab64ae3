"""Guards on their rounds: they walk from checkpoint to checkpoint at a human pace, and sometimes miss one."""

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, pairwise
from random import Random
from threading import Event, Thread
from uuid import NAMESPACE_URL, UUID, uuid5

from core.clock import Clock
from core.logs import get_logger
from simulators import pace
from simulators.dice import dice
from simulators.ground_truth import GroundTruth
from simulators.models import SimCheckpoint, SimPerson, SimSite

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class DueRound:
    """A round that is to be walked between two times. `codes`: of the checkpoints still to be seen, in walking order."""

    ref: str
    starts_at: datetime
    due_at: datetime
    codes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardCheckIn:
    """What a guard's phone sends. The same check has the same `client_id`, however often it is sent."""

    client_id: UUID
    login: str
    round_ref: str
    code: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """A round as one guard will walk it. `missed`: codes that will be left out."""

    check_ins: tuple[GuardCheckIn, ...]
    missed: tuple[str, ...]
    ends: datetime


def plan_walk(round_: DueRound, site: SimSite, guard: SimPerson, rng: Random, *, now: datetime, misses: bool = True) -> Walk:
    """How this guard walks this round, from `now` or its start; in a hurry when there is little time left."""
    begins = max(now, round_.starts_at)
    window = (round_.due_at - begins).total_seconds()
    wait = rng.uniform(0, pace.START_WITHIN_SHARE_OF_WINDOW) * window
    missed = _missed(round_.codes, rng) if misses else frozenset[str]()
    passed = _passing_times([point for point in site.checkpoints if point.code in round_.codes], round_.codes, rng)
    hurry = min(1.0, 0.9 * max(0.0, window - wait) / passed[-1]) if passed and passed[-1] > 0 else 1.0
    times = [begins + timedelta(seconds=wait + seconds * hurry) for seconds in passed]
    return Walk(
        check_ins=tuple(
            GuardCheckIn(
                client_id=uuid5(NAMESPACE_URL, f"{site.slug}/{round_.ref}/{code}"),
                login=guard.login,
                round_ref=round_.ref,
                code=code,
                at=at,
            )
            for code, at in zip(round_.codes, times, strict=True)
            if code not in missed
        ),
        missed=tuple(code for code in round_.codes if code in missed),
        ends=times[-1] if times else begins,
    )


def _missed(codes: Sequence[str], rng: Random) -> frozenset[str]:
    if rng.random() < pace.ROUND_MISSED:
        return frozenset(codes)
    return frozenset(code for code in codes if rng.random() < pace.CHECKPOINT_MISSED)


def _passing_times(points: Sequence[SimCheckpoint], codes: Sequence[str], rng: Random) -> list[float]:
    """Seconds from the first step until each code is entered. A code that the site does not know is one at the same spot."""
    places = {point.code: (point.x, point.y) for point in points}
    seconds = [0.0] if codes else []
    for here, there in pairwise(codes):
        metres = math.dist(places[here], places[there]) if here in places and there in places else 0.0
        walking = metres / rng.uniform(*pace.WALKING_METRES_PER_SECOND)
        seconds.append(seconds[-1] + walking + rng.uniform(*pace.SECONDS_AT_CHECKPOINT))
    return seconds


class GuardTeam:
    """The guards of one site. They learn of rounds and check in only through what they are given.

    list_rounds  the rounds that are open or begin soon; asked every few seconds, with the time
    check_in     sends one check-in as the guard of that login; whatever it raises, the guard tries again
    misses       whether a guard sometimes leaves out a checkpoint (written down in `truth`)
    """

    def __init__(
        self,
        site: SimSite,
        *,
        list_rounds: Callable[[datetime], Sequence[DueRound]],
        check_in: Callable[[GuardCheckIn], None],
        clock: Clock,
        seed: int,
        misses: bool = True,
        truth: GroundTruth | None = None,
    ) -> None:
        if not site.guards:
            raise ValueError(f"{site.slug} has no guards")
        self._site = site
        self._list_rounds = list_rounds
        self._check_in = check_in
        self._clock = clock
        self._seed = seed
        self._misses = misses
        self._truth = truth or GroundTruth()
        self._known: dict[str, datetime] = {}
        self._free_at = {guard.login: datetime.min.replace(tzinfo=clock.now().tzinfo) for guard in site.guards}
        self._order = count()
        self._ahead: list[tuple[datetime, int, int, GuardCheckIn]] = []
        self._stop = Event()
        self._thread = Thread(target=self._run, name=f"guards-{site.slug}", daemon=True)

    def start(self) -> None:
        """Go on duty; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Go home; waits for a check-in that is being sent."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def step(self) -> float:
        """Look for new rounds, send what is due; seconds until there is something to do again."""
        now = self._clock.now()
        self._learn(now)
        while self._ahead and self._ahead[0][0] <= now:
            _, _, tries, check_in = heapq.heappop(self._ahead)
            self._send(check_in, tries + 1, now)
        rest = pace.LOOK_FOR_ROUNDS_EVERY
        if self._ahead:
            rest = min(rest, self._ahead[0][0] - now)
        return rest.total_seconds()

    def _learn(self, now: datetime) -> None:
        try:
            rounds = self._list_rounds(now)
        except Exception as error:  # the server may be away; the guards ask again
            log.warning("guards.no_rounds", site=self._site.slug, error=str(error))
            return
        self._known = {ref: due_at for ref, due_at in self._known.items() if due_at > now}
        for round_ in rounds:
            if round_.ref not in self._known and round_.due_at > now:
                self._known[round_.ref] = round_.due_at
                self._take(round_, now)

    def _take(self, round_: DueRound, now: datetime) -> None:
        """The guard who is free first walks it: nobody is in two places at once."""
        guard = min(self._site.guards, key=lambda each: (self._free_at[each.login], each.login))
        rng = dice("walk", self._seed, self._site.slug, round_.ref)
        begins = min(max(now, self._free_at[guard.login]), round_.due_at)
        walk = plan_walk(round_, self._site, guard, rng, now=begins, misses=self._misses)
        self._free_at[guard.login] = walk.ends
        for check_in in walk.check_ins:
            self._plan(check_in.at, 0, check_in)
        for code in walk.missed:
            self._truth.missed_check(site=self._site.slug, round_ref=round_.ref, checkpoint=code, at=round_.due_at)

    def _send(self, check_in: GuardCheckIn, tries: int, now: datetime) -> None:
        try:
            self._check_in(check_in)
        except Exception as error:  # no signal, or the server is away
            log.warning("guards.check_in_failed", site=self._site.slug, code=check_in.code, tries=tries, error=str(error))
            if tries < pace.CHECK_IN_TRIES:
                self._plan(now + pace.LOOK_FOR_ROUNDS_EVERY, tries, check_in)

    def _plan(self, at: datetime, tries: int, check_in: GuardCheckIn) -> None:
        heapq.heappush(self._ahead, (at, next(self._order), tries, check_in))

    def _run(self) -> None:
        while not self._stop.wait(self.step()):
            pass
