"""The figures below which a release is stopped; what a language model judged only warns."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summit_qa.errors import EvaluationError
from summit_qa.evaluation.cases import read_bytes
from summit_qa.evaluation.figures import BY_NAME, OVERALL
from summit_qa.evaluation.report import Report
from summit_qa.evaluation.results import Figure

_JUDGE_FIGURES = ("pairs_right", "auroc", "balanced_accuracy", "calibration_error")
_RULES = ("at_least", "at_most", "above")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the gate: a figure of an engine (or of the judge) and where it must lie."""

    subject: str  # an engine's name, or "judge"
    rule: str  # at_least, at_most, or above (another engine's figure in the same run)
    figure: str
    bound: float | str

    @property
    def warns(self) -> bool:
        """Whether it only warns: what a language model judged differs from run to run."""
        return self.figure.startswith("language_model_")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rule held against a report."""

    rule: Rule
    value: float | None  # None where it was not measured, which is not passed
    bound: float | None
    passed: bool

    def __str__(self) -> str:
        """In words, with figures in percent."""
        label = BY_NAME[self.rule.figure].label if self.rule.figure in BY_NAME else self.rule.figure
        value = "not measured" if self.value is None else f"{100 * self.value:.1f}"
        bound = "not measured" if self.bound is None else f"{100 * self.bound:.1f}"
        words = {"at_least": "at least", "at_most": "at most"}.get(
            self.rule.rule, f"above {self.rule.bound}:"
        )
        return f"{self.rule.subject}, {label}: {value}, must be {words} {bound}"


def load_gate(path: Path) -> list[Rule]:
    """The rules in a TOML file; EvaluationError names what is unknown or no number."""
    try:
        content = tomllib.loads(read_bytes(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path} is not TOML: {error}.") from None
    rules = [_checked(rule, path) for rule in _rules(content, path)]
    if not rules:
        raise EvaluationError(f"{path} has no rules.")
    return rules


def judge(report: Report, rules: list[Rule]) -> list[Outcome]:
    """Every rule held against the report, in the order of the file."""
    return [_outcome(report, rule) for rule in rules]


def failures(outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes that stop a release."""
    return [outcome for outcome in outcomes if not outcome.passed and not outcome.rule.warns]


def _rules(content: dict[str, Any], path: Path) -> Iterator[Rule]:
    for subject, tables in content.items():
        if not isinstance(tables, dict):
            raise EvaluationError(f"{path}: {subject!r} must be a table.")
        for rule, bounds in tables.items():
            if rule not in _RULES or not isinstance(bounds, dict):
                raise EvaluationError(
                    f"{path}: [{subject}.{rule}] is no rule; there are {', '.join(_RULES)}."
                )
            for figure, bound in bounds.items():
                yield Rule(subject, rule, figure, bound)


def _checked(rule: Rule, path: Path) -> Rule:
    known = _JUDGE_FIGURES if rule.subject == "judge" else tuple(BY_NAME)
    if rule.figure not in known:
        raise EvaluationError(f"{path}: {rule.subject} has no figure {rule.figure!r}.")
    if rule.rule == "above":
        if not isinstance(rule.bound, str) or rule.subject == "judge":
            raise EvaluationError(f"{path}: [{rule.subject}.above] names engines to be above.")
    elif type(rule.bound) not in (int, float) or not 0 <= float(rule.bound) <= 1:
        raise EvaluationError(f"{path}: {rule.figure} must be a number from 0 to 1.")
    return rule


def _outcome(report: Report, rule: Rule) -> Outcome:
    value = _value(report, rule.subject, rule.figure)
    bound = (
        _value(report, rule.bound, rule.figure)
        if isinstance(rule.bound, str)
        else float(rule.bound)
    )
    if value is None or bound is None:
        return Outcome(rule, value, bound, passed=False)
    match rule.rule:
        case "at_least":
            passed = value >= bound
        case "at_most":
            passed = value <= bound
        case _:
            passed = value > bound
    return Outcome(rule, value, bound, passed)


def _value(report: Report, subject: str, name: str) -> float | None:
    if subject == "judge":
        figure: Figure | None = getattr(report.judge, name) if report.judge else None
    else:
        engines = [engine for engine in report.engines if engine.name == subject]
        figure = engines[0].figures[OVERALL].get(name) if engines else None
    return figure.value if figure else None
