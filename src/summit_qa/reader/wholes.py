"""What is quoted where a sentence was chosen: the whole thing that it is part of.

A lead-in without its list says nothing, nor does a question without the answer that follows, a
row without its column names, or "It is turned off" without the line before. The quote stays an
exact slice of the file; what is shown of it leaves out the marks of lists, tables and emphasis.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from summit_qa.documents.outline import shown
from summit_qa.documents.rows import block_at, columns_of, with_columns
from summit_qa.documents.sentences import cached_sentence_spans
from summit_qa.types import Block, Document, Sentence, Span

_LONGEST_LIST = 900  # characters
_LONGEST_TURN = 420
_LONGEST_PAIR = 400
_LONGEST_RUN = 260
_NUMBERED = re.compile(r"\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{2,5})[.)]\s")
_LEANS = re.compile(
    r"(?:[A-Z]{2}: )?(?:It|He|She|They|This|That|These|Those|Its|His|Her|Their|There|Then)\b"
    r"(?! is (?:a|an|no|not|possible|necessary|important|recommended)\b)"
)
_ASKS = re.compile(r"\?[\"'”’)*_]*$")


@dataclass(frozen=True, slots=True)
class Whole:
    """What to quote: ``document.text[start:end]``; as it is shown; and what it is shown under."""

    start: int
    end: int
    text: str
    under: str = ""


def whole_of(
    sentence: Sentence,
    document: Document,
    *,
    wide: bool = False,
    runs: Sequence[tuple[Sentence, ...]] = (),
) -> Whole:
    """The whole that the sentence is part of; with ``wide``, of an item the whole list.

    Of ``runs`` of sentences that hold it, the first that is short prose is quoted instead.
    """
    blocks, span = document.blocks, sentence.span
    at = block_at(document, span.start)
    if at is None:
        return Whole(span.start, span.end, shown(sentence.text))
    block = blocks[at]
    if _asks(document, block, span.end):
        after = blocks[at + 1] if at + 1 < len(blocks) else None
        if after is not None and at in after.under:
            return _turn(document, at + 1, after.start)
        if block.kind == "turn" and after is not None and after.kind in ("turn", "paragraph"):
            return _turn(document, at + 1, after.start)
    match block.kind:
        case "row":
            return Whole(span.start, span.end, _row(document, block, span))
        case "turn" | "answer":
            return _turn(document, at, span.start)
        case "item" | "paragraph" if wide and (lead := _lead(document, at)) is not None:
            return _list(document, lead, span.start, span.end)
        case "item":
            return Whole(span.start, span.end, shown(sentence.text), _lead_text(document, at))
    if _introduces(document, at, span.end):
        return _list(document, at, span.start, span.end)
    start, end = _with_the_one_before(document, block, span.start, span.end), span.end
    if wide and block.kind == "paragraph" and block.end - start <= _LONGEST_PAIR:
        end = block.end  # the reasons, steps or parts that are asked for may go on
    for run in runs:
        ends = [block_at(document, it.span.start) for it in run]
        alike = {
            (document.blocks[it].kind, document.blocks[it].under) for it in ends if it is not None
        }
        text = " ".join(shown(it.text) for it in run)
        covers = run[0].span.start <= start and end <= run[-1].span.end
        if covers and alike == {(block.kind, block.under)} and len(text) <= _LONGEST_RUN:
            return Whole(run[0].span.start, run[-1].span.end, text)
    return Whole(start, end, shown(document.text[start:end]))


def _row(document: Document, block: Block, span: Span) -> str:
    """A row with the names of its columns; a line of a log, whose commas part nothing, as it is."""
    line = document.text[span.start : span.end].strip()
    if columns_of(document, block) is None and not re.search(r"[|\t]", line):
        return line
    return with_columns(document, block)


def dated_whole(whole: Whole, heading: Block, document: Document) -> Whole:
    """The whole from the heading above it that gives its date; shown under it where that is far."""
    if whole.end - heading.start <= _LONGEST_PAIR:
        text = shown(document.text[heading.start : whole.end])
        return Whole(heading.start, whole.end, text, whole.under)
    under = whole.under or shown(document.text[heading.start : heading.end])
    return Whole(whole.start, whole.end, whole.text, under)


def _asks(document: Document, block: Block, end: int) -> bool:
    """Whether the block asks: all that a speaker says before a question leads to it."""
    text = document.text[block.start : block.end].rstrip()
    if block.kind == "question" or _ASKS.search(text) is None:
        return block.kind == "question"
    return block.kind == "turn" or (block.kind == "paragraph" and end >= block.end)


def _turn(document: Document, at: int, start: int) -> Whole:
    """What one speaker says, whole if it is short, under the question that it answers."""
    block = document.blocks[at]
    begin, end = block.start, block.end
    if end - begin > _LONGEST_TURN:
        spans = cached_sentence_spans(document.text[begin:end])
        after = [block.start + stop for _, stop in spans if block.start + stop > start]
        first = [block.start + first for first, _ in spans if block.start + first <= start]
        begin = first[-1] if first else begin
        end = next((stop for stop in after[::-1] if stop - begin <= _LONGEST_TURN), after[0])
    under = ""
    if block.under:
        asked = document.blocks[block.under[-1]]
        words = document.text[asked.start : asked.end]
        under = shown(words) if _ASKS.search(words) else ""
    return Whole(begin, end, shown(document.text[begin:end]), under)


def _lead(document: Document, at: int) -> int | None:
    """The block that introduces the list of an item; None where nothing near does."""
    for under in document.blocks[at].under[::-1]:
        if document.blocks[under].kind in ("paragraph", "meta"):
            return under
    return None


def _lead_text(document: Document, at: int) -> str:
    lead = _lead(document, at)
    if lead is None:
        return ""
    block = document.blocks[lead]
    start, end = cached_sentence_spans(document.text[block.start : block.end])[-1]
    return shown(document.text[block.start + start : block.start + end])


def _introduces(document: Document, at: int, end: int) -> bool:
    """Whether the sentence ends its block and introduces what stands below it."""
    blocks = document.blocks
    after = blocks[at + 1] if at + 1 < len(blocks) else None
    return (
        blocks[at].kind in ("paragraph", "meta")  # a title stands above everything
        and end >= blocks[at].end
        and after is not None
        and after.kind in ("item", "code", "paragraph")
        and at in after.under
    )


def _list(document: Document, lead: int, start: int, end: int) -> Whole:
    """The lead-in and its items, in order, as far as there is room; else what was chosen."""
    blocks = document.blocks
    last = lead
    while last + 1 < len(blocks) and lead in blocks[last + 1].under:
        last += 1
    block = blocks[lead]
    first, _ = cached_sentence_spans(document.text[block.start : block.end])[-1]
    begin = block.start + first
    while last > lead and blocks[last].end - begin > _LONGEST_LIST:
        last -= 1
    if last == lead or blocks[last].end < end:
        return Whole(start, end, shown(document.text[start:end]), _lead_text(document, lead))
    parts = [shown(document.text[begin : block.end])]
    parts += [shown(document.text[b.start : b.end]) for b in blocks[lead + 1 : last + 1]]
    return Whole(begin, blocks[last].end, " ".join(_joined(parts)))


def _joined(parts: list[str]) -> Iterator[str]:
    """The parts, each item but the last with a mark at its end that parts it from the next."""
    for place, part in enumerate(parts):
        is_item = 0 < place < len(parts) - 1
        numbered = place + 1 < len(parts) and _NUMBERED.match(parts[place + 1])
        yield f"{part};" if is_item and not numbered and part[-1] not in ".;,:!?" else part


def _with_the_one_before(document: Document, block: Block, start: int, end: int) -> int:
    """Where to begin: with the sentence before, where the one that was chosen leans on it."""
    if block.kind not in ("paragraph", "item") or not _LEANS.match(document.text[start:end]):
        return start
    before = [
        block.start + first
        for first, _ in cached_sentence_spans(document.text[block.start : block.end])
        if block.start + first < start
    ]
    return before[-1] if before and end - before[-1] <= _LONGEST_PAIR else start
