"""The same as `crash` on mosquitto, which must be installed: it acknowledges before it writes, and may lose what it has not written."""

from collections.abc import Iterable

from gatehouse.bench import Figure
from gatehouse.bench.crash import survive
from gatehouse.rig.mosquitto import Mosquitto


def measure(*, short: bool) -> Iterable[Figure]:
    """What is lost when mosquitto itself is killed, of what it had acknowledged and not written, is told; everything else must be 0."""
    yield from survive(Mosquitto, short=short)
