"""Excel: a page a sheet, a row of cells a line; values as they are shown, not formulas."""

from __future__ import annotations

import re
import warnings
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from summit_qa.documents.formats.containers import Container, core_properties
from summit_qa.documents.formats.reading import Builder, Limits, Reading, Unreadable, clean

READER = "xlsx-3"
_MERGES_BYTES = 1_000_000  # at the end of a sheet, where merged cells are listed
_MOST_CELLS = 1_000  # of one row that are looked at
_MOST_EMPTY_ROWS = 10_000  # after which nothing more is expected in a sheet


def read_xlsx(data: bytes, limits: Limits) -> Reading:
    """The text of a workbook; hidden sheets keep their number but not their text."""
    from openpyxl import load_workbook

    container = Container(data, limits)  # bounds what is unpacked
    builder = Builder(limits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(
                BytesIO(data), read_only=True, data_only=True, keep_links=False, rich_text=False
            )
            for sheet in book.worksheets:
                builder.page()
                if sheet.sheet_state == "visible":
                    _sheet(builder, sheet, _merged(container, sheet))
            book.close()
        except Unreadable:
            raise
        except Exception as error:  # the library raises whatever it stumbles over
            raise Unreadable(f"a damaged workbook ({type(error).__name__})") from None
    title, stamp = core_properties(container)
    return builder.build(READER, title, stamp)


_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})"')


def _merged(container: Container, sheet: Any) -> dict[tuple[int, int], int]:
    """The last row of each cell that stands over several, by row and column from 1."""
    from openpyxl.utils import column_index_from_string

    part = container.read(str(getattr(sheet, "_worksheet_path", "")).lstrip("/")) or b""
    return {
        (int(first), column_index_from_string(column.decode())): int(last)
        for column, first, last in _MERGED.findall(part[-_MERGES_BYTES:])
        if int(last) > int(first)
    }


def _sheet(builder: Builder, sheet: Any, merged: dict[tuple[int, int], int]) -> None:
    builder.add("heading", sheet.title, 1)
    sheet.reset_dimensions()  # the file may claim a million rows
    empty = number = 0
    over: dict[int, tuple[int, str]] = {}  # by column: last row and text of a cell over several
    waiting = True  # for the header row: the first of two cells or more, all in words
    for cells_of_row in sheet.iter_rows():
        row = cells_of_row[:_MOST_CELLS]
        cells = [
            "" if cell.value is None else clean(shown(cell.value, cell.number_format))
            for cell in row
        ]
        number += 1
        begins = False
        for column, cell in enumerate(cells):
            if (last := merged.get((number, column + 1))) is not None:
                over[column] = last, cell
                begins = True
            elif column in over and not cell and number <= over[column][0]:
                cells[column] = over[column][1]
        filled = [cell for cell in cells if cell]
        if not filled:
            empty += 1
            waiting = waiting or empty == 1  # another table may follow
            if empty > _MOST_EMPTY_ROWS:
                return
            continue
        empty = 0
        if waiting and len(filled) == 1:
            builder.add("paragraph", filled[0])
            continue
        header = waiting and not begins and _is_header(row)
        builder.row("header" if header else "row", cells)
        waiting = False


def _is_header(row: Any) -> bool:
    values = [cell.value for cell in row if cell.value not in (None, "")]
    return len(values) > 1 and all(isinstance(value, str | date) for value in values)


def shown(value: Any, pattern: str = "") -> str:
    """A cell's value as a person sees it: 0.075 under "0.0%" is "7.5%"."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, int | float):
        return _number(value, pattern)
    return str(value)


def _number(value: Any, pattern: str) -> str:
    first = (pattern or "General").split(";")[0]
    if "%" in first:
        places = len(first.partition(".")[2].rstrip("%").rstrip()) if "." in first else 0
        return f"{value * 100:.{min(places, 6)}f}%"
    digits = first.partition(".")[2]
    places = len(digits) - len(digits.lstrip("0"))
    grouped = "#,##" in first
    if places or grouped:
        number = f"{value:,.{min(places, 10)}f}" if grouped else f"{value:.{min(places, 10)}f}"
    elif isinstance(value, float):
        number = f"{value:.10g}" if abs(value) < 1e15 else str(value)
    else:
        number = str(value)
    for sign in "€£$¥":
        if sign in first:
            return f"{sign}{number}" if first.index(sign) <= first.find("0") else f"{number} {sign}"
    return number
