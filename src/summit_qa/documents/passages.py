"""Cuts documents into sentences and passages; every piece is an exact slice of its document.

Spans are computed while splitting and never searched for afterwards. A passage holds whole
sentences of one paragraph. A blank line ends a paragraph; a line end does so too, except in
files that are wrapped at a fixed width, where a paragraph runs over several lines.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from summit_qa.documents.corpus import span_of
from summit_qa.types import Document, Passage, Sentence, Span

if TYPE_CHECKING:
    from llama_index.core.schema import TextNode

CHUNKING_VERSION = "3"
LONGEST_SENTENCE = 2_000  # characters; longer ones are cut at white space
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_ENDS_SENTENCE = re.compile(r"[.!?:;…][\"'”’)\]»]*\s*$")
_STARTS_BLOCK = re.compile(r"\s*(?:#{1,6} |[-*+•] |\d{1,3}[.)] |>|\|)")
_WRAP_WIDTH = 100
_ROW = re.compile(r"[^\s\d][,;|]\S|\t| \| ")  # what stands between the cells of a table
_BLOCK = 4_000  # characters that the sentence splitter sees at a time
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[^\S\r\n]*(?:\r\n|\r|\n)")

# What the library does not know. A name or a number follows these …
_TITLE = re.compile(
    r"(?:^|[\s(“\"‘'])(?:Adm|Atty|Brig|Capt|Cmdr|Col|Cpl|Dr|Ft|Gen|Gov|Hon|Lt|Maj|Messrs|Mr|Mrs"
    r"|Ms|Mt|Pres|Prof|Rep|Reps|Rev|Sen|Sens|Sgt|Supt|[Aa]pprox|[Ii]ncl|e\.g|i\.e|vs)\.$"
)
# … a number these …
_NUMBERED = re.compile(r"(?:^|[\s(])(?:Art|Arts|Ch|Fig|Figs|No|Nos|Sec|Vol|Vols|pp?)\.$")
# … and a day, a month or a time zone the hour.
_HOUR = re.compile(r"\b[ap]\.m\.$")
_AFTER_HOUR = re.compile(
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?:\.|[a-z]{2,7}\b)|May \d"
    r"|(?:Eastern|Central|Mountain|Pacific)\b|(?:[ECMP][SD]?T|GMT|UTC|KST|JST|BST)\b)"
)
# A sentence of several words that stands in brackets ends with them.
_AFTER_BRACKET = re.compile(r"[\w’'\"”][.!?][)\]]\s+(?=[“\"‘'(\[]?[A-Z])")
_SHORT_IN_BRACKETS = re.compile(
    r"(?:\.[A-Z]|\b(?:Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Mass|Md|Mich|Minn"
    r"|Miss|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Va|Vt|Wash|Wis|Wyo|Inc|Corp|Co|Ltd|Jr|Sr|etc))"
    r"\.[)\]]$"
)
# After these a new sentence is as likely as a name, unless it begins with a common small word.
_AFTER_COMPANY = re.compile(
    r"\b(?:Corp|Inc|Co|Ltd|Jr|Sr|etc|plc)\.[”\"’)]?\s+(?=(?:The|A|An|He|She|It|They|We|I|His|Her|Its"
    r"|Their|This|That|These|Those|But|And|In|On|At|For|If|When|While|After|As|There|Mr|Ms|Mrs)\b)"
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Offsets (start, end) of the sentences, without the white space around them, in order.

    Every character but white space is in one of them. Boundaries come from sentencex, corrected
    by the rules above (docs/architecture.md says why and how well); a blank line is always one. A
    sentence longer than LONGEST_SENTENCE is cut at white space.
    """
    starts = sorted({0, *_sentence_starts(text), *(m.end() for m in _BLANK_LINE.finditer(text))})
    spans: list[tuple[int, int]] = []
    for start, end in pairwise((*starts, len(text))):
        spans += _cut(text, start, end, LONGEST_SENTENCE)
    return _rejoined(text, spans)


def paragraph_spans(text: str) -> list[tuple[int, int]]:
    """Offsets of the paragraphs, without the white space around them, in order."""
    lines = [match.span() for match in _LINE.finditer(text) if match.end() > match.start()]
    wrapped = _is_wrapped(text, lines)
    spans: list[tuple[int, int]] = []
    open_start: int | None = None
    end = 0
    for start, stop in lines:
        line = text[start:stop]
        blank = not line.strip()
        if open_start is not None and (blank or not wrapped or _STARTS_BLOCK.match(line)):
            spans.append((open_start, end))
            open_start = None
        if not blank:
            open_start = start if open_start is None else open_start
            end = stop
    if open_start is not None:
        spans.append((open_start, end))
    return [trimmed for start, stop in spans if (trimmed := _trim(text, start, stop))]


def passages_of(document: Document, passage_chars: int = 800) -> list[Passage]:
    """Passages of whole sentences, at most ``passage_chars`` long, within one paragraph.

    Only a sentence that is longer than that is cut, at white space.
    """
    return [
        _passage(document, start, end)
        for begin, stop in paragraph_spans(document.text)
        for start, end in _packed(document.text, begin, stop, passage_chars)
    ]


def sentences_of(passage: Passage, document: Document) -> list[Sentence]:
    """The sentences of a passage, as slices of its document."""
    offset = passage.span.start
    return [
        Sentence(passage, span_of(document, offset + start, offset + end), passage.text[start:end])
        for start, end in _cached_spans(passage.text)
    ]


def passage_to_node(passage: Passage) -> TextNode:
    """The passage as a LlamaIndex node; path and spans are in its metadata."""
    from llama_index.core.schema import TextNode

    span = passage.span
    metadata = {
        "path": passage.path,
        "start": span.start,
        "end": span.end,
        "start_line": span.start_line,
        "end_line": span.end_line,
    }
    return TextNode(
        id_=passage.id,
        text=passage.text,
        metadata=metadata,
        start_char_idx=span.start,
        end_char_idx=span.end,
        excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=[key for key in metadata if key != "path"],
    )


