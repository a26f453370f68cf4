"""What is read and found: documents, passages, sentences, hits.

Characters are counted 0-based and half-open, lines 1-based and inclusive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

BlockKind = Literal[
    "title",
    "heading",
    "paragraph",
    "item",  # of a list
    "header",  # of a table: its column names
    "row",
    "code",
    "turn",  # what one speaker says
    "question",
    "answer",
    "quote",  # a quoted reply
    "meta",  # a line about the document: who was present, front matter, a mail's sender
]


def rounded(value: float | None, places: int = 4) -> float | None:
    """A number as JSON shows it; None stays None."""
    return None if value is None else round(float(value), places)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document: characters 0-based half-open, lines 1-based inclusive."""

    start: int
    end: int
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document that is one thing: ``document.text[start:end]``, trimmed.

    ``level`` is the depth of a heading (1 is the highest), of a list item (0 is the outermost)
    or of a quoted reply (1 for ``>``). ``label`` is what code knows of it in words that need not
    stand in the text: a speaker, a path of keys. ``under`` are the blocks, by their place in
    ``Document.blocks``, that it is to be read under: title, headings, table header, lead-in.
    Blocks are in order and do not overlap.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    label: str = ""
    under: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the corpus as text, with the start of each of its lines.

    For plain text ``text`` keeps every character of the file, line ends included; only a byte
    order mark is left out. For another format it is what ``reader`` made of the file.
    ``line_starts[i]`` is the character at which line ``i + 1`` begins, ``page_starts[i]`` that
    of page ``i + 1``, where the format has pages (slides, sheets, chapters).
    """

    path: str  # relative to the corpus folder, "/" between parts
    text: str
    sha256: str  # of the file's bytes
    encoding: str
    size: int  # bytes
    line_starts: Sequence[int] = field(repr=False)
    blocks: Sequence[Block] = field(default=(), repr=False)
    page_starts: Sequence[int] = field(default=(), repr=False)
    reader: str = "text"  # name and version of the reader, such as "pdf-1"
    title: str = ""  # as the file itself states it, not its name
    date: str = ""  # ISO date or the start of one, as the file itself states it


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read, and why."""

    path: str
    reason: str


def in_context(context: str, text: str) -> str:
    """A text behind its context, if it has one."""
    return f"{context}\n{text}" if context else text


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences within a section: an exact slice of its document.

    ``context`` are places elsewhere in the document that a person would need to understand it:
    title, heading path, table header, the lead-in of a list, the question that a turn answers.
    ``context_text`` is their text on one line, as it is read, embedded and shown in front of the
    passage; it is never quoted as a statement.
    """

    id: str
    path: str
    span: Span
    text: str
    context: tuple[Span, ...] = ()
    context_text: str = ""
    page: int | None = None  # of its first line, from 1, where the format has pages

    @property
    def file(self) -> str:
        """The file that the passage stands in (same as ``path``)."""
        return self.path

    @property
    def in_context(self) -> str:
        """Context and text, as they are embedded and searched for words."""
        return in_context(self.context_text, self.text)

    @property
    def location(self) -> str:
        """``file:line`` of the passage's first line; ``file:p3:line`` where there are pages."""
        return self.location_of(self.span.start_line)

    def location_of(self, line: int) -> str:
        """The same of another line of the passage."""
        page = f"p{self.page}:" if self.page else ""
        return f"{self.path}:{page}{line}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a passage: ``document.text[span.start:span.end] == text``.

    Its context is its own: a row has its table's header, an item its list's lead-in.
    """

    passage: Passage
    span: Span
    text: str
    context: tuple[Span, ...] = ()
    context_text: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that retrieval found, with its fused score and its rank in each list.

    ``focus`` is its sentence that shares most words with what was looked for, where one does;
    ``cosine`` is that of its vector, where there is one.
    """

    passage: Passage
    score: float
    ranks: Mapping[str, int] = field(default_factory=dict)  # e.g. {"dense": 1, "bm25": 3}
    focus: Span | None = None
    cosine: float | None = None

    @property
    def line(self) -> int:
        """The line to open: the first of the focus, or else of the passage."""
        return (self.focus or self.passage.span).start_line

    @property
    def location(self) -> str:
        """``file:line`` of that line; ``file:p3:line`` where there are pages."""
        return self.passage.location_of(self.line)

    @property
    def text(self) -> str:
        """The passage's text."""
        return self.passage.text

    def to_dict(self) -> dict[str, Any]:
        """Place, text and scores, JSON-ready."""
        span = self.passage.span
        return {
            "location": self.location,
            "file": self.passage.path,
            "line": self.line,
            "start_line": span.start_line,
            "end_line": span.end_line,
            "start_char": span.start,
            "end_char": span.end,
            "page": self.passage.page,
            "context": self.passage.context_text,
            "text": self.text,
            "score": rounded(self.score, 6),
            "ranks": dict(self.ranks),
        }


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence with its relevance to the question, 0 to 1."""

    sentence: Sentence
    relevance: float
    hit: Hit


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did: paths added, changed, removed, unchanged; files skipped and why."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    passages: int = 0
    embedded: int = 0
    generation: str = ""
    messages: tuple[str, ...] = ()  # in words: a damaged generation that was rebuilt, …
    seconds: float = 0.0

    @property
    def published(self) -> bool:
        """Whether anything differed from the generation before."""
        return bool(self.added or self.changed or self.removed)

    def to_dict(self) -> dict[str, Any]:
        """What was done, file by file, JSON-ready."""
        return asdict(self)


class Progress(Protocol):
    """Called while work goes on: ``progress(done, total, what)``."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Report that ``done`` of ``total`` units of ``what`` are finished."""
        ...
