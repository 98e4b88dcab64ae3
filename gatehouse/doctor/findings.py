"""What the doctor says: each finding is one line."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "hint", "wrong"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What was looked at, how it is, what was seen, and what to do about it.

    ok: as it should be · hint: it works, and may not for long or not for everybody · wrong: something does not work.
    """

    what: str
    level: Level
    said: str
    to_do: str = ""


def ok(what: str, said: str) -> Finding:
    """As it should be."""
    return Finding(what=what, level="ok", said=said)


def hint(what: str, said: str, to_do: str) -> Finding:
    """It works."""
    return Finding(what=what, level="hint", said=said, to_do=to_do)


def wrong(what: str, said: str, to_do: str) -> Finding:
    """It does not."""
    return Finding(what=what, level="wrong", said=said, to_do=to_do)


def one_line(text: str, secrets: Collection[str] = ()) -> str:
    """What another program said, in one line and without any of the secrets."""
    line = " ".join(text.split())
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        line = line.replace(secret, "•••")
    return line


def size(count: float) -> str:
    """`1.2 GB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit in {"B", "kB"} else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def span(seconds: float) -> str:
    """`4 s`, `3 min`, `5 h`, `2 days`."""
    for length, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
