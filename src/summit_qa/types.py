"""The values that pass between the stages and the protocols that vary.

Characters are counted 0-based and half-open, lines 1-based and inclusive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

_CONTEXT_READ = 120  # characters of a context line that a model reads
NOT_SURE = "Not sure, but this may answer it"

Verdict = Literal["yes", "no"]
Status = Literal["supported", "partly", "contradicted", "unverified"]
Outcome = Literal["answered", "tentative", "declined"]
Engine = Literal["reader", "writer"]
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
    line_starts: tuple[int, ...] = field(repr=False)
    blocks: tuple[Block, ...] = field(default=(), repr=False)
    page_starts: tuple[int, ...] = field(default=(), repr=False)
    reader: str = "text"  # name and version of the reader, such as "pdf-1"
    title: str = ""  # as the file itself states it, not its name
    date: str = ""  # ISO date or the start of one, as the file itself states it


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read, and why."""

    path: str
    reason: str


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
        return f"{self.context_text}\n{self.text}" if self.context_text else self.text

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

    ``focus`` is its sentence that shares most words with what was looked for, where one does.
    """

    passage: Passage
    score: float
    ranks: Mapping[str, int] = field(default_factory=dict)  # e.g. {"dense": 1, "bm25": 3}
    focus: Span | None = None

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
class Citation:
    """Words that really stand in a file: ``quote`` is the file's text at ``span``."""

    number: int
    file: str
    span: Span
    quote: str
    line_text: str = ""  # the whole of the cited line or lines, for display
    line_offset: int = 0  # where in line_text the quote begins
    support: float | None = None  # probability that the cited line entails the statement
    page: int | None = None  # from 1, where the format has pages
    context: str = ""  # heading path, table header, speaker: what the line is to be read under
    stale: bool = False  # the file was edited or removed after it was indexed

    @property
    def start_line(self) -> int:
        """First line of the quote, 1-based."""
        return self.span.start_line

    @property
    def end_line(self) -> int:
        """Last line of the quote, 1-based, inclusive."""
        return self.span.end_line

    @property
    def start_char(self) -> int:
        """First character of the quote in the document, 0-based."""
        return self.span.start

    @property
    def end_char(self) -> int:
        """Character after the quote, 0-based."""
        return self.span.end

    @property
    def location(self) -> str:
        """``file:line`` or ``file:first-last``; ``file:p3:line`` where the format has pages."""
        page = f"p{self.page}:" if self.page else ""
        if self.start_line == self.end_line:
            return f"{self.file}:{page}{self.start_line}"
        return f"{self.file}:{page}{self.start_line}-{self.end_line}"

    def to_dict(self) -> dict[str, Any]:
        """Number, place, quote and support, JSON-ready."""
        return {
            "number": self.number,
            "location": self.location,
            "file": self.file,
            "start_line": self.start_line,
            "end_line": self.end_line,
            "start_char": self.start_char,
            "end_char": self.end_char,
            "page": self.page,
            "context": self.context,
            "quote": self.quote,
            "line_text": self.line_text,
            "support": rounded(self.support),
            "stale": self.stale,
        }


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer and the citations that it rests on.

    ``highlight`` holds (start, end) character offsets into ``text``: the words that answer.
    ``support`` is the probability (0 to 1) that the cited lines entail the statement.
    ``further`` are citations of other places that say the same. ``under`` is what the statement
    is to be read under, in words of the file: the question that it answers, the lead-in of its
    list, the title of its file.
    """

    text: str
    citations: tuple[Citation, ...]
    status: Status
    support: float | None = None
    highlight: tuple[tuple[int, int], ...] = ()
    further: tuple[Citation, ...] = ()
    under: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Text, status and citations, JSON-ready."""
        return {
            "text": self.text,
            "under": self.under,
            "status": self.status,
            "support": rounded(self.support),
            "highlight": [list(pair) for pair in self.highlight],
            "citations": [citation.to_dict() for citation in self.citations],
            "further": [citation.to_dict() for citation in self.further],
        }


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two places in the corpus that contradict each other on what was asked."""

    first: Citation
    second: Citation
    probability: float  # that they contradict
    about: str = ""  # in words: what differs, such as 'dates: "2023-11-05" and "2023-08-16"'

    def to_dict(self) -> dict[str, Any]:
        """What differs, how surely, and both places, JSON-ready."""
        return {
            "about": self.about,
            "probability": rounded(self.probability),
            "first": self.first.to_dict(),
            "second": self.second.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model consumed; all zero for the reader."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None  # in the currency of the configured prices
    rejected_quotes: int = 0  # quotes that stand nowhere, and numbers that no sentence has
    misattributed_quotes: int = 0  # quotes cited where they stand, not where the model said
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds spent; ``first_statement`` is None where nothing was stated."""

    retrieval: float = 0.0
    ranking: float = 0.0
    answering: float = 0.0
    first_statement: float | None = None
    total: float = 0.0


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What is shown: every statement in ``statements`` carries a verified citation.

    ``status`` says how it came out: "answered"; "tentative", where the statements may answer but
    the answerer is not sure; "declined", with a reason and the nearest passages. ``confidence`` is
    the calibrated probability (0 to 1) that what is shown answers; of a language model's answer,
    that its lines bear out the best statement; None where nothing tells.
    ``text`` is made of ``statements`` alone, without those that their own source contradicts.
    ``unverified`` holds what a language model said that the files do not show: no quote of it
    was found, or its quotes do not bear it out. It is never part of ``text``.
    """

    question: str
    text: str
    verdict: Verdict | None
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    status: Outcome
    reason: str | None
    confidence: float | None = None
    short: str | None = None
    disagreements: tuple[Disagreement, ...] = ()
    unverified: tuple[Statement, ...] = ()
    nearest: tuple[Hit, ...] = ()  # the nearest passages, for an abstention
    notes: tuple[str, ...] = ()  # in words: a withheld verdict, a fallback and its cause
    rewritten: str | None = None  # the question as it was asked of the corpus, if rewritten
    engine: Engine = "reader"
    model: str | None = None
    generation: str | None = None
    timings: Timings = field(default_factory=Timings)
    usage: Usage = field(default_factory=Usage)

    @property
    def abstained(self) -> bool:
        """Whether there is no answer: the same as the status "declined"."""
        return self.status == "declined"

    @property
    def doubt(self) -> str:
        """What is said above a tentative answer, with its confidence; empty for the others."""
        if self.status != "tentative":
            return ""
        sure = "" if self.confidence is None else f" ({self.confidence:.0%} sure)"
        return f"{NOT_SURE}{sure}:"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-ready dict, as `summit-qa ask --json` prints it (docs/json.md)."""
        return {
            "question": self.question,
            "rewritten": self.rewritten,
            "text": self.text,
            "verdict": self.verdict,
            "short": self.short,
            "status": self.status,
            "confidence": rounded(self.confidence),
            "abstained": self.abstained,
            "reason": self.reason,
            "statements": [statement.to_dict() for statement in self.statements],
            "citations": [citation.to_dict() for citation in self.citations],
            "disagreements": [disagreement.to_dict() for disagreement in self.disagreements],
            "unverified": [statement.to_dict() for statement in self.unverified],
            "nearest": [hit.to_dict() for hit in self.nearest],
            "notes": list(self.notes),
            "engine": self.engine,
            "model": self.model,
            "generation": self.generation,
            "timings": {name: rounded(value) for name, value in asdict(self.timings).items()},
            "usage": asdict(self.usage),
        }

    def __repr__(self) -> str:
        what = self.reason if self.abstained else self.text
        short = what if what is None or len(what) <= 60 else what[:59] + "…"
        cited = ", ".join(citation.location for citation in self.citations[:3])
        head = f"Answer({self.question!r}: {short!r}, {self.status}, verdict={self.verdict}"
        return f"{head}, citations=[{cited}])"


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


