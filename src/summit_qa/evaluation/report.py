"""What an evaluation found: values that are saved as JSON, and tables of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from summit_qa.types import EvaluationError

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


class Report(_Value):
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

    def table(self) -> Table:
        """A figure a row, an engine a column: percent with its interval; then the cost."""
        from summit_qa.evaluation.tables import summary

        return summary(self)

    def by_kind(self, figure: str = "right") -> Table:
        """A kind of question a row, one figure of each engine a column."""
        from summit_qa.evaluation.tables import by_kind

        return by_kind(self, figure)

    def html(self, against: Report | None = None) -> str:
        """The report as one page that loads nothing; ``against`` is an earlier run."""
        from summit_qa.evaluation.page import render

        return render(self, against)

    def save(self, folder: Path) -> list[Path]:
        """Write ``<date>-<commit>-<engine>.json``, one an engine; EvaluationError if it cannot."""
        paths = []
        for engine in self.engines:
            part = self.model_copy(
                update={"engines": (engine,), "lines": _lines_of(engine, self.lines)}
            )
            path = folder / f"{self.stem}-{engine.name}.json"
            write_text(path, _to_json(part))
            paths.append(path)
        return paths

    @property
    def stem(self) -> str:
        """How the names of its files begin; a public data set is named as well."""
        stem = f"{self.created[:10]}-{self.commit}"
        return stem if self.format == "native" else f"{stem}-{self.dataset}"

    @classmethod
    def load(cls, path: Path) -> Self:
        """The report in one JSON file; EvaluationError where it is none."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise EvaluationError(f"{path} cannot be read: {error.strerror}.") from None
        except ValidationError:
            raise EvaluationError(f"{path} is not a report of this version.") from None


def load_latest(folder: Path) -> Report | None:
    """The newest run on the native questions in the folder, all its engines; None if none."""
    runs = _runs(folder)
    return runs[-1] if runs else None


def load_run(path: Path) -> Report:
    """A run by one of its files, with the engines of the same run that lie beside it.

    A folder means the newest run in it.
    """
    if path.is_dir():
        latest = load_latest(path)
        if latest is None:
            raise EvaluationError(f"{path} holds no report.")
        return latest
    one = Report.load(path)
    beside = [part for part in _parts(path.parent) if _same_run(part, one)]
    return joined([one, *(part for part in beside if part.engines != one.engines)])


def joined(parts: Sequence[Report]) -> Report:
    """The parts of one run as one report."""
    lines: dict[str, str] = {}
    for part in parts:
        lines |= part.lines
    engines = tuple(engine for part in parts for engine in part.engines)
    return parts[0].model_copy(update={"engines": engines, "lines": lines})


def write_text(path: Path, text: str) -> None:
    """Write the file and its folder; EvaluationError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{path} cannot be written: {error.strerror}.") from None


def _runs(folder: Path) -> list[Report]:
    """The native runs in the folder, oldest first."""
    groups: dict[tuple[str, str, str], list[Report]] = {}
    for part in _parts(folder):
        if part.format == "native":
            groups.setdefault((part.created, part.commit, part.dataset), []).append(part)
    return [joined(groups[key]) for key in sorted(groups)]


def _parts(folder: Path) -> Iterable[Report]:
    """Every report file in the folder, engines in their usual order."""
    found = sorted(folder.glob("*.json")) if folder.is_dir() else []
    parts = []
    for path in found:
        try:
            parts.append(Report.load(path))
        except EvaluationError:
            continue  # another file, or one of another version
    order = ("reader", "writer", "stock-llamaindex", "bm25-top-sentence", "first-lines")
    ranks = {name: rank for rank, name in enumerate(order)}
    return sorted(parts, key=lambda part: ranks.get(part.engines[0].name, len(ranks)))


def _same_run(one: Report, two: Report) -> bool:
    return (one.created, one.commit, one.dataset) == (two.created, two.commit, two.dataset)


def _lines_of(engine: EngineReport, lines: Mapping[str, str]) -> dict[str, str]:
    """The lines that the engine's part names."""
    named: set[str] = set()
    for row in engine.cases:
        named.update(row.gold)
        for statement in row.statements:
            for citation in statement.citations:
                span = range(citation.first_line, citation.last_line + 1)
                named.update(f"{citation.file}:{line}" for line in span)
    return {place: lines[place] for place in sorted(named) if place in lines}


def _to_json(report: Report) -> str:
    """Rounded to six places, defaults left out; a case a line, so that versions can be compared."""
    fields: dict[str, Any] = _rounded(report.model_dump(mode="json", exclude_defaults=True))
    return _laid_out({"schema_version": SCHEMA, **fields}, 4) + "\n"


def _laid_out(value: Any, depth: int, indent: str = "") -> str:
    """JSON whose containers stand on lines of their own down to a depth."""
    if depth == 0 or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    inner = indent + " "
    if isinstance(value, list):
        parts = [_laid_out(item, depth - 1, inner) for item in value]
        opening, closing = "[]"
    else:
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: {_laid_out(item, depth - 1, inner)}"
            for key, item in value.items()
        ]
        opening, closing = "{}"
    listed = ",\n".join(inner + part for part in parts)
    return f"{opening}\n{listed}\n{indent}{closing}"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value
