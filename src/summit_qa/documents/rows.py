"""How a sentence is put before a model: a row of a table with the names of its columns.

A model that reads "G2,ground,blood samples,1,204" has to count commas, and the header stands in
another line; "room: G2; floor: ground; used for: blood samples" it can read.
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_right
from collections.abc import Sequence

from summit_qa.documents.outline import SEPARATOR, context_of, shown
from summit_qa.types import Block, Document, Sentence, Window

BETWEEN = "; "  # cells of a row


def block_at(document: Document, place: int) -> int | None:
    """The number of the block that holds a character; None between blocks."""
    blocks = document.blocks
    at = bisect_right(blocks, place, key=lambda block: block.end)
    return at if at < len(blocks) and blocks[at].start <= place else None


def read_as(document: Document, sentence: Sentence) -> tuple[str, str]:
    """Context and text of a sentence as a model reads it; of a row, its cells with their names."""
    at = block_at(document, sentence.span.start)
    if at is None or document.blocks[at].kind != "row":
        return sentence.context_text, sentence.text
    row = document.blocks[at]
    text = with_columns(document, row)
    header = _header(document, row)
    if header is None or ": " not in text:
        return sentence.context_text, text
    above = Block(
        row.kind,
        row.start,
        row.end,
        row.level,
        row.label,
        tuple(it for it in row.under if it != header),
    )
    return context_of(document, above)[1], text


def under_context(document: Document, sentence: Sentence) -> str:
    """A sentence below its context, as the small reader ranks it.

    Alone, "In May 1988." or "Present: Helen Okafor" answers nothing. A paragraph under nothing but
    a title is read alone: the title is the same above all of its text.
    """
    context, text = read_as(document, sentence)
    at = block_at(document, sentence.span.start)
    block = document.blocks[at] if at is not None else None
    prose = block is None or (block.kind == "paragraph" and not block.label)
    if not context or (prose and SEPARATOR not in context):
        return text
    return f"{Window(text, context).above}\n{text}"


def with_columns(document: Document, row: Block) -> str:
    """The row as "column: cell", where its table has a header with as many cells."""
    named = columns_of(document, row)
    if named is None:
        cells = _cells(document.text[row.start : row.end])
        return " · ".join(shown(cell) for cell in cells if cell)
    return BETWEEN.join(_named(name, cell) for name, cell in named if cell)


def columns_of(document: Document, row: Block) -> list[tuple[str, str]] | None:
    """The cells of a row with the names of their columns; None where it has no such header."""
    at = _header(document, row)
    if at is None:
        return None
    header = document.blocks[at]
    names = _cells(document.text[header.start : header.end])
    cells = _cells(document.text[row.start : row.end])
    return list(zip(names, cells, strict=True)) if len(names) == len(cells) else None


def places_of(named: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    """Where each cell stands in what `with_columns` makes of the row; an empty one nowhere."""
    places, at = [], 0
    for name, cell in named:
        end = at + len(_named(name, cell)) if cell else at
        places.append((end - len(shown(cell)), end))
        at = end + len(BETWEEN) if cell else at
    return places


def _named(name: str, cell: str) -> str:
    return f"{shown(name)}: {shown(cell)}" if name else shown(cell)


def _header(document: Document, row: Block) -> int | None:
    return next((at for at in row.under if document.blocks[at].kind == "header"), None)


def _cells(row: str) -> list[str]:
    """The cells of a row as it stands in the file."""
    row = row.strip()
    if "|" in row:
        return [cell.strip() for cell in row.strip("|").split("|")]
    if "\t" in row:
        return [cell.strip() for cell in row.split("\t")]
    for mark in (",", ";"):
        if re.search(rf"\S{mark}\S", row):
            return [cell.strip() for cell in next(csv.reader([row], delimiter=mark))]
    return [cell.strip() for cell in re.split(r"\s{2,}", row)]
