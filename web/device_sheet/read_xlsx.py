"""Reads the first sheet of an Excel file, which may have been made to do harm."""

import io
import zipfile
from collections.abc import Iterator

from openpyxl import load_workbook

from core.errors import Invalid
from core.logs import get_logger
from web.device_sheet.cells import Cell, cell_of_value

log = get_logger(__name__)

MAX_UNPACKED_BYTES = 12 * 1024 * 1024
_MAX_COLUMNS = 50
_MAX_ROWS = 1_048_576  # of a sheet, by its format; a row may claim any number


def read_xlsx(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """Its rows with their numbers, empty ones too; of formulas, what they came to. Raises Invalid when it cannot be read."""
    _check_size(data)
    try:
        yield from _rows(data)
    except Invalid:
        raise
    except Exception as error:  # whatever is wrong with the file: the library does not say what it may raise
        log.info("sheet_unreadable", error=repr(error)[:200])
        raise Invalid("file_unreadable", field="file") from None


def _check_size(data: bytes) -> None:
    """Before anything is unpacked. The sizes the archive declares hold: no more than that is ever read of a part."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Invalid("file_unreadable", field="file") from None
    if size > MAX_UNPACKED_BYTES:
        raise Invalid("file_unpacked_too_large", field="file")


def _rows(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # some programs write a wrong size, by which rows would be left out
    for number, row in enumerate(sheet.iter_rows(max_col=_MAX_COLUMNS), 1):
        if number > _MAX_ROWS:
            raise Invalid("file_unreadable", field="file")
        yield number, [Cell("", "cell_error") if cell.data_type == "e" else cell_of_value(cell.value) for cell in row]
