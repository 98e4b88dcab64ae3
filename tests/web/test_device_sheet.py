"""A list of devices as a file: what we write is read back as it was, and no file does harm."""

import csv
import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models import Area
from core.errors import Invalid
from core.i18n import LANGUAGES, catalogue
from web.device_sheet.cells import Cell, cell_of_text, cell_of_value, guarded
from web.device_sheet.columns import COLUMNS, Row, find_columns
from web.device_sheet.read import brought_back, carried, read_sheet
from web.device_sheet.write import write_csv, write_xlsx

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AREAS = [Area(id=1, slug="east", name="=东大门", key_area=True)]
# What stands in a cell: one line without outer spaces, of any script, and often what a spreadsheet would run.
TEXTS = (
    (
        st.text(st.characters(exclude_categories=["C", "Z"], max_codepoint=0xFFFF), max_size=20)
        | st.text("=+-@'0123456789E.,;\"汉 \t", max_size=8)
    )
    .map(lambda text: cell_of_text(guarded(text)))
    .filter(lambda cell: not cell.problem)
    .map(lambda cell: cell.text)
)
CELLS = st.tuples(*(TEXTS for _ in COLUMNS)).filter(any)


def rows_of(cells: list[tuple[str, ...]]) -> list[Row]:
    return [Row(number, *each) for number, each in enumerate(cells, 2)]


@settings(max_examples=40)
@given(st.lists(CELLS, min_size=1, max_size=5))
def test_what_is_written_is_read_back(cells: list[tuple[str, ...]]) -> None:
    rows = rows_of(cells)
    for language in LANGUAGES:
        assert read_sheet(write_xlsx(rows, AREAS, language, NOW)).rows == rows
    text = write_csv(rows)
    assert read_sheet(text).rows == rows
    assert read_sheet(text.decode("utf-8-sig").encode("gb18030")).rows == rows
    assert brought_back(carried(rows)) == rows


@settings(max_examples=40)
@given(st.lists(CELLS, min_size=1, max_size=5))
def test_no_cell_of_ours_is_run_by_a_spreadsheet(cells: list[tuple[str, ...]]) -> None:
    rows = rows_of(cells)
    written = csv.reader(io.StringIO(write_csv(rows).decode("utf-8-sig")))
    assert not any(cell.startswith(tuple("=+-@\t\r")) for line in written for cell in line)
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(rows, AREAS, "zh", NOW)))
    assert {cell.data_type for sheet in book for line in sheet.rows for cell in line if cell.value is not None} == {"s"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_of_either_language_in_any_order(language: str) -> None:
    texts = [catalogue("en" if language == "en" else "zh")[f"device_column.{column}"] for column in reversed(COLUMNS)]
    found, ignored = find_columns(["备注", *(f" {text.upper()}：" for text in texts), "", "Colour"])
    assert list(found.values()) == list(reversed(COLUMNS))
    assert ignored == ["备注", "Colour"]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (5.0, Cell("5")),
        (1.2e14, Cell("120000000000000")),
        (0.1 + 0.2, Cell("0.3")),
        (-3, Cell("-3")),
        (True, Cell("TRUE")),
        (None, Cell("")),
        (" a\n b ", Cell("a b")),
        (1.2e15, Cell("1.2e+15", "cell_digits")),
        (123456789012345678, Cell("1.23456789012346e+17", "cell_digits")),
        (10**400, Cell("", "cell_digits")),
        (float("inf"), Cell("", "cell_digits")),
        (float("nan"), Cell("", "cell_digits")),
        ("8.6123E+14", Cell("8.6123E+14", "cell_digits")),
        (datetime(2026, 1, 2, tzinfo=UTC).date(), Cell("2026-01-02", "cell_date")),
        ("x" * 10_000, Cell("x" * 300, "cell_too_long")),
        (Decimal(1), Cell("", "cell_error")),
    ],
    ids=lambda each: repr(each)[:40],
)
def test_what_a_spreadsheet_makes_of_a_cell(value: object, cell: Cell) -> None:
    assert cell_of_value(value) == cell


