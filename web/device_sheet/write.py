"""Writes the file that a list of devices begins with: the discovered devices, and the words to choose from."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from assets.models import CATEGORIES, Area
from assets.register_many import MOST
from core.i18n import Language, Translator
from ingest.formats import all_formats, vendor_formats
from ingest.kinds import all_kinds
from ingest.views import DiscoveredDevice
from web.device_sheet.cells import guarded
from web.device_sheet.columns import COLUMNS, Column, Row, heading

_WIDTHS: dict[Column, int] = {"slug": 24, "address": 36, "kind": 20, "name": 28, "silence": 30}
_USUAL_WIDTH = 18
_MANY = MOST + 1  # rows in which choices are offered


def rows_of(discovered: Sequence[DiscoveredDevice], language: Language) -> list[Row]:
    """A row for each, with what is known of it; they are numbered as in the file, below the headings."""
    kinds = all_kinds()
    guesses = [each.kind_guess if each.kind_guess in kinds else None for each in discovered]
    return [
        Row(number, slug=each.slug, address=each.address or "", kind=kinds[guess].name.in_(language) if guess else "")
        for number, (each, guess) in enumerate(zip(discovered, guesses, strict=True), 2)
    ]


def write_csv(rows: Sequence[Row]) -> bytes:
    """UTF-8 with the mark by which Excel knows it."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerows(_lines(rows))
    return file.getvalue().encode("utf-8-sig")


def write_xlsx(rows: Sequence[Row], areas: Sequence[Area], language: Language, now: datetime) -> bytes:
    """A sheet of the rows, every cell of it text, and a sheet of the words, which are offered as choices."""
    file = io.BytesIO()
    t = Translator(language)
    with Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": now.replace(tzinfo=None)})
        bold, text = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"num_format": "@"})
        sheet, words = (book.add_worksheet(t(f"register_many.{name}")) for name in ("sheet_devices", "sheet_words"))
        for position, column in enumerate(COLUMNS):
            sheet.set_column(position, position, _WIDTHS.get(column, _USUAL_WIDTH), text)
        for row, cells in enumerate(_lines(rows)):
            for position, cell in enumerate(cells):
                if cell:
                    sheet.write_string(row, position, cell, text if row else bold)
        sheet.freeze_panes(1, 0)
        _offer(sheet, words, _write_words(words, bold, areas, t))
    return file.getvalue()


def _lines(rows: Sequence[Row]) -> list[list[str]]:
    return [[heading(column) for column in COLUMNS], *([guarded(getattr(row, column)) for column in COLUMNS] for row in rows)]


def _write_words(sheet: Worksheet, bold: Format, areas: Sequence[Area], t: Translator) -> dict[Column, tuple[int, int]]:
    """What each column may hold: where those to choose from stand, and how many they are."""
    formats = all_formats()
    blocks: tuple[tuple[Column, list[tuple[str, str]]], ...] = (
        ("kind", [(t.text(kind.name), kind.slug) for kind in all_kinds().values()]),
        ("category", [(t(f"asset_category.{each}"), each) for each in CATEGORIES]),
        ("area", [(area.name, area.slug) for area in areas]),
        ("address", [(t.text(formats[slug].name), f"{slug}:…") for slug in vendor_formats()]),
    )
    found: dict[Column, tuple[int, int]] = {}
    for number, (column, pairs) in enumerate(blocks):
        at = number * 2
        sheet.set_column(at, at + 1, _USUAL_WIDTH)
        sheet.write_string(0, at, heading(column), bold)
        for row, pair in enumerate(pairs, 1):
            for offset, cell in enumerate(pair):
                sheet.write_string(row, at + offset, guarded(cell))
        found[column] = (at, len(pairs))
    return found


def _offer(sheet: Worksheet, words: Worksheet, found: dict[Column, tuple[int, int]]) -> None:
    """Choices in the cells, which also take anything else: it is told when the file is read."""
    for column in ("kind", "category", "area"):
        at, count = found[column]
        if count:
            letter, position = chr(ord("A") + at), COLUMNS.index(column)
            source = f"='{words.get_name()}'!${letter}$2:${letter}${count + 1}"
            choices = {"validate": "list", "source": source, "show_error": False}
            sheet.data_validation(1, position, _MANY, position, choices)
