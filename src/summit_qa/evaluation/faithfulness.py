"""Whether statements stand on the lines they cite: pointers, entailment, and facts not held."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from summit_qa.documents.decoding import decode
from summit_qa.errors import CorpusError
from summit_qa.language.lexicon import MONTHS, numbers, word_set, words
from summit_qa.language.names import missing_from
from summit_qa.types import Answer, Citation, SupportJudge

_WEEKDAYS = word_set("monday tuesday wednesday thursday friday saturday sunday")
_NAMED_DAYS = _WEEKDAYS | frozenset(MONTHS) - {"may", "march"}  # those two are verbs as well
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Thresholded:
    """A support judge that remembers what it was asked, and where it decides."""

    judge: SupportJudge
    supported: float
    contradicted: float
    known: dict[tuple[str, str], tuple[float, float]]

    @classmethod
    def of(cls, judge: SupportJudge, supported: float, contradicted: float) -> Thresholded:
        """The judge with the thresholds given and nothing remembered."""
        return cls(judge, supported, contradicted, {})

    def read(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Judge (evidence, claim) pairs together, which is quicker than one by one."""
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self.known]
        if not new:
            return
        for pair, row in zip(new, self.judge.score(new), strict=True):
            self.known[pair] = float(row[0]), float(row[2])

    def entailed(self, evidence: str, claim: str) -> float:
        """Probability that the evidence entails the claim."""
        self.read([(evidence, claim)])
        return self.known[evidence, claim][0]

    def entails(self, evidence: str, claim: str) -> bool:
        """Whether it does, by the threshold."""
        return self.entailed(evidence, claim) >= self.supported

    def contradicts(self, evidence: str, claim: str) -> bool:
        """Whether the evidence contradicts the claim, and does not rather entail it."""
        self.read([(evidence, claim)])
        entailed, contradicted = self.known[evidence, claim]
        return contradicted >= self.contradicted and contradicted > entailed


@dataclass(frozen=True, slots=True)
class Judged:
    """One statement held against the lines that it cites."""

    text: str
    evidence: str
    supported: bool  # the valid cited lines entail it
    entailed: bool  # … and no pointer is invalid: recalled, as ALCE says
    contradicted: bool
    probability: float  # that the evidence entails it
    pointers: int
    precise_pointers: int  # pointers that ALCE counts as right
    unheld: tuple[str, ...]  # numbers, days and names that no cited line holds


def pointer_valid(citation: Citation, files: Mapping[str, bytes]) -> bool:
    """Whether the file's bytes, read again, hold the quote at the characters and lines named.

    Nothing of the index is used, and the lines are counted anew.
    """
    data = files.get(citation.file)
    if data is None:
        return False
    try:
        text, _ = decode(data)
    except CorpusError:
        return False
    span = citation.span
    if not 0 <= span.start < span.end <= len(text) or text[span.start : span.end] != citation.quote:
        return False
    first = 1 + len(_LINE_END.findall(text[: span.start]))
    last = 1 + len(_LINE_END.findall(text[: span.end - 1]))
    return (first, last) == (span.start_line, span.end_line)


def judge_answer(answer: Answer, judge: Thresholded, files: Mapping[str, bytes]) -> list[Judged]:
    """Hold every statement against the lines it cites.

    Recall and precision of citations are those of ALCE (Gao et al., EMNLP 2023): a statement is
    recalled if its citations together entail it. A citation is precise if its statement is
    recalled and it is not idle: idle is one that does not entail the statement by itself while
    the others do so without it. Invalid pointers differ from ALCE's code: there they leave the
    denominator of the precision; here they stay in it as imprecise.
    """
    plans = []
    wanted: list[tuple[str, str]] = []
    for statement in answer.statements:
        pointers = statement.pointers
        valid = [c for c in pointers if pointer_valid(c, files)]
        lines = list(dict.fromkeys(c.line_text or c.quote for c in valid))
        joined = "\n".join(lines)
        plans.append((statement.text, pointers, valid, joined))
        if joined:
            wanted.append((joined, statement.text))
            wanted += [(line, statement.text) for line in lines if len(lines) > 1]
    judge.read(wanted)
    return [
        _judged(text, pointers, valid, joined, judge) for text, pointers, valid, joined in plans
    ]


def _judged(
    text: str,
    pointers: Sequence[Citation],
    valid: Sequence[Citation],
    joined: str,
    judge: Thresholded,
) -> Judged:
    if not joined:
        return Judged(text, "", False, False, False, 0.0, len(pointers), 0, unheld_facts(text, ""))
    entailed = judge.entails(joined, text)
    recalled = entailed and len(valid) == len(pointers)
    precise = 0
    if recalled:
        for number, citation in enumerate(valid):
            others = [c.line_text or c.quote for at, c in enumerate(valid) if at != number]
            rest = "\n".join(dict.fromkeys(others))
            idle = (
                bool(rest)
                and not judge.entails(citation.line_text or citation.quote, text)
                and judge.entails(rest, text)
            )
            precise += not idle
    return Judged(
        text=text,
        evidence=joined,
        supported=entailed,
        entailed=recalled,
        contradicted=judge.contradicts(joined, text),
        probability=judge.entailed(joined, text),
        pointers=len(pointers),
        precise_pointers=precise,
        unheld=unheld_facts(text, joined),
    )


def unheld_facts(statement: str, evidence: str) -> tuple[str, ...]:
    """Numbers, weekdays, months and names of the statement that the evidence does not hold."""
    missing = [f"{number:g}" for number in sorted(numbers(statement) - numbers(evidence))]
    held = set(words(evidence))
    missing += [
        word for word in dict.fromkeys(words(statement)) if word in _NAMED_DAYS and word not in held
    ]
    known = set(missing)
    missing += [name for name in missing_from(statement, [evidence]) if name not in known]
    return tuple(missing)
