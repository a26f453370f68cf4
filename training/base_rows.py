"""What the base model learns from: one item may teach several of its heads.

Support: entailment data, claims made true and wrong, yes/no questions as claims (entailed means
yes). Relevance and span: questions with what answers them, and with what retrieval brings
instead: other sentences of the same text, look-alikes among other texts, the same sentence with
another name in the question. Evidence has the form in which the package reads it: one to three
sentences, often with a context line in front, parted from it by `SEPARATOR`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data import KEPT, LABELS, held_out, rows, sentences

SEPARATOR = " | "  # between the context line and the evidence
LONGEST = 900  # characters of evidence
ENTAILED, NEUTRAL, CONTRADICTED, EITHER = range(4)  # EITHER: neutral or contradicted
UNKNOWN = -1
SUPPORT = {  # share of each source's rows that is used in a pass
    "mnli-sample": 0.6, "semi-auto-nli": 0.25, "cad-nli": 0.4, "feverous-dev": 0.8,
    "healthver": 0.5, "check-covid": 0.8, "onestopqa-mc": 0.3, "nope": 0.4,
    "multirc-sample": 0.5, "paws-qqp": 0.25, "breaking-nli": 0.15, "sick": 0.1,
    "cb": 1.0, "folio": 0.5, "mctest-statements": 0.1, "propsegment-dev": 1.0,
    "aggrefact-cliff-goyal": 1.0, "lfqa-verif": 0.5, "begin": 0.3, "climate-fever": 0.15,
    "dialfact-small": 1.0,
}  # fmt: skip
SPANS = {
    "squadshifts": 0.45, "nq-short": 1.0, "quoref-sample": 0.8, "quoref-contrast": 0.5,
    "timeqa-human": 0.5, "friendsqa": 0.6, "onestopqa-evidence": 0.5, "ester-news-events": 0.4,
    "policyqa": 0.12, "covidqa": 0.5,
}  # fmt: skip
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]+(?: [A-Z][a-z]+){0,2}\b")
_YEAR = re.compile(r"\b(1[5-9]\d\d|20[0-2]\d)\b")
_WORD = re.compile(r"[A-Za-z0-9]{3,}")


@dataclass(frozen=True, slots=True)
class Item:
    """A question or claim and its evidence, with what is known of it (UNKNOWN where not)."""

    claim: str
    evidence: str
    support: int = UNKNOWN
    relevant: int = UNKNOWN
    span: tuple[int, int] | None = None  # characters of the evidence
    has_span: bool = False  # whether the span is known to be there or known to be missing
    starts: int = 0  # where the evidence proper begins, after its context line
    group: str = ""


def under(context: str, item: Item) -> Item:
    """The item with a context line in front of its evidence."""
    front = " ".join(context.split())[:120] + SEPARATOR
    span = item.span and (item.span[0] + len(front), item.span[1] + len(front))
    return replace(item, evidence=front + item.evidence, span=span, starts=len(front))


def _lead(text: str) -> str:
    """A line that stands for a text: its first words, as a title would."""
    spans = sentences(text)
    first = text[spans[0][0] : spans[0][1]] if spans else text
    return first[:90].rsplit(" ", 1)[0] if len(first) > 90 else first


def _window(text: str, start: int, end: int, chance: random.Random) -> tuple[str, int, int]:
    """One to three sentences around [start, end) with their offset and the first's number."""
    spans = sentences(text)
    first = next((i for i, span in enumerate(spans) if span[1] > start), len(spans) - 1)
    last = next((i for i, span in enumerate(spans) if span[1] >= end), len(spans) - 1)
    before, after = chance.choice(((0, 0), (0, 0), (1, 0), (0, 1), (1, 1), (2, 0)))
    first, last = max(0, first - before), min(len(spans) - 1, max(first, last) + after)
    return text[spans[first][0] : spans[last][1]], spans[first][0], first


class _Lookalikes:
    """Texts that share the rare words of a question, among some drawn by chance."""

    def __init__(self, texts: Sequence[str], chance: random.Random) -> None:
        self.texts = list(texts)
        self.words = [frozenset(w.lower() for w in _WORD.findall(text)) for text in self.texts]
        self.chance = chance

    def __call__(self, question: str, own: str, answer: str, looked: int = 250) -> str | None:
        words = {w.lower() for w in _WORD.findall(question)}
        drawn = [self.chance.randrange(len(self.texts)) for _ in range(looked)]
        best = max(drawn, key=lambda i: len(words & self.words[i]) / (20 + len(self.words[i])))
        text = self.texts[best]
        same = text == own or (answer and answer.lower() in text.lower())
        return None if same else text


def support_items(chance: random.Random) -> Iterator[Item]:
    """The entailment data."""
    for row in rows("nli-train"):
        share = KEPT.get(row["source"], 1.0)
        share *= {"ling_in_loop": 0.45, "snli": 0.25}.get(row["source"], 0.6)
        if chance.random() < share:
            yield Item(row["claim"], row["evidence"], LABELS[row["label"]])
    for name, share in SUPPORT.items():
        for row in rows(f"more/{name}"):
            kept = share * (0.3 if str(row["source"]).startswith("semi-auto-nli/sim") else 1.0)
            evidence = row["evidence"]
            if chance.random() < kept and evidence and len(evidence) < 2500:
                yield Item(row["claim"], evidence[:LONGEST], LABELS[row["label"]])


def news_items(seed: int, count: int, make: Callable[..., list[Any]]) -> Iterator[Item]:
    """Claims made true and wrong from news sentences and from situations."""
    for pair in make(seed=seed, count=count):
        group = f"{seed}/{pair.group}" if pair.group else ""
        yield Item(pair.claim, pair.evidence, pair.label, group=group)


