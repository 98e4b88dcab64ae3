"""What a cell of a file holds, as text, and cells that cannot be taken as they are."""

import re
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from core import checks
from web.device_sheet.columns import CellProblem

CELL_LIMIT = 300  # characters, more than any column may have
EXACT_DIGITS = 15  # a spreadsheet keeps no more of a number
# A spreadsheet takes what begins like this for a formula; and the mark itself, so that it can be taken off again.
_GUARDED = "=+-@\t\r'"
# How a spreadsheet writes a long number into CSV: the digits are gone.
_SHORTENED = re.compile(r"-?[0-9](\.[0-9]+)?E\+[0-9]+")


class Cell(NamedTuple):
    """The text of a cell, and why it cannot be taken."""

    text: str
    problem: CellProblem | None = None


def guarded(text: str) -> str:
    """The text with a mark before it where a spreadsheet would run it."""
    return f"'{text}" if text.startswith(tuple(_GUARDED)) else text


def cell_of_text(text: str) -> Cell:
    """One line, without the mark that `guarded` made."""
    if text.startswith("'") and text[1:].startswith(tuple(_GUARDED)):
        text = text[1:]
    if len(text) > CELL_LIMIT:
        return Cell(checks.one_line(text[:CELL_LIMIT], field="", limit=CELL_LIMIT, required=False), "cell_too_long")
    text = checks.one_line(text, field="", limit=CELL_LIMIT, required=False)
    return Cell(text, "cell_digits" if _SHORTENED.fullmatch(text) else None)


def cell_of_value(value: object) -> Cell:
    """What a spreadsheet holds as a text, a number or a date."""
    if value is None:
        return Cell("")
    if isinstance(value, str):
        return cell_of_text(value)
    if isinstance(value, bool):
        return Cell(str(value).upper())
    if isinstance(value, (int, float)):
        return _cell_of_number(value)
    if isinstance(value, (date, datetime, time, timedelta)):
        return Cell(str(value), "cell_date")
    return Cell("", "cell_error")


def _cell_of_number(value: float) -> Cell:
    """Whole numbers as such, whichever way they are stored."""
    if not abs(value) < 10**EXACT_DIGITS:  # also what is no number
        return Cell(f"{float(value):.{EXACT_DIGITS}g}" if abs(value) < 1e300 else "", "cell_digits")
    return Cell(str(int(value)) if value == int(value) else f"{value:.{EXACT_DIGITS}g}")
