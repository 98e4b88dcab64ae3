"""The words in which a kind judges its measures."""

import math
from collections.abc import Mapping

from ingest.model import Value


def number(measures: Mapping[str, Value], slug: str) -> float:
    """That numeric measure, or NaN when the message lacks it, so that every comparison with it is false."""
    return measures.get(slug, math.nan)  # type: ignore[return-value]  # only checked measures are judged


def holding(**faults: bool) -> tuple[str, ...]:
    """The faults whose condition holds."""
    if True not in faults.values():
        return ()
    return tuple(slug for slug, holds in faults.items() if holds)
