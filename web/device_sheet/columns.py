"""The columns of a list of devices, with their headings in both languages."""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal, get_args

import msgspec

from core.errors import Invalid
from core.i18n import LANGUAGES, catalogue

Column = Literal["slug", "address", "kind", "name", "code", "category", "area", "silence"]
CellProblem = Literal["cell_too_long", "cell_error", "cell_date", "cell_digits"]
COLUMNS: tuple[Column, ...] = get_args(Column)
_NEEDED: tuple[Column, ...] = ("kind", "name")


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A line of the list: its number in the file, and what its cells hold. `problems`: cells that cannot be taken as they are."""

    number: int
    slug: str = ""
    address: str = ""
    kind: str = ""
    name: str = ""
    code: str = ""
    category: str = ""
    area: str = ""
    silence: str = ""
    problems: dict[Column, CellProblem] = {}


def heading(column: Column) -> str:
    """As we write it, for readers of either language: `设备类型 Kind`."""
    return " ".join(catalogue(language)[f"device_column.{column}"] for language in LANGUAGES)


def word(text: str) -> str:
    """A text as it is compared: without case, width of letters, spaces and signs."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def find_columns(headings: Sequence[str]) -> tuple[dict[int, Column], list[str]]:
    """Which column stands where, and the headings that are none of ours. Raises Invalid when one is missing or stands twice."""
    known, found, ignored = _known_headings(), dict[int, Column](), list[str]()
    for position, text in enumerate(headings):
        column = known.get(word(text))
        if column is None:
            ignored += [text] if text else []
        elif column in found.values():
            raise Invalid("heading_twice", field="file", heading=heading(column))
        else:
            found[position] = column
    missing = [column for column in _NEEDED if column not in found.values()]
    if not {"slug", "address"} & set(found.values()):
        missing.insert(0, "slug")
    if missing:
        raise Invalid("headings_missing", field="file", missing=", ".join(heading(column) for column in missing))
    return found, ignored


@cache
def _known_headings() -> Mapping[str, Column]:
    known: dict[str, Column] = {}
    for column in COLUMNS:
        texts = (column, heading(column), *(catalogue(language)[f"device_column.{column}"] for language in LANGUAGES))
        known |= {word(text): column for text in texts}
    return known
