"""Which format reads a topic, and how many messages a broker may hold out to us at once."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from ingest.model import Format

# NATS counts the unacknowledged messages of a session in 16 bits, over all its subscriptions; one that ends in `#` is
# two of them to it. A subscription that would exceed the sum is refused.
_NATS_SESSION_LIMIT = 65_535
_NATS_COMFORTABLE = 30_000


# Everything sent to us, also with a mistake in its topic: it must be seen among the rejected messages.
_OURS_PREFIX = "gatehouse/v1/"
_OURS = f"{_OURS_PREFIX}#"
_OURS_FORMAT = "native"


class FormatFinder:
    """Finds the format of a topic by the formats' filters; the first that fits wins.

    A topic of our own that none fits is the native format's, which says what is wrong with it.
    """

    def __init__(self, formats: Mapping[str, Format]) -> None:
        self._by_pattern = [(filter_pattern(each), format_) for format_ in formats.values() for each in format_.topics]
        self._ours = formats.get(_OURS_FORMAT)
        # Devices send to the same topics again and again.
        self._find_other = lru_cache(maxsize=20_000)(self._match)

    def find(self, topic: str) -> Format | None:
        """The format that reads it; None: nothing of ours does."""
        if topic.startswith(_OURS_PREFIX) and self._ours is not None:
            return self._ours
        return self._find_other(topic)

    def _match(self, topic: str) -> Format | None:
        return next((format_ for pattern, format_ in self._by_pattern if pattern.fullmatch(topic)), None)


def subscriptions(formats: Mapping[str, Format]) -> tuple[str, ...]:
    """What to subscribe to, so that no message comes by two subscriptions of ours."""
    ours = filter_pattern(_OURS)
    others = (each for format_ in formats.values() for each in format_.topics if not ours.fullmatch(each))
    return (_OURS, *dict.fromkeys(others))


def filter_pattern(topic_filter: str) -> re.Pattern[str]:
    """An MQTT topic filter as a pattern for full matches. `a/#` also matches `a`; a leading wildcard no `$` topic."""
    levels = topic_filter.split("/")
    deep = levels[-1] == "#"
    pattern = "/".join("[^/]*" if level == "+" else re.escape(level) for level in (levels[:-1] if deep else levels))
    if deep:
        pattern = f"{pattern}(?:/.*)?" if pattern else ".*"
    if levels[0] in ("+", "#"):
        pattern = rf"(?!\$){pattern}"
    return re.compile(pattern, re.DOTALL)


def max_ack_pending(filters: Collection[str]) -> int:
    """What a NATS server may allow each of these subscriptions of one session, so that none is refused."""
    weight = sum(2 if each.endswith("#") else 1 for each in filters)
    return min(_NATS_COMFORTABLE, _NATS_SESSION_LIMIT // max(weight, 1))
