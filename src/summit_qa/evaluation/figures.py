"""Every figure by name: what it is called, what it means, and which way is better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from summit_qa.evaluation.bootstrap import interval
from summit_qa.evaluation.results import CaseRow, Figure

Better = Literal["higher", "lower"]
OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure: a ratio of sums over the questions that it applies to."""

    name: str
    section: str
    label: str
    about: str
    better: Better = "higher"


_RETRIEVAL = (
    ("hit_at_1", "Hit@1", "a gold line is the first line found"),
    ("hit_at_3", "Hit@3", "a gold line is among the first three lines found"),
    ("hit_at_5", "Hit@5", "a gold line is among the first five lines found"),
    ("hit_at_10", "Hit@10", "a gold line is among the first ten lines found"),
    ("mrr_at_10", "MRR@10", "mean of 1 / rank of the first gold line among ten"),
    ("ndcg_at_10", "nDCG@10", "gold lines among ten, the earlier the better; 1 is ideal"),
    ("recall_at_100", "Recall@100", "share of the relevant documents among the first 100"),
    ("average_precision", "MAP", "mean average precision over the first 100 documents"),
)
_CITATIONS = (
    ("pointers_valid", "Pointers valid", "the file's bytes hold the quote where the citation says"),
    ("coverage", "Coverage", "statements that carry a citation"),
    ("gold_precision", "Gold precision", "cited lines that are gold lines"),
    ("gold_recall", "Gold recall", "gold lines that are cited; a good answer need not cite all"),
    ("citation_recall", "ALCE recall", "statements that their citations together entail"),
    ("citation_precision", "ALCE precision", "citations that their statement needs"),
)
_CORRECTNESS = (
    (
        "right",
        "Answered correctly",
        "verdict, facts, both sides or abstention, as asked",
    ),
    ("facts", "Facts present", "facts that a right answer must hold and that it holds"),
    ("verdict_right", "Verdict right", "yes/no as the articles support it"),
    ("disagreement_found", "Disagreement found", "a line of each side is shown"),
    ("answered", "Answered", "answerable questions that were not declined"),
    ("abstention_precision", "Abstention precision", "of those declined, unanswerable"),
    ("abstention_recall", "Abstention recall", "of the unanswerable, declined"),
    ("abstention_f1", "Abstention F1", "harmonic mean of the two"),
    ("exact_match", "Exact match", "the short answer is one of those wanted (SQuAD)"),
    ("token_f1", "F1", "words shared with the nearest wanted answer (SQuAD)"),
)

DEFINITIONS: tuple[Definition, ...] = (
    *(Definition(name, "Correctness", label, about) for name, label, about in _CORRECTNESS),
    Definition(
        "verdict_wrong", "Correctness", "Verdict wrong", "the opposite of it is said", "lower"
    ),
    Definition(
        "verdict_withheld", "Correctness", "Verdict withheld", "neither yes nor no is said", "lower"
    ),
    *(Definition(name, "Retrieval", label, about) for name, label, about in _RETRIEVAL),
    *(Definition(name, "Citations", label, about) for name, label, about in _CITATIONS),
    Definition(
        "left_out",
        "Citations",
        "Left out",
        "statements of the writer that no quote in the files backs; they are never shown",
        "lower",
    ),
    Definition(
        "faithful", "Faithfulness", "Entailed", "statements entailed by their valid cited lines"
    ),
    Definition(
        "contradicted",
        "Faithfulness",
        "Contradicted",
        "statements that their cited lines contradict",
        "lower",
    ),
    Definition(
        "unheld",
        "Faithfulness",
        "Details not held",
        "statements with a number, date or name that no cited line holds",
        "lower",
    ),
    Definition(
        "language_model_faithful",
        "Faithfulness",
        "Entailed (language model)",
        "the same statements, judged by the language model of --judge",
    ),
    Definition(
        "language_model_contradicted",
        "Faithfulness",
        "Contradicted (language model)",
        "the same statements, judged by the language model of --judge",
        "lower",
    ),
    Definition(
        "relies_removed",
        "Reliance",
        "Follows removal",
        "the cited lines are blanked: the answer changes or is withheld",
    ),
    Definition(
        "relies_changed",
        "Reliance",
        "Follows a change",
        "a number or name is changed everywhere: the old one is not said again",
    ),
    Definition("deterministic", "Stability", "Same again", "asked again, the answer is identical"),
    Definition("failed", "Stability", "Failed", "questions that ended in an error", "lower"),
)
BY_NAME: Mapping[str, Definition] = {definition.name: definition for definition in DEFINITIONS}


def figure_of(parts: Iterable[tuple[float, float]]) -> Figure:
    """The ratio of the sums of (numerator, denominator) pairs, a pair a question.

    Resampling says nothing where all questions agree (0 % or 100 %): there the far end is that of
    the exact binomial interval (Clopper and Pearson 1934).
    """
    pairs = list(parts)
    top, bottom = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    if not bottom:
        return Figure(value=None, count=len(pairs), of=0)
    found = interval([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    low, high = found or (None, None)
    if low == high in (0.0, 1.0):
        far = 0.025 ** (1 / len(pairs))
        low, high = (0.0, 1 - far) if high == 0 else (far, 1.0)
    return Figure(value=top / bottom, low=low, high=high, count=len(pairs), of=bottom)


def aggregate(rows: Sequence[CaseRow]) -> dict[str, dict[str, Figure]]:
    """Figures by group and name: all questions together, then each kind of question."""
    groups: dict[str, list[CaseRow]] = {OVERALL: list(rows)}
    for row in rows:
        groups.setdefault(row.kind, []).append(row)
    return {group: _figures(members) for group, members in groups.items()}


def _figures(rows: Sequence[CaseRow]) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for definition in DEFINITIONS:
        parts = [row.figures[definition.name] for row in rows if definition.name in row.figures]
        if parts:
            found[definition.name] = figure_of(parts)
    return found
