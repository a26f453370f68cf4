"""What is answered: statements with their citations, and what is told about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from summit_qa.types.texts import Hit, Span, rounded

NOT_SURE = "Not sure, but this may answer it"
Verdict = Literal["yes", "no"]
Status = Literal["supported", "partly", "contradicted", "unverified"]
Outcome = Literal["answered", "tentative", "declined"]
Engine = Literal["reader", "writer"]
EngineName = Literal["auto", "reader", "writer"]  # which one is asked for


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

    @property
    def pointers(self) -> tuple[Citation, ...]:
        """All places that the reader of the answer is pointed to."""
        return (*self.citations, *self.further)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of these places, each once."""
        return tuple(dict.fromkeys(citation.number for citation in self.pointers))

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
    the calibrated probability (0 to 1) that what is shown answers; of a language model's answer
    the lower of that and that its lines bear out the best statement; None where nothing tells.
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
    failure: str | None = None  # the kind of error that a language model ended with, if it did

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


@runtime_checkable
class Answerer(Protocol):
    """Turns a question and its hits into snapshots of an answer; the last is the answer."""

    def answer(self, question: str, hits: Sequence[Hit]) -> Iterator[Answer]:
        """Yield immutable snapshots; each holds all statements of the one before."""
        ...