def test_a_formula_is_read_as_what_it_came_to_and_an_error_is_told() -> None:
    cells = '<c t="str"><f>A1&amp;"x"</f><v>cam-7</v></c><c t="e"><v>#N/A</v></c><c><v>1.2E+3</v></c>'
    [row] = read_sheet(workbook(f'{HEADINGS}<row r="3">{cells}</row>')).rows
    assert (row.number, row.slug, row.name, row.problems) == (3, "cam-7", "1200", {"kind": "cell_error"})


def workbook(rows: str, *, before: str = "") -> bytes:
    """An Excel file whose sheet is written by hand."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.save(file)
    made = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            text = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
                text = f'{before}<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode()
            new.writestr(part, text)
    return made.getvalue()


def bomb() -> bytes:
    """A hundred megabytes of nothing in a hundred kilobytes."""
    return workbook(" " * 100_000_000)


def lying_bomb() -> bytes:
    """The same, with another size in its table of contents."""
    data = bomb()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = max(part.file_size for part in archive.infolist())
    return data.replace(size.to_bytes(4, "little"), (5000).to_bytes(4, "little"))


ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HEADINGS = '<row r="1">' + "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in ("slug", "kind", "name")) + "</row>"


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb": (bomb, "file_unpacked_too_large"),
    "a million empty cells": (lambda: workbook("<row>" + "<c/>" * 1_000_000 + "</row>"), "file_unpacked_too_large"),
    "entities": (
        lambda: workbook('<row r="1"><c t="inlineStr"><is><t>&b;</t></is></c></row>', before=ENTITIES),
        "file_unreadable",
    ),
    "a row behind the end": (lambda: workbook('<row r="999999999999"><c><v>1</v></c></row>'), "file_unreadable"),
    "a text that is not there": (lambda: workbook('<row r="1"><c t="s"><v>77</v></c></row>'), "file_unreadable"),
    "no number": (lambda: workbook('<row r="1"><c><v>nonsense</v></c></row>'), "file_unreadable"),
    "a number of many digits": (lambda: workbook(f'<row r="1"><c><v>{"9" * 9000}</v></c></row>'), "file_unreadable"),
    "no XML": (lambda: workbook("<row>"), "file_unreadable"),
    "nothing but a column far off": (lambda: workbook(HEADINGS + '<row r="2"><c r="XFD2"><v>1</v></c></row>'), "file_no_rows"),
    "half a file": (lambda: workbook(HEADINGS)[:900], "file_unreadable"),
    "no workbook in it": (lambda: workbook(HEADINGS).replace(b"xl/workbook.xml", b"xl/workbooq.xml"), "file_unreadable"),
    "too many rows": (lambda: workbook(HEADINGS + "<row><c><v>1</v></c></row>" * 2001), "file_too_many_rows"),
    "a quote that does not end": (lambda: b'"slug,kind,name\n' + b"a,b,c\n" * 30_000, "file_unreadable"),
    "no text": (lambda: b"\x00slug,kind,name\na,b,c", "file_unreadable"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name: str) -> None:
    make, code = HOSTILE[name]
    with pytest.raises(Invalid) as refused:
        read_sheet(make())
    assert refused.value.code == code


def test_a_row_far_below_is_read_with_its_number() -> None:
    far = (
        '<row r="1048576">'
        + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in ("cam-7", "cctv", "大堂"))
        + "</row>"
    )
    [row] = read_sheet(workbook(HEADINGS + far)).rows
    assert (row.number, row.slug, row.name) == (1_048_576, "cam-7", "大堂")


def test_a_size_that_lies_unpacks_no_more_than_it_says() -> None:
    data = lying_bomb()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sum(part.file_size for part in archive.infolist()) < 1_000_000
    with pytest.raises(Invalid, match="file_unreadable"):
        read_sheet(data)


def test_more_text_than_a_form_can_hold_is_refused() -> None:
    rows = [Row(number, *("汉" * 300 for _ in COLUMNS)) for number in range(2, 202)]
    with pytest.raises(Invalid, match="file_too_much_text"):
        carried(rows)


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda data: b"PK\x03\x04" + data))
def test_any_bytes_are_a_list_or_refused(data: bytes) -> None:
    with suppress(Invalid):
        assert read_sheet(data).rows
