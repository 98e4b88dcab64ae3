"""Where a line must break: nothing was measured for much longer than usual."""

import statistics
from collections.abc import Sequence
from typing import Any

# A hole in a line is so many times as long as what is usual among so many distances before and after it.
_HOLE_TIMES_USUAL, _AROUND = 2.5, 5


def with_holes(rows: Sequence[tuple[Any, ...]], longest: float) -> list[tuple[Any, ...]]:
    """The rows, each with its time first, and an empty one in the middle of every hole. `longest`: seconds that are none in any case."""
    times = [row[0] for row in rows]
    points = list(rows[:1])
    for position, row in enumerate(rows[1:], start=1):
        distance = times[position] - times[position - 1]
        if distance > longest and distance > _HOLE_TIMES_USUAL * _usual_distance(times, position):
            points.append((times[position] - distance / 2, *(None,) * (len(row) - 1)))
        points.append(row)
    return points


def _usual_distance(times: Sequence[float], position: int) -> float:
    """The median of the distances around the one that ends at `position`: a device may report seldom. 0: there is no other."""
    first, last = max(1, position - _AROUND), min(len(times), position + _AROUND + 1)
    around = [times[each] - times[each - 1] for each in range(first, last) if each != position]
    return statistics.median(around) if around else 0.0
