"""What an evaluation found, as values; `report` saves and shows them."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from summit_qa.errors import EvaluationError

SCHEMA = 1


class Table(NamedTuple):
    """Headers and rows of plain text; escape it where it is put into a page."""

    headers: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        """As a Markdown table, numbers to the right."""
        rule = ["---", *("--:" for _ in self.headers[1:])]
        lines = (
            "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
            for row in (self.headers, rule, *self.rows)
        )
        return "\n".join(lines) + "\n"


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Figure(_Value):
    """A ratio, the interval that holds it in 95 % of resamples, and what is behind it."""

    value: float | None
    low: float | None = None
    high: float | None = None
    count: int = 0  # questions
    of: float = 0  # the denominator: questions, statements, citations or lines

    def __str__(self) -> str:
        """Percent with its interval, as in ``82 (75–88)``; a dash where nothing was measured."""
        if self.value is None:
            return "–"
        if self.low is None or self.high is None:
            return f"{100 * self.value:.0f}"
        return f"{100 * self.value:.0f} ({100 * self.low:.0f}–{100 * self.high:.0f})"


class CitationRow(_Value):
    """One pointer of a statement and whether it holds."""

    number: int
    file: str
    first_line: int
    last_line: int
    quote: str
    valid: bool
    gold: bool  # whether it touches a gold line
    first_char: int = 0  # where in its first line the quote begins, 0-based
    last_char: int = 0  # the character after it in its last line

    @property
    def location(self) -> str:
        """``file:line`` or ``file:first-last``."""
        place = f"{self.file}:{self.first_line}"
        return place if self.first_line == self.last_line else f"{place}-{self.last_line}"


class StatementRow(_Value):
    """One statement held against the lines that it cites."""

    text: str
    citations: tuple[CitationRow, ...]
    entailed: bool
    contradicted: bool
    probability: float  # that the cited lines entail it
    unheld: tuple[str, ...] = ()
    language_model: str | None = None  # entailed, neutral, contradicted, or "error: …"


class CaseRow(_Value):
    """One question, what was answered, and what was missed and why."""

    id: str
    kind: str
    question: str
    history: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()  # in words: the verdict and facts of a right answer
    gold: tuple[str, ...] = ()  # file:line
    why: str = ""
    error: str | None = None
    verdict: str | None = None
    short: str | None = None
    abstained: bool = False
    tentative: bool = False
    confidence: float | None = None  # that what is shown answers
    reason: str | None = None
    statements: tuple[StatementRow, ...] = ()
    disagreements: tuple[str, ...] = ()
    found: tuple[str, ...] = ()  # the first ten lines of retrieval, file:line
    right: bool | None = None
    missed: tuple[str, ...] = ()
    badness: float = 0.0  # 0 is faultless; the worst come first
    figures: dict[str, tuple[float, float]] = {}
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0


class BinRow(_Value):
    """Probabilities within a tenth of the scale, their mean and the share that was right."""

    low: float
    high: float
    count: int
    predicted: float
    observed: float


class RelianceRow(_Value):
    """One alteration of the corpus and whether the answer followed it."""

    case: str
    kind: str  # removed or changed
    what: str
    before: str
    after: str
    relies: bool


class Cost(_Value):
    """Seconds, tokens and bytes."""

    seconds_p50: float | None = None
    seconds_p95: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    index_bytes: int | None = None


class JudgeRow(_Value):
    """How well the support model agrees with human labels (``eval-judge``)."""

    data: str
    count: int
    positives: int
    threshold: float
    auroc: Figure
    balanced_accuracy: Figure
    calibration_error: Figure
    pairs_right: Figure | None = None  # minimal pairs: the true one entailed, the false one not
    bins: tuple[BinRow, ...] = ()
    kinds: dict[str, Figure] = {}  # balanced accuracy, or pairs right, of each kind


class EngineReport(_Value):
    """What one engine answered, and its figures by group and name."""

    name: str
    about: str
    cases: tuple[CaseRow, ...]
    figures: dict[str, dict[str, Figure]]
    cost: Cost
    reliance: tuple[RelianceRow, ...] = ()
    differing: tuple[str, ...] = ()  # cases whose answer was another when asked again


class Results(_Value):
    """A whole run: the engines side by side on the same questions."""

    schema_version: int = SCHEMA
    created: str  # ISO 8601, UTC
    commit: str
    dataset: str
    format: str
    dataset_sha256: str
    generation: str
    models: dict[str, str] = {}  # the judge's thresholds and what it is
    notes: tuple[str, ...] = ()
    engines: tuple[EngineReport, ...]
    judge: JudgeRow | None = None
    lines: dict[str, str] = {}  # text of every line named in the report, by file:line

    def engine(self, name: str) -> EngineReport:
        """The engine's part; EvaluationError where it did not take part."""
        for engine in self.engines:
            if engine.name == name:
                return engine
        names = ", ".join(engine.name for engine in self.engines)
        raise EvaluationError(f"The run has no engine {name!r}; it has {names}.")

    def rows(self, engine: str | None = None) -> tuple[CaseRow, ...]:
        """The engine's cases (the first engine's by default), the worst first."""
        chosen = self.engines[0] if engine is None else self.engine(engine)
        return tuple(sorted(chosen.cases, key=lambda row: (-row.badness, row.id)))

    def title(self) -> str:
        """What was asked, how many questions, when, and by which version."""
        count = max((len(engine.cases) for engine in self.engines), default=0)
        return f"{self.dataset} · {count:,} questions · {self.created[:10]} · {self.commit}"