@dataclass(frozen=True, slots=True)
class Window:
    """Evidence as a model reads it: some sentences of a passage, under the passage's context."""

    text: str
    context: str = ""

    @property
    def whole(self) -> str:
        """The text, with its context in front where it has one."""
        return self._front + self.text

    @property
    def begins(self) -> int:
        """Where in ``whole`` the text begins."""
        return len(self._front)

    @property
    def _front(self) -> str:
        line = " ".join(self.context.split())[:_CONTEXT_READ]
        return f"{line} | " if line else ""


@dataclass(frozen=True, slots=True)
class SpanPrediction:
    """Where in an evidence text the answer stands, and how surely it does.

    ``start`` and ``end`` are characters into the evidence; ``answerable`` and ``confidence``
    are probabilities, that the evidence answers at all and that these are the words.
    """

    start: int
    end: int
    answerable: float
    confidence: float


@runtime_checkable
class Answerer(Protocol):
    """Turns a question and its hits into snapshots of an answer; the last is the answer."""

    def answer(self, question: str, hits: Sequence[Hit]) -> Iterator[Answer]:
        """Yield immutable snapshots; each holds all statements of the one before."""
        ...


@runtime_checkable
class SupportJudge(Protocol):
    """Says whether evidence entails, leaves open or contradicts a claim."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Probabilities (n, 3) in the order entailed, neutral, contradicted.

        ``pairs`` are (evidence, claim).
        """
        ...


@runtime_checkable
class RelevanceRanker(Protocol):
    """Says how well texts answer a question: the first stage, which looks at many."""

    def relevance(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Relevance of each text to the question, (n,), 0 to 1."""
        ...


@runtime_checkable
class PassageReader(Protocol):
    """Says of many passages how likely each answers, cheaply."""

    def logits(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n,): the higher, the likelier; 0 is undecided."""
        ...


@runtime_checkable
class WindowReader(Protocol):
    """Reads the best windows: the second stage, which says whether they answer, and where.

    ``relevances`` are what the first stage says of the sentence that each window is around.
    """

    def spans(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float]
    ) -> list[SpanPrediction]:
        """The likeliest answer in each window, in characters of the window's text."""
        ...

    def answerability(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float]
    ) -> float:
        """Probability that the windows, the best that were found, answer the question at all."""
        ...


@runtime_checkable
class ReadingRanker(RelevanceRanker, WindowReader, Protocol):
    """A ranker that can also read what it ranked, as the small reader does."""


@dataclass(frozen=True, slots=True)
class Models:
    """The models that read and judge; without ``windows`` the ranker reads what it ranked."""

    ranker: ReadingRanker
    judge: SupportJudge
    windows: WindowReader | None = None


class Progress(Protocol):
    """Called while work goes on: ``progress(done, total, what)``."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Report that ``done`` of ``total`` units of ``what`` are finished."""
        ...
