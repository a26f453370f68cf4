"""Documents, answers and reports for tests of the evaluation, made in a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from summit_qa.documents.citations import cite, compose_text
from summit_qa.evaluation.cases import Case
from summit_qa.evaluation.engines import Reply
from summit_qa.evaluation.figures import aggregate
from summit_qa.evaluation.report import Report
from summit_qa.evaluation.results import CaseRow, Cost, EngineReport
from summit_qa.types import Answer, Citation, Document, Statement


def citation(source: Document, quote: str, number: int = 1) -> Citation:
    """The citation of the first place where the quote stands."""
    at = source.text.index(quote)
    return cite(source, at, at + len(quote), number=number)


def statement(text: str, *citations: Citation) -> Statement:
    """A statement with its citations."""
    return Statement(text, citations, "supported")


def answer(*statements: Statement, **fields: Any) -> Answer:
    """An answer of the statements; without any, an abstention."""
    values: dict[str, Any] = {
        "question": "?",
        "text": compose_text(statements),
        "verdict": None,
        "statements": statements,
        "citations": tuple(c for each in statements for c in each.citations),
        "status": "answered" if statements else "declined",
        "reason": None if statements else "nothing answers",
    }
    return Answer(**(values | fields))


def row(identity: str, right: bool | None = True, **fields: Any) -> CaseRow:
    """A row whose only figure is whether it is right."""
    figures = {} if right is None else {"right": (float(right), 1.0)}
    values = {"kind": "fact", "question": f"{identity}?", "right": right, "figures": figures}
    return CaseRow(id=identity, **(values | fields))


def report(engines: dict[str, Sequence[CaseRow]], **fields: Any) -> Report:
    """A report of the rows of each engine."""
    values: dict[str, Any] = {
        "created": "2026-01-02T03:04:05+00:00",
        "commit": "1a2b3c4",
        "dataset": "questions",
        "format": "native",
        "dataset_sha256": "0" * 64,
        "generation": "g-1",
        "engines": tuple(
            EngineReport(
                name=name,
                about="made for a test",
                cases=tuple(rows),
                figures=aggregate(rows),
                cost=Cost(),
            )
            for name, rows in engines.items()
        ),
    }
    return Report(**(values | fields))


class Scripted:
    """An engine that says what it was told, in turn where it was told a list; it counts."""

    index_bytes = None

    def __init__(self, answers: dict[str, Answer | Exception | list[Answer]]) -> None:
        self.name = "scripted"
        self.asked: list[str] = []
        self._answers = answers

    def reply(self, case: Case) -> Reply:
        """What stands for the case."""
        self.asked.append(case.id)
        said = self._answers[case.id]
        if isinstance(said, list):
            said = said.pop(0)
        if isinstance(said, Exception):
            raise said
        return Reply(said, (), 0.5)

    def close(self) -> None:
        """Nothing."""
