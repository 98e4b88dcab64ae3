"""What an MQTT client asks a broker for, in which order, and what it makes of the answers. Used by the network thread alone."""

from collections import Counter
from collections.abc import Sequence

from paho.mqtt.client import Client
from paho.mqtt.reasoncodes import ReasonCode

from core.logs import get_logger
from ingest.share_check import ShareCheck

log = get_logger(__name__)

_MOST_UNANSWERED = 3


class Subscriptions:
    """`filters` have to be granted; `also` (of mappings) are asked for once they are, one by one, and may be refused.

    A broker that ends the connection instead of refusing is not asked for ever, and for that one only. `check`: the filters
    are shared ones, which the broker has to prove first that it knows.
    """

    def __init__(self, filters: Sequence[str], check: ShareCheck | None) -> None:
        self._filters = tuple(filters)
        self._check = check
        self.also: tuple[str, ...] = ()  # set by any thread
        self._asked: dict[int, tuple[str, ...]] = {}
        self._settled: set[str] = set()  # of the others, on this connection
        self._kept: set[str] = set()  # of the others, by the session
        self._unanswered: Counter[str] = Counter()

    def begin(self, client: Client) -> None:
        """On a new connection: the broker may have lost the session."""
        for asked in self._asked.values():
            if asked is not self._filters:
                log.error("the broker ended the connection instead of answering", filters=asked)
                self._unanswered.update(asked)
        self._asked.clear()
        self._settled.clear()
        self._ask(client, self._filters if self._check is None else self._check.filters)

    def prove(self, client: Client) -> None:
        """The broker has shown that it shares."""
        self._ask(client, self._filters)

    def answer(self, client: Client, mid: int, reasons: Sequence[ReasonCode]) -> bool:
        """What the broker says to what was asked; whether everything that has to be granted is now."""
        asked = self._asked.pop(mid, ())
        refused = [each for each, reason in zip(asked, reasons, strict=False) if reason.is_failure]
        if refused:
            log.error("the broker refuses subscriptions", filters=refused)
        for each in asked:
            del self._unanswered[each]
        is_proof = self._check is not None and asked is self._check.filters
        if not is_proof and asked is not self._filters:
            return False
        if refused:
            client.disconnect()
        elif self._check is not None and is_proof:
            self._check.begin(client)
        return not refused and not is_proof

    def follow(self, client: Client) -> None:
        """One step towards what is wanted besides, while everything else is granted."""
        if self._asked:
            return
        wanted = {each for each in self.also if self._unanswered[each] < _MOST_UNANSWERED}
        if missing := sorted(wanted - self._settled):
            self._settled.add(missing[0])
            self._kept.add(missing[0])
            self._ask(client, (missing[0],))
        elif gone := self._kept.difference(self.also):
            self._kept -= gone
            self._settled -= gone
            client.unsubscribe(sorted(gone))

    def _ask(self, client: Client, filters: tuple[str, ...]) -> None:
        _, mid = client.subscribe([(each, 1) for each in filters])
        if mid is not None:
            self._asked[mid] = filters
