"""What changed lately, so that who was away a moment can catch up."""

import secrets
from collections import deque

from store.notify import Change

# About ten seconds of a city of 852 compounds, where readings are told once a second and site; an hour of one compound.
_KEPT = 8192


class RecentChanges:
    """The last changes heard, in the order PostgreSQL committed them, which is the same for every listener.

    A position is therefore understood by every process: it names the last change heard by its transaction and its number
    in there. One where nothing was heard yet is a random word, which only this process understands.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget everything: what was heard before is not all there was."""
        self._changes: deque[tuple[str, Change]] = deque()
        self._before = self.position = secrets.token_hex(8)
        self._transaction = ""
        self._number = 0

    def add(self, transaction: str, change: Change) -> None:
        """The next one heard."""
        self._number = self._number + 1 if transaction == self._transaction else 1
        self._transaction = transaction
        self.position = f"{transaction}.{self._number}"
        if len(self._changes) == _KEPT:
            self._before, _ = self._changes.popleft()
        self._changes.append((self.position, change))

    def since(self, position: str) -> list[Change] | None:
        """What came after `position`, in order; None when that is not known."""
        found: list[Change] = []
        for each, change in reversed(self._changes):
            if each == position:
                return found[::-1]
            found.append(change)
        return found[::-1] if position == self._before else None
