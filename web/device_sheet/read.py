"""Reads a list of devices from a file that somebody sends."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from assets.register_many import MOST
from core.errors import Invalid
from ingest.discovered import code_of
from ingest.views import DiscoveredDevice
from web.device_sheet.cells import CELL_LIMIT, Cell
from web.device_sheet.columns import COLUMNS, Column, Row, find_columns
from web.device_sheet.read_csv import read_csv
from web.device_sheet.read_xlsx import read_xlsx

MAX_FILE_BYTES = 2 * 1024 * 1024
# The rows go to the browser and come back in a field of a form, of which no more than a megabyte is taken.
MAX_CARRIED_BYTES = 900_000
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """What a file holds. `ignored`: headings of columns that were not read."""

    rows: list[Row]
    ignored: list[str]


def read_sheet(data: bytes) -> Sheet:
    """The rows with anything in them, below the first such row, which has the headings. Raises Invalid."""
    if len(data) > MAX_FILE_BYTES:
        raise Invalid("file_too_large", field="file", megabytes=MAX_FILE_BYTES // 2**20)
    if data.startswith(_OLD_EXCEL):  # so begins one with a password, too
        raise Invalid("file_old_excel", field="file")
    lines = _filled(read_xlsx(data) if data.startswith(_ZIP) else read_csv(data))
    _, headings = next(lines, (0, []))
    if not headings:
        raise Invalid("file_empty", field="file")
    columns, ignored = find_columns([cell.text for cell in headings])
    rows: list[Row] = []
    for number, cells in lines:
        if len(rows) == MOST:
            raise Invalid("file_too_many_rows", field="file", most=MOST)
        rows.append(_row(number, cells, columns))
    if not rows:
        raise Invalid("file_no_rows", field="file")
    return Sheet(rows=rows, ignored=ignored)


def _filled(lines: Iterable[tuple[int, list[Cell]]]) -> Iterator[tuple[int, list[Cell]]]:
    return ((number, cells) for number, cells in lines if any(cell.text or cell.problem for cell in cells))


def _row(number: int, cells: Sequence[Cell], columns: Mapping[int, Column]) -> Row:
    found = {column: cells[position] for position, column in columns.items() if position < len(cells)}
    problems = {column: cell.problem for column, cell in found.items() if cell.problem}
    return Row(number=number, **{column: cell.text for column, cell in found.items()}, problems=problems)


def complete(rows: Sequence[Row], discovered: Sequence[DiscoveredDevice]) -> list[Row]:
    """With the address of discovered devices that are named by their id alone, and an id for those with an address alone."""
    addresses = {each.slug: each.address for each in discovered if each.address}
    return [_completed(row, addresses) for row in rows]


def _completed(row: Row, addresses: Mapping[str, str]) -> Row:
    if row.problems.keys() & {"slug", "address"}:
        return row
    if row.address and not row.slug:
        return msgspec.structs.replace(row, slug=code_of(row.address))
    if row.slug and not row.address:
        return msgspec.structs.replace(row, address=addresses.get(row.slug, ""))
    return row


def carried(rows: Sequence[Row]) -> str:
    """The rows as a form holds them until they are registered. Raises Invalid when they are more than it can hold."""
    text = msgspec.json.encode(rows)
    if len(text) > MAX_CARRIED_BYTES:
        raise Invalid("file_too_much_text", field="file")
    return text.decode()


def brought_back(text: str) -> list[Row]:
    """What `carried` made of them, unless somebody changed it: raises Invalid when it is no such list."""
    try:
        rows = msgspec.json.decode(text, type=list[Row])
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise Invalid from None
    numbers = {row.number for row in rows}
    texts = (getattr(row, column) for row in rows for column in COLUMNS)
    if not 0 < len(rows) <= MOST or len(numbers) < len(rows) or min(numbers) < 1 or any(len(each) > CELL_LIMIT for each in texts):
        raise Invalid
    return rows
