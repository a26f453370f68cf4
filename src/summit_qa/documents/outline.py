"""What each block of a document is to be read under: headings, table header, lead-in, question.

A line alone is often not enough: a row needs its header, an item what its list is about, an
answer its question. `outlined` finds these blocks once, while a document is read; `context_of`
gives them for any block as spans and as one line of text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from summit_qa.documents.blocks import TERM_LEVEL
from summit_qa.documents.called import named
from summit_qa.documents.lines import TAB, span_of
from summit_qa.documents.sentences import cached_sentence_spans, trim
from summit_qa.types import Block, BlockKind, Document, Span, packed_blocks

SEPARATOR = " › "  # between the parts of a context
_LONGEST_PART = 100  # characters
_LONGEST_TITLE = 60  # before other parts: models read the beginning of a context
_DEEPEST = 8  # headings and items around a block that are kept
_WIDEST_INDENT = 1_000
_PARTS = 4  # the title, and the nearest of the others
_HYPHENATED = re.compile(r"(?<=\w)[‐\u00ad]\s+(?=\w)")
_LEFT_OUT = re.compile(r"^[ \t]*(?:>[ \t]?)*(?:[-*+•▪◦–][ \t]+)?(?:\[[ xX]\][ \t]+)?", re.MULTILINE)
_STRONG = re.compile(r"\*\*(?=\S)|(?<=\S)\*\*|(?<!\w)__(?=\w)|(?<=\w)__(?!\w)")
_WORD = re.compile(r"\w+")
_CONTENTS = frozenset(("contents", "table of contents"))
_ENTRY_END = re.compile(r"[\s.|·…_]*\d*$")
_DOTS = re.compile(r"\.\.\.\.|\. \. \. \.")
# Not tried again from within the dots: a file may hold a million in a row.
_LEADER = re.compile(r"(?<!\.)(?<!\. )(?:\. ?){4,}+[\s|]*(?:(\d{1,4})|[ivxl]{1,6})(?![\w.,])")
_LONGEST_ENTRY = 200  # characters
_LEAST_ENTRIES = 4  # with dots and a page, to be a table of contents without being called so
_KNOWN = 6  # letters of an entry without its number, to know it again
_LINE = re.compile(r"[^\n]{1,200}")
_NUMBER = re.compile(r"^(?:[-*+•]\s+)?(?:\d+|[a-z])(?:\.\d+)*\.?\s+|^[-*+•]\s+")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_WROTE = re.compile(r"(?:wrote|writes|said|schrieb|écrit|escribió|scritto|schreef)\b[^\n]{0,80}:$")
_QUESTION = re.compile(r"\?[\"'”’)*_]*$")


def outlined(text: str, blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks, each with the places of those that it is to be read under.

    A table of contents is left out: its entries are the headings.
    """
    told = _without_entries(text, _without_contents(text, blocks))
    return packed_blocks(_Outline(text, told).read())


def _without_entries(text: str, blocks: Sequence[Block]) -> Sequence[Block]:
    """Without runs of dotted entries whose pages rise, and what stands among them.

    Prices may rise at the end of dots, too: half of the entries have to be lines elsewhere.
    """
    if _DOTS.search(text) is None:
        return blocks
    found = [
        (first, last, [_known_by(entry) for entry, _ in told])
        for first, last, told in _runs(text, blocks)
        if len(told) >= _LEAST_ENTRIES
    ]
    if not found:
        return blocks
    wanted = {entry for _, _, entries in found for entry in entries}
    lines = (match.group() for match in _LINE.finditer(text))
    plain = (_known_by(line) for line in lines if _DOTS.search(line) is None)
    again = {line for line in plain if line in wanted}
    left_out = {
        at
        for first, last, entries in found
        if 2 * sum(entry in again for entry in entries) >= len(entries)
        for at in range(first, last + 1)
    }
    if not left_out:
        return blocks
    return packed_blocks(block for at, block in enumerate(blocks) if at not in left_out)


def _runs(text: str, blocks: Sequence[Block]) -> Iterator[tuple[int, int, list[tuple[str, int]]]]:
    """First and last block of each run of dotted entries whose pages rise, and the entries."""
    run: list[int] = []
    told: list[tuple[str, int]] = []
    for at, block in enumerate(chain(blocks, (None,))):
        found = _entries(text, block) if block is not None else None
        ends = block is None or (run and at - run[-1] > 2)
        if ends or (found and told and found[0][1] < told[-1][1]):
            pages = [page for _, page in told]
            if told and pages == sorted(pages):
                yield run[0], run[-1], told
            run, told = [], []
        if found is not None:
            run.append(at)
            told += found


