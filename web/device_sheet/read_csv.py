"""Reads CSV as people's spreadsheets write it: in UTF-8 or GB18030, divided by commas, semicolons or tabs."""

import csv
import io
from collections.abc import Iterator

from core.errors import Invalid
from web.device_sheet.cells import Cell, cell_of_text
from web.device_sheet.columns import word

_DIVIDERS = ",;\t"


def read_csv(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """Its rows with their numbers. Raises Invalid when it is no table of text."""
    text = _decoded(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_divider(text))
    try:
        for number, fields in enumerate(reader, 1):
            yield number, [cell_of_text(field) for field in fields]
    except csv.Error:
        raise Invalid("file_unreadable", field="file") from None


def _decoded(data: bytes) -> str:
    """Chinese Excel writes CSV in GB18030; nearly nothing of that is UTF-8 by accident."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Invalid("file_unreadable", field="file")


def _divider(text: str) -> str:
    """What divides the first line with anything in it into the most pieces."""
    first = next((line for line in text.splitlines() if word(line)), "")
    return max(_DIVIDERS, key=first.count)
