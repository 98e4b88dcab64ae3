"""Reads the first sheet of an Excel file, which may have been made to do harm."""

import io
import zipfile
import zlib
from collections.abc import Iterator

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.cell.cell import MergedCell

from core.errors import Invalid
from core.logs import get_logger
from web.device_sheet.cells import Cell, cell_of_value

log = get_logger(__name__)

MAX_UNPACKED_BYTES = 12 * 1024 * 1024
MAX_TAGS = 600_000  # four times what the largest list has; each costs the parser time, however little it holds
_MAX_COLUMNS = 50
_MAX_ROWS = 1_048_576  # of a sheet, by its format; a row may claim any number


def read_xlsx(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """Its rows with their numbers; of formulas, what they came to. Raises Invalid when it cannot be read."""
    _check_size(data)
    try:
        yield from _rows(data)
    except Invalid:
        raise
    except Exception as error:  # whatever is wrong with the file: the library does not say what it may raise
        log.info("sheet_unreadable", error=repr(error)[:200])
        raise Invalid("file_unreadable", field="file") from None


def _check_size(data: bytes) -> None:
    """Before it is parsed. The sizes the archive declares hold: no more than that is ever read of a part."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            too_large = sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES
            too_large = too_large or sum(archive.read(part).count(b"<") for part in parts) > MAX_TAGS
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError):  # RuntimeError: it has a password
        raise Invalid("file_unreadable", field="file") from None
    if too_large:
        raise Invalid("file_unpacked_too_large", field="file")


def _rows(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # some programs write a wrong size, by which rows would be left out
    for number, row in enumerate(sheet.rows, 1):
        if number > _MAX_ROWS:
            raise Invalid("file_unreadable", field="file")
        if row:
            yield number, [_cell(each) for each in row[:_MAX_COLUMNS]]


def _cell(cell: SheetCell | MergedCell) -> Cell:
    return Cell("", "cell_error") if cell.data_type == "e" else cell_of_value(cell.value)
