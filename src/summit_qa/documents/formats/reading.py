"""What a reader of a format gives: text, one block a line, and where blocks and pages begin."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from textwrap import dedent

from summit_qa.types import Block, BlockKind

# What is never seen: control characters, soft hyphens, marks of width zero and of direction.
# The joiners U+200C and U+200D stay, since words of some scripts are spelt with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ufffe\uffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")


class Unreadable(Exception):  # noqa: N818 - a state of the file, not a fault of ours
    """The file is not read; the message is a one-line reason that says what helps."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may use; a file that needs more is not read."""

    bytes: int = 32 * 1024 * 1024
    unpacked_bytes: int = 256 * 1024 * 1024  # all that is unpacked from it
    pages: int = 5_000  # slides, sheets and chapters too
    depth: int = 5  # of files within files: mail in mail, packed in packed
    seconds: int = 60
    memory: int = 3 * 1024 * 1024 * 1024  # address space of the reading process
    characters: int = 32 * 1024 * 1024  # of the text that is read from it

    def deeper(self) -> Limits:
        """The limits of a file within the file: one level less."""
        return replace(self, depth=self.depth - 1, bytes=self.unpacked_bytes)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as text. ``blocks`` are empty where the text has no structure of its own.

    ``page_starts[i]`` is the character at which page ``i + 1`` begins; an empty page begins
    where the next one does. ``reader`` is the reader's name and version, such as "pdf-1".
    """

    text: str
    blocks: tuple[Block, ...] = ()
    page_starts: tuple[int, ...] = ()
    title: str = ""
    date: str = ""  # ISO date or the start of one
    reader: str = "text"


def clean(text: str) -> str:
    """The text without what is never seen and with each run of white space as one blank."""
    if not text.isascii() or not text.isprintable():
        text = _SURROGATE.sub("\ufffd", _UNSEEN.sub("", text))
    return " ".join(text.split())


class Builder:
    """Collects a document block by block; raises Unreadable when it grows over the limits.

    The blocks of one page follow one another, each on a line of its own; code keeps its lines.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._length = 0
        self.blocks: list[Block] = []
        self.page_starts: list[int] = []

    def page(self) -> None:
        """Begin the next page, slide, sheet or chapter."""
        if len(self.page_starts) >= self._limits.pages:
            raise Unreadable(f"more pages than the limit of {self._limits.pages:,}; split the file")
        self.page_starts.append(self._length)

    def add(self, kind: BlockKind, text: str, level: int = 0, label: str = "") -> None:
        """One block on one line; nothing where the text is blank."""
        self._append(kind, clean(text), level, clean(label))

    def row(self, kind: BlockKind, cells: list[str]) -> None:
        """A row of a table; empty cells keep their place, rows without any text do not."""
        cleaned = [clean(cell) for cell in cells]
        while cleaned and not cleaned[-1]:
            cleaned.pop()
        if cleaned:
            self._append(kind, " | ".join(cleaned).strip(), 0, "")

    def code(self, text: str, label: str = "", level: int = 0) -> None:
        """Lines that stay as they are, as one block."""
        lines = (_UNSEEN.sub("", line).rstrip() for line in _LINE_END.split(text.expandtabs(4)))
        kept = _SURROGATE.sub("\ufffd", dedent("\n".join(lines)))
        self._append("code", kept.strip(), level, label)

    def include(self, reading: Reading) -> None:
        """Another document after this one; it begins a page, and its own pages stay pages."""
        starts = reading.page_starts or (0,)
        blocks = list(reading.blocks)
        for number, start in enumerate(starts):
            self.page()
            end = starts[number + 1] if number + 1 < len(starts) else len(reading.text)
            while blocks and blocks[0].start < end:
                block = blocks.pop(0)
                text = reading.text[block.start : block.end]
                if block.kind != "code":
                    text = clean(joined(text.splitlines()))
                label_of_text = block.kind == "heading" and block.level > 6
                kind = "paragraph" if label_of_text else block.kind
                self._append(kind, text, block.level, block.label)
            if not reading.blocks:
                for line in _LINE_END.split(reading.text[start:end]):
                    self.add("paragraph", line)

    def build(self, reader: str, title: str = "", date: str = "") -> Reading:
        """The document; Unreadable where there is no text at all."""
        if not self.blocks:
            raise Unreadable("it holds no text")
        return Reading(
            "".join(self._parts),
            tuple(self.blocks),
            tuple(self.page_starts),
            clean(title),
            iso_date(date),
            reader,
        )

    def _append(self, kind: BlockKind, text: str, level: int, label: str) -> None:
        if not text:
            return
        start = self._length
        self._length += len(text) + 1
        if self._length > self._limits.characters:
            limit = self._limits.characters
            raise Unreadable(f"more text than the limit of {limit:,} characters; split the file")
        self._parts += (text, "\n")
        self.blocks.append(Block(kind, start, start + len(text), level, label))


_DATE = re.compile(r"(?:D:)?(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?")


def iso_date(text: str) -> str:
    """The ISO date, month or year that a stamp begins with, as "D:2024013112" does, or ""."""
    found = _DATE.match(text.strip())
    if not found or not 1000 <= int(found[1]) <= 2999:
        return ""
    year, month, day = found.groups()
    if month and not 1 <= int(month) <= 12:
        return ""
    if day and not 1 <= int(day) <= 31:
        return f"{year}-{month}"
    return "-".join(part for part in (year, month, day) if part)


def joined(lines: list[str], compounds: frozenset[str] = frozenset()) -> str:
    """Lines of one paragraph as one line; a word divided at a line's end is made whole again.

    ``compounds`` are words with a hyphen that the document has elsewhere, in small letters; a
    line's end in one of them takes nothing away.
    """
    parts: list[str] = []
    for line in lines:
        line = line.strip()
        if not line:
            continue
        last = parts[-1] if parts else ""
        found = None
        if last.endswith("\u00ad") or (
            line[0].islower() and (found := _DIVIDED.search(last[-80:])) is not None
        ):
            word = _WORD.match(line)
            whole = f"{found[0]}{word[0]}".lower() if found and word else ""
            parts[-1] = last if whole in compounds else last[:-1]
        elif last and not (_COMPOUND.search(last[-2:]) and line[0].isalnum()):
            parts.append(" ")
        parts.append(line)  # "self-" "Service" keeps its hyphen, a path its slash
    return "".join(parts)


# A word before a hyphen, without a hyphen of its own.
_DIVIDED = re.compile(r"(?<![\w-])[^\W\d_]{2,}[-\u2010]$")
_COMPOUND = re.compile(r"\w[-\u2010/]$")
_WORD = re.compile(r"[^\W\d_]+")