def _entries(text: str, block: Block) -> list[tuple[str, int]] | None:
    """Words and pages of a block that is dotted entries of a table of contents; else None.

    A page in Roman numerals counts as 0: it stands before the others.
    """
    words = text[block.start : block.end].rstrip(" |")
    if _DOTS.search(words) is None:
        return None
    found: list[tuple[str, int]] = []
    end = 0
    for leader in _LEADER.finditer(words):
        if leader.start() - end > _LONGEST_ENTRY:
            return None
        found.append((words[end : leader.start()], int(leader[1] or 0)))
        end = leader.end()
    return found if end == len(words) else None


def _without_contents(text: str, blocks: Sequence[Block]) -> Sequence[Block]:
    named = (
        at
        for at, block in enumerate(blocks)
        if block.kind in ("heading", "title", "paragraph")
        and block.end - block.start <= 30
        and text[block.start : block.end].strip("#*: ").casefold() in _CONTENTS
    )
    for at in islice(named, 3):
        end = _contents_end(text, blocks, at + 1)
        if end - at > 3:
            return packed_blocks(chain(islice(blocks, at), islice(blocks, end, None)))
    return blocks


def _contents_end(text: str, blocks: Sequence[Block], at: int) -> int:
    """After the last block that is named again as a heading further below."""
    headings = Counter(
        _entry(text, block)
        for block in islice(blocks, at, None)
        if block.kind in ("title", "heading")
    )
    seen: set[str] = set()
    end = at
    for place in range(at, len(blocks)):
        entry = _entry(text, blocks[place])
        again = headings[entry] - (blocks[place].kind == "heading")
        if entry in seen and blocks[place].kind == "heading" and len(seen) > 2:
            return end  # the first section begins
        if again > 0 or _entries(text, blocks[place]) is not None:
            end = place + 1
            seen.add(entry)
        elif place - end > 2:
            return end
    return end


def _entry(text: str, block: Block) -> str:
    """A heading's words without number, link, dots and page."""
    return _plain(text[block.start : min(block.end, block.start + 200)])


def _known_by(line: str) -> str:
    """What a line is known again by: its words, and where these are short, its number too."""
    plain = _plain(line)
    return plain if len(plain) >= _KNOWN else one_line(line).casefold()


def _plain(entry: str) -> str:
    words = _ENTRY_END.sub("", _LINK.sub(r"\1", one_line(entry))).casefold()
    return " ".join(_WORD.findall(_NUMBER.sub("", words)))


def context_of(document: Document, block: Block) -> tuple[tuple[Span, ...], str]:
    """Spans of what the block is to be read under, and their text on one line."""
    above = [document.blocks[at] for at in block.under]
    places = [_end_of(document, it) for it in above]
    parts = [_STRONG.sub("", one_line(document.text[start:end])) for start, end in places]
    if document.title and block.kind != "title" and (not above or above[0].kind != "title"):
        if above and above[0].kind == "heading" and _says(document.title, parts[0]):
            parts[0], places = document.title, places[1:]
        elif not (above and above[0].kind == "heading" and _says(parts[0], document.title)):
            parts.insert(0, document.title)
    titled = bool(document.title or (above and above[0].kind == "title")) and bool(parts)
    if block.label and block.kind not in ("turn", "title", "meta"):
        parts.append(block.label)
    if len(parts) > _PARTS:
        parts = [parts[0], *parts[-(_PARTS - 1) :]]
    if len(parts) > 1 and titled:
        parts[0] = _shortened(parts[0], _LONGEST_TITLE)
    if block.kind != "title" and (name := named(document.path, parts[0] if titled else "")):
        parts[:1] = [name] if titled else [name, *parts[:1]]
    spans = tuple(span_of(document, start, end) for start, end in places)
    return spans, SEPARATOR.join(_shortened(part, _LONGEST_PART) for part in parts)


def _says(whole: str, part: str) -> bool:
    """Whether all words of the part are among those of the whole."""
    words = _WORD.findall(part.casefold())
    return bool(words) and set(words) <= set(_WORD.findall(whole.casefold()))


def blocks_within(document: Document, start: int, end: int) -> list[Block]:
    """The blocks that stand, in part at least, between the characters."""
    blocks = blocks_of_document(document)
    first = bisect_right(blocks, start, key=lambda block: block.end)
    last = bisect_right(blocks, end - 1, key=lambda block: block.start)
    return list(blocks[first:last])


def blocks_of_document(document: Document) -> Sequence[Block]:
    """The blocks; one for the whole of a text that has none, such as a line of marks."""
    if document.blocks or not (whole := trim(document.text, 0, len(document.text))):
        return document.blocks
    return (Block("paragraph", *whole),)


