"""The training rows: read from the shared data folder, never copied into the project."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEPT = {"conj_nli": 0.4}  # share of a source's rows that is used, where not all
LABELS = {"entailed": 0, "neutral": 1, "contradicted": 2, "not_entailed": 3}


def listed(text: str) -> list[str]:
    """The items of a list written with bars between them."""
    return text.split("|")


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim (or question) against evidence; ``group`` keeps twins in one batch."""

    claim: str
    evidence: str
    label: int
    group: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A question against evidence: relevance, and the answer's characters or none."""

    question: str
    evidence: str
    relevant: bool
    span: tuple[int, int] | None
    has_span: bool  # whether the span is known to be there or known to be missing


def folder() -> Path:
    """The shared data folder; ends the program with one line where it is missing."""
    place = Path(os.environ.get("SUMMIT_QA_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (place / "nli-train.jsonl.gz").is_file():
        raise SystemExit(f"Training data not found in {place}; set SUMMIT_QA_DATA to its folder.")
    return place


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of one gzipped JSON lines file."""
    with gzip.open(folder() / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def held_out(text: str) -> bool:
    """Whether a paragraph belongs to the tenth that is never trained on."""
    return hashlib.sha256(text.encode()).digest()[0] < 26


_END = re.compile(r"(?<=[a-z0-9)\"'”’][.!?])[\"”’']?\s+(?=[A-Z\"“‘'])")
_ABBREVIATION = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Prof|St|Jr|Sr|vs|No|Inc|Co|Corp|Ltd|[A-Z])\.$"
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Rough sentence offsets, good enough for training text."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if _ABBREVIATION.search(text[max(0, match.start() - 8) : match.start()]):
            continue
        spans.append((start, match.start() + len(match.group().rstrip())))
        start = match.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return spans


def entailment_pairs(chance: random.Random | None = None) -> Iterator[Pair]:
    """The entailment data; with ``chance``, less of the sources that are less clean."""
    for row in rows("nli-train"):
        if chance is None or chance.random() < KEPT.get(row["source"], 1.0):
            yield Pair(row["claim"], row["evidence"], LABELS[row["label"]])


def span_rows(*, held: bool) -> Iterator[dict[str, Any]]:
    """Question rows whose paragraph is (not) in the held-out tenth."""
    for row in rows("qa-spans-train"):
        if held_out(row["context"]) == held:
            yield row


def window(context: str, start: int, end: int, around: int) -> tuple[str, int]:
    """The sentences that hold [start, end) and ``around`` more each side; and their offset."""
    spans = sentences(context)
    first = next((i for i, span in enumerate(spans) if span[1] > start), len(spans) - 1)
    last = next((i for i, span in enumerate(spans) if span[1] >= end), len(spans) - 1)
    begin = spans[max(0, first - around)][0]
    stop = spans[min(len(spans) - 1, max(first, last) + around)][1]
    return context[begin:stop], begin


def readings(seed: int = 0) -> Iterator[Reading]:
    """Reader rows: sentence-sized and paragraph-sized evidence, and evidence that is silent."""
    chance = random.Random(seed)
    questions: dict[str, list[str]] = {}
    kept = list(span_rows(held=False))
    for row in kept:
        questions.setdefault(row["context"], []).append(row["question"])
    contexts = list(questions)
    for row in kept:
        question, context = row["question"], row["context"]
        if not row["answerable"]:
            spans = sentences(context)
            begin, stop = chance.choice(spans)
            evidence = (
                context if len(context) < 700 and chance.random() < 0.7 else context[begin:stop]
            )
            yield Reading(question, evidence, False, None, True)
            continue
        start = row["answer_start"]
        end = start + len(row["answer"])
        around = chance.choice((0, 0, 1, 3))
        evidence, offset = window(context, start, end, around)
        yield Reading(question, evidence, True, (start - offset, end - offset), True)
        others = [(a, b) for a, b in sentences(context) if b <= start or a >= end]
        if others and chance.random() < 0.9:  # the same paragraph, but another sentence
            a, b = chance.choice(others)
            yield Reading(question, context[a:b], False, None, True)
        elif chance.random() < 0.45:  # another question's sentence
            other = chance.choice(contexts)
            if other != context:
                a, b = chance.choice(sentences(other))
                yield Reading(question, other[a:b], False, None, True)
    for row in rows("answer-sentences-train"):
        if row["relevant"] or chance.random() < 0.6:
            for _ in range(3 if row["relevant"] else 1):
                yield Reading(
                    row["question"], row["sentence"], row["relevant"], None, not row["relevant"]
                )