def yes_no_items(chance: random.Random) -> Iterator[Item]:
    """Yes/no questions over their passage, over a part of it, and over a look-alike."""
    kept: list[tuple[str, str, str | None]] = []
    for name, share in (("boolq-train", 1.0), ("condaqa", 0.7), ("strategyqa-facts", 0.4)):
        for row in rows(f"more/{name}"):
            if not held_out(row["passage"]) and chance.random() < share:
                kept.append((row["question"], row["passage"], row["answer"]))
    alike = _Lookalikes(sorted({passage for _, passage, _ in kept}), chance)
    for question, passage, answer in kept:
        text = question.strip()
        if text and text[0].islower():  # as people type them, and as they write them
            if chance.random() < 0.6:
                text = text[0].upper() + text[1:]
            if not text.endswith("?") and chance.random() < 0.7:
                text += "?"
        label = {"yes": ENTAILED, "no": CONTRADICTED}.get(answer or "", NEUTRAL)
        item = Item(text, passage[:LONGEST], label, 1 if answer else UNKNOWN)
        yield under(_lead(passage), item) if chance.random() < 0.15 else item
        if chance.random() < 0.35 and (other := alike(question, passage, "")):
            spans = sentences(other)
            start, end = chance.choice(spans)
            window, _, _ = _window(other, start, end, chance)
            far = Item(text, window[:LONGEST], NEUTRAL, 0, None, True)
            yield under(_lead(other), far) if chance.random() < 0.4 else far


def span_items(chance: random.Random) -> Iterator[Item]:
    """Questions with their answer marked, and with evidence that is silent."""
    kept: list[dict[str, Any]] = []
    for row in rows("qa-spans-train"):
        if not held_out(row["context"]) and chance.random() < 0.5:
            kept.append(row)
    for name, share in SPANS.items():
        for row in rows(f"more/{name}"):
            if not held_out(row["context"]) and chance.random() < share:
                kept.append(row)
    alike = _Lookalikes(sorted({row["context"] for row in kept}), chance)
    names = [n for row in kept for n in _NAME.findall(row["question"])] or ["Edgar"]
    for row in kept:
        yield from _span_row(row, alike, names, chance)


def _span_row(
    row: dict[str, Any], alike: _Lookalikes, names: Sequence[str], chance: random.Random
) -> Iterator[Item]:
    question, context = row["question"], row["context"]
    if not row["answerable"]:
        spans = sentences(context)
        start, end = chance.choice(spans)
        text = context if len(context) < LONGEST else _window(context, start, end, chance)[0]
        yield Item(question, text[:LONGEST], UNKNOWN, 0, None, True)
        return
    start, answer = row["answer_start"], row["answer"]
    end = start + len(answer)
    if len(context) < LONGEST and chance.random() < 0.3:
        window, offset, number = context, 0, 0
    else:
        window, offset, number = _window(context, start, end, chance)
    if end - offset > LONGEST:
        return
    found = Item(question, window[:LONGEST], UNKNOWN, 1, (start - offset, end - offset), True)
    lead = _lead(context)
    with_lead = number > 0 and chance.random() < 0.5
    yield under(lead, found) if with_lead else found
    others = [(a, b) for a, b in sentences(context) if b <= start or a >= end]
    draw = chance.random()
    if draw < 0.45 and others:  # the same text, but another sentence
        a, b = chance.choice(others)
        text = context[a:b]
        if answer.lower() not in text.lower():
            item = Item(question, text[:LONGEST], UNKNOWN, 0, None, True)
            yield under(lead, item) if with_lead else item
    elif draw < 0.75:  # what retrieval brings: a look-alike
        if other := alike(question, context, answer):
            spans = sentences(other)
            words = {w.lower() for w in _WORD.findall(question)}
            a, b = max(spans, key=lambda s: len(words & set(other[s[0] : s[1]].lower().split())))
            text, _, at = _window(other, a, b, chance)
            item = Item(question, text[:LONGEST], UNKNOWN, 0, None, True)
            yield under(_lead(other), item) if at and chance.random() < 0.5 else item
    elif draw < 0.9 and (swapped := _swapped(question, window, names, chance)):
        item = Item(swapped, window[:LONGEST], UNKNOWN, 0, None, True)
        yield under(lead, item) if with_lead else item


def _swapped(question: str, window: str, names: Sequence[str], chance: random.Random) -> str | None:
    """The question about another name or year, which the window does not tell of."""
    years = [m.group() for m in _YEAR.finditer(question) if m.group() in window]
    if years and chance.random() < 0.5:
        other = str(int(years[0]) + chance.choice((-12, -7, -3, -2, 2, 3, 5, 9)))
        return None if other in window else question.replace(years[0], other)
    found = [name for name in _NAME.findall(question) if name in window]
    if not found:
        return None
    other = chance.choice(names)
    if other in window or other == found[0]:
        return None
    return question.replace(found[0], other)


def ranking_items(chance: random.Random) -> Iterator[Item]:
    """Questions with sentences that answer them and sentences that do not."""
    for name, shares in (
        ("answer-sentences-train", (1.0, 0.3)),
        ("more/selqa", (1.0, 0.12)),
        ("more/mediqa2019", (0.4, 0.4)),
    ):
        for row in rows(name):
            if chance.random() < shares[0 if row["relevant"] else 1]:
                relevant = int(row["relevant"])
                text = row["sentence"][:LONGEST]
                yield Item(row["question"], text, UNKNOWN, relevant, None, not relevant)
