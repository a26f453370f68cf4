"""An evaluation's results as a report: tables, a page, and JSON files that are read again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from summit_qa.errors import EvaluationError
from summit_qa.evaluation import page, tables
from summit_qa.evaluation.baselines import BM25, FIRST, STOCK
from summit_qa.evaluation.results import SCHEMA, EngineReport, Results, Table


class Report(Results):
    """The results of a run, with ways to show and keep them."""

    def table(self) -> Table:
        """A figure a row, an engine a column: percent with its interval; then the cost."""
        return tables.summary(self)

    def by_kind(self, figure: str = "right") -> Table:
        """A kind of question a row, one figure of each engine a column."""
        return tables.by_kind(self, figure)

    def html(self, against: Report | None = None) -> str:
        """The report as one page that loads nothing; ``against`` is an earlier run."""
        return page.render(self, against)

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
    ranks = {name: rank for rank, name in enumerate(("reader", "writer", STOCK, BM25, FIRST))}
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