def _end_of(document: Document, block: Block) -> tuple[int, int]:
    """What of the block introduces others: of a paragraph, its last sentence."""
    if block.kind != "paragraph":
        return block.start, block.end
    start, end = cached_sentence_spans(document.text[block.start : block.end])[-1]
    return block.start + start, block.start + end


def one_line(text: str) -> str:
    """The text with its white space closed up and words cut at a line end made whole."""
    if "‐" in text or "\u00ad" in text:
        text = _HYPHENATED.sub("", text)
    return " ".join(text.split())


def shown(text: str) -> str:
    """Text of a file on one line, without the marks of lists, quoted replies and emphasis."""
    return one_line(_STRONG.sub("", _LEFT_OUT.sub("", text)))


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[:longest].rsplit(" ", 1)[0] + " …"


class _Outline:
    """Walks the blocks once and keeps what holds for those to come."""

    def __init__(self, text: str, blocks: Sequence[Block]) -> None:
        self._text = text
        self._blocks = blocks
        self._title: int | None = None
        self._headings: list[int] = []
        self._items: list[int] = []
        self._seen = self._line = 0  # characters walked past, and where their line begins
        self._column = 0  # of the block that is looked at
        self._lead: int | None = None  # what a list or an example is introduced by
        self._lead_depth = 0
        self._led: BlockKind | None = None  # the kind of the first block that it introduced
        self._asked: int | None = None  # the question that is being answered
        self._header: int | None = None
        self._mail: list[int] = []  # who sent what follows, and when
        self._replies: dict[int, int] = {}  # who wrote what is quoted, by depth
        self._who = self._introduced()
        self._asker = self._interviewer()

    def read(self) -> Iterator[Block]:
        """The blocks with what they are under."""
        for at, block in enumerate(self._blocks):
            under: list[int] = []
            self._column = self._column_of(block.start)
            if block.kind == "title":
                self._title = at
                self._forget()
                self._headings = []
            elif block.kind == "heading":
                self._open_heading(block)
                under = self._above()
                self._headings.append(at)
                self._forget()
            else:
                self._close_terms()
                under = [*self._above(), *self._particular(at, block)]
            places = tuple(dict.fromkeys(under))
            yield Block(block.kind, block.start, block.end, block.level, block.label, places)

    def _above(self) -> list[int]:
        return ([] if self._title is None else [self._title]) + self._headings[-_DEEPEST:]

    def _column_of(self, start: int) -> int:
        """The column of a block; each character is looked at once, however long the line is."""
        for end in ("\n", "\r"):
            self._line = max(self._line, self._text.rfind(end, self._seen, start) + 1)
        self._seen = start
        if start - self._line > _WIDEST_INDENT:
            return start - self._line
        before = self._text[self._line : start]
        return len(before.expandtabs(TAB)) if "\t" in before else len(before)

    def _forget(self) -> None:
        """A new section: what introduced the one before holds no longer."""
        self._lead = self._asked = self._header = None
        self._items = []
        self._replies = {}

    def _open_heading(self, block: Block) -> None:
        while self._headings and self._blocks[self._headings[-1]].level >= block.level:
            self._headings.pop()

    def _close_terms(self) -> None:
        """A label holds for what is indented below it, and no further."""
        while self._headings:
            level = self._blocks[self._headings[-1]].level
            if level < TERM_LEVEL or self._column > level - TERM_LEVEL:
                return
            self._headings.pop()

    def _particular(self, at: int, block: Block) -> list[int]:
        """What the kind of block is read under besides the headings."""
        kind = block.kind
        if kind not in ("row", "header"):
            self._header = None
        match kind:
            case "meta":
                return self._about(at, block)
            case "quote":
                return self._quoted(at, block)
            case "question" | "turn" | "answer":
                return self._said(at, block)
        if kind == "paragraph" and not (self._items or self._mail or self._lead is not None):
            self._introduces(at, block)
            return []
        depth = self._column or block.level  # text has columns, other formats have levels
        items = self._within_items(block, depth)
        under = [*self._mail, *sorted((*self._introducing(at, kind, depth), *items))]
        if kind == "item":
            self._items.append(at)
        elif kind == "header":
            self._header = at
        elif kind == "row" and self._header is not None:
            under.append(self._header)
        elif kind == "paragraph" and not self._is_led(block, under):
            self._introduces(at, block)
        return under

    def _is_led(self, block: Block, under: Sequence[int]) -> bool:
        """Whether a paragraph is one of several that a lead-in has, set in below it."""
        if self._lead is None or self._lead not in under or self._column <= self._lead_depth:
            return False
        return not self._text[block.start : block.end].endswith(":")

    def _within_items(self, block: Block, depth: int) -> list[int]:
        """The items of a list that the block belongs to."""
        if block.kind == "code" and not depth:
            return []  # an example between the items
        least = block.level if block.kind == "item" else depth
        while self._items and self._blocks[self._items[-1]].level >= least:
            self._items.pop()
        return self._items[-_DEEPEST:]

    def _introducing(self, at: int, kind: BlockKind, depth: int) -> list[int]:
        """The lead-in, where it still holds for a block of this kind."""
        if self._lead is None:
            return []
        if kind == "paragraph":
            return [self._lead] if self._lead == at - 1 or self._column > self._lead_depth else []
        led: BlockKind = "row" if kind == "header" else kind
        self._led = self._led or led
        if led == self._led and depth >= self._lead_depth:
            return [self._lead]
        if kind != "code":  # an example among the items ends nothing
            self._lead = None
        return []

    def _introduces(self, at: int, block: Block) -> None:
        """Remember the block if it introduces what follows."""
        leads = self._leads(at, self._text[block.start : block.end])
        self._lead, self._led = (at if leads else None), None
        self._lead_depth = self._column or block.level

    def _leads(self, at: int, words: str) -> bool:
        """Whether the block introduces what follows."""
        if words.endswith(":"):
            return True
        after = self._blocks[at + 1] if at + 1 < len(self._blocks) else None
        if after is None or after.kind not in ("item", "row", "code", "header"):
            return False
        between = self._text[self._blocks[at].end : after.start]
        return len(words) < 60 and between.count("\n") <= 1 and words[-1] not in ".!?"

    def _about(self, at: int, block: Block) -> list[int]:
        """A line about the document; what a mail says of itself holds for all of it."""
        self._items = []
        under = [self._lead] if self._lead is not None and self._lead == at - 1 else []
        self._introduces(at, block)
        if block.label == "attached":
            self._mail = [at]
        elif block.label in ("from", "date"):
            self._mail.append(at)
        return under

    def _quoted(self, at: int, block: Block) -> list[int]:
        """A quoted reply is read under the line that says who wrote it."""
        self._lead, self._items = None, []
        before = self._blocks[at - 1] if at else None
        if before is not None and before.kind in ("paragraph", "meta", "quote"):
            words = self._text[before.start : before.end]
            outside = before.kind != "quote" or before.level < block.level
            if outside and words.endswith(":"):
                self._replies = {
                    level: who for level, who in self._replies.items() if level < block.level
                }
                self._replies[block.level] = at - 1
        who = max((level for level in self._replies if level <= block.level), default=0)
        if not who:
            return list(self._mail)
        said = self._replies[who]
        words = self._text[self._blocks[said].start : self._blocks[said].end]
        # Of another lead-in only the quote right after it has anything.
        return [said] if said == at - 1 or _WROTE.search(words) else list(self._mail)

    def _said(self, at: int, block: Block) -> list[int]:
        """Turns and answers are read under who speaks and what was asked."""
        self._lead, self._items = None, []
        asked = [] if self._asked is None else [self._asked]
        if block.kind == "answer":
            return asked
        speaker = [self._who[block.label]] if block.label in self._who else []
        asks = block.kind == "question"
        if self._asker and block.kind == "turn":
            asks = block.label == self._asker
        elif not asks:
            asks = bool(_QUESTION.search(self._text[block.start : block.end]))
        if asks:
            self._asked = at
            return speaker
        return speaker + asked

    def _interviewer(self) -> str:
        """The speaker who asks nearly all questions, or ""."""
        asked: Counter[str] = Counter()
        for block in self._blocks:
            if block.kind == "turn" and _QUESTION.search(self._text[block.start : block.end]):
                asked[block.label] += 1
        ((name, count),) = asked.most_common(1) or [("", 0)]
        return name if count >= 3 and count >= 0.75 * asked.total() else ""

    def _introduced(self) -> dict[str, int]:
        """For speakers, the block that says who an abbreviation stands for."""
        labels = sorted({block.label for block in self._blocks if block.kind == "turn"})[:50]
        found: dict[str, int] = {}
        if not labels:
            return found
        for at, block in enumerate(self._blocks[:200]):
            if block.kind == "turn":
                break
            words = self._text[block.start : block.end]
            for label in labels:
                if re.search(rf"\({re.escape(label)}\)|\b{re.escape(label)} [=–—] ", words):
                    found.setdefault(label, at)
        return found