def node_to_passage(node: TextNode) -> Passage:
    """The passage that `passage_to_node` made the node of."""
    found = node.metadata
    span = Span(found["start"], found["end"], found["start_line"], found["end_line"])
    return Passage(node.node_id, found["path"], span, node.text)


@lru_cache(maxsize=20_000)
def _cached_spans(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(sentence_spans(text))


def _packed(text: str, begin: int, stop: int, limit: int) -> Iterator[tuple[int, int]]:
    """Whole sentences of text[begin:stop] packed up to the limit."""
    current: tuple[int, int] | None = None
    for start, end in sentence_spans(text[begin:stop]):
        for piece_start, piece_end in _cut(text, begin + start, begin + end, limit):
            if current and piece_end - current[0] <= limit:
                current = (current[0], piece_end)
            else:
                if current:
                    yield current
                current = (piece_start, piece_end)
    if current:
        yield current


def _sentence_starts(text: str) -> Iterator[int]:
    """Where sentences begin, in order; the library is given at most _BLOCK characters at a time.

    Its time grows with the square of the length where quotation marks do not close. The last
    sentence of a block is looked at again with what follows it.
    """
    from sentencex import get_sentence_boundaries

    begin = 0
    while begin < len(text):
        block = text[begin : begin + _BLOCK]
        # The library takes "\r\n" for a blank line; blank lines are found elsewhere.
        plain = block.replace("\r", " ")
        found = {each["start_index"] for each in get_sentence_boundaries("en", plain)}
        for rule in (_AFTER_BRACKET, _AFTER_COMPANY):
            found |= {match.end() for match in rule.finditer(block)}
        found = {_with_mark(block, start) for start in found if not _inside(block, start)}
        kept = sorted(found - {0})
        last = begin + len(block) >= len(text)
        if not last and not kept:
            kept = [_last_space(block)]
        yield from (begin + start for start in kept)
        begin = len(text) if last else begin + kept[-1]


def _inside(text: str, start: int) -> bool:
    """Whether what stands before ``start`` cannot end a sentence."""
    before = text[max(0, start - 24) : start].rstrip()
    after = text[start : start + 12].lstrip()
    if _TITLE.search(before) or _SHORT_IN_BRACKETS.search(before):
        return True
    if _NUMBERED.search(before) and after[:1].isdigit():
        return True
    if _HOUR.search(before) and _AFTER_HOUR.match(after):
        return True
    return before.endswith(("!", "?")) and after[:1].islower()


def _with_mark(text: str, start: int) -> int:
    """The start moved before a mark that opens the sentence and was left to the one before."""
    opened = 1 < start < len(text) and text[start - 1] in "“‘\"'([" and text[start - 2].isspace()
    return start - 1 if opened and not text[start].isspace() else start


def _last_space(text: str) -> int:
    """After the last white space, or the end where there is none."""
    for at in range(len(text), 0, -1):
        if text[at - 1].isspace():
            return at
    return len(text)


def _cut(text: str, start: int, end: int, limit: int) -> list[tuple[int, int]]:
    """text[start:end] trimmed, in pieces of at most ``limit`` characters, cut at white space."""
    pieces: list[tuple[int, int]] = []
    while trimmed := _trim(text, start, end):
        start, stop = trimmed
        if stop - start <= limit:
            pieces.append((start, stop))
            break
        cut = start + limit
        if not text[cut].isspace():
            # The piece begins with no white space, so what is left of the cut is never empty.
            cut = start + _last_space(text[start:cut])
        if piece := _trim(text, start, cut):
            pieces.append(piece)
        start = cut
    return pieces


def _rejoined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pieces without a letter or digit join their neighbour: a mark alone is no sentence."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        bare = not any(character.isalnum() for character in text[start:end])
        if joined and bare and end - joined[-1][0] <= LONGEST_SENTENCE:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _is_wrapped(text: str, lines: list[tuple[int, int]]) -> bool:
    """Whether most lines that another line follows stop in mid sentence for want of room.

    Notes and rows of a table are no wrapped text, also where no line has a full stop: in wrapped
    text the next word would not have fitted, and most lines go on with a small letter.
    """
    followed: list[tuple[str, str]] = []
    for (start, stop), (next_start, next_stop) in pairwise(lines):
        line, after = text[start:stop].strip(), text[next_start:next_stop].strip()
        if line and after and not _STARTS_BLOCK.match(line):
            followed.append((line, after))
    open_ended = [
        (line, after)
        for line, after in followed
        if 20 <= len(line) <= _WRAP_WIDTH and not _ENDS_SENTENCE.search(line)
    ]
    lengths = sorted(len(line) for line, _ in open_ended)
    width = lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0  # but for a longer line or two
    full = sum(len(line) + 1 + len(after.split()[0]) >= width for line, after in open_ended)
    new = sum(after[0].isupper() or after[0].isdigit() for _, after in open_ended)
    rows = sum(_ROW.search(line) is not None for line, _ in open_ended)
    most = 0.6 * len(followed)
    return (
        len(followed) >= 3
        and len(open_ended) >= most
        and full >= 0.8 * len(open_ended)
        and max(new, rows) <= 0.7 * len(open_ended)
    )


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The range without the white space at its ends, or None where nothing else is in it."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def _passage(document: Document, start: int, end: int) -> Passage:
    text = document.text[start:end]
    identity = f"{document.path}\0{start}\0{end}\0{text}".encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(identity).hexdigest()[:32]
    return Passage(digest, document.path, span_of(document, start, end), text)
