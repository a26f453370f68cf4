"""Runs the models over the calibration data: raw scores, from which others fit and report.

What the models say about a file is kept under build/, named by their checksums, so that
calibrate.py and evaluate.py run the models once.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data import rows, span_rows
from summit_qa.documents.corpus import read_corpus
from summit_qa.documents.lines import line_text
from summit_qa.documents.sentences import sentence_spans
from summit_qa.models.cross_encoder import CrossEncoder
from summit_qa.models.encoder import MiniLMEncoder
from summit_qa.models.relevance import RelevanceModel, overlap
from summit_qa.models.support import (
    JUDGED_ALONE,
    SupportModel,
    gathered,
    line_features,
    question_scores,
    read_claim,
    support_features,
    windows,
)
from summit_qa.models.support_rules import rule_features
from summit_qa.models.thresholds import Coefficients, Multinomial, Thresholds

ROOT = Path(__file__).parents[1]
CACHE = ROOT / "build" / "collected"
SENTENCES_READ = 8  # as summit_qa.reader.reader
LABELS = ("entailed", "neutral", "contradicted")
Rows = list[dict[str, Any]]
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Models:
    """The models under test; ``support`` is the judge's fitted regression, once there is one."""

    judge: CrossEncoder
    reader: RelevanceModel
    encoder: MiniLMEncoder
    digests: tuple[str, str]  # of the judge's and the reader's weights
    support: Multinomial | None = None

    @classmethod
    def load(cls, folder: Path) -> Models:
        """The models in ``folder`` (judge, reader) and the bundled sentence encoder."""
        judge, reader = CrossEncoder.load(folder / "judge"), CrossEncoder.load(folder / "reader")
        encoder = MiniLMEncoder.load()
        return cls(
            judge,
            RelevanceModel(reader, Coefficients.load(), encoder),
            encoder,
            (judge.digest[:12], reader.digest[:12]),
        )

    def fitted(self, support: Multinomial) -> Models:
        """The same models with the judge's regression."""
        return replace(self, support=support)

    @property
    def support_model(self) -> SupportModel:
        """The judge as the package runs it; only once its regression is fitted."""
        assert self.support is not None, "fit the support regression first"
        coefficients = replace(Coefficients.load(), support=self.support)
        return SupportModel(self.judge, coefficients, Thresholds.load())

    def windows(self, pairs: Sequence[tuple[str, str]]) -> list[Array]:
        """Features (windows, SUPPORT_FEATURES) of each (evidence, claim) pair."""
        cut = [windows(evidence, claim) for evidence, claim in pairs]
        unique = list(
            dict.fromkeys(
                (claim, text)
                for (_, claim), texts in zip(pairs, cut, strict=True)
                for text in texts
            )
        )
        logits = dict(zip(unique, self.judge.run(unique)["support"], strict=True))
        return [
            support_features(
                np.stack([logits[(claim, text)] for text in texts]), rule_features(evidence, claim)
            )
            for (evidence, claim), texts in zip(pairs, cut, strict=True)
        ]


def collect(name: str, models: Models, sample: int | None = None) -> Rows:
    """The rows of one collector, at most ``sample`` of them; from the cache if they are there."""
    make = COLLECTORS[name]
    parts = [path.read_bytes() for path in (Path(__file__), *_sources())]
    if name in NEEDS_SUPPORT:
        parts.append(repr(models.support).encode())
    code = hashlib.sha256(b"".join(parts)).hexdigest()[:12]
    judge, reader = models.digests
    weights = {name in ONLY_JUDGE: judge, name in ONLY_READER: reader}.get(True)
    path = CACHE / f"{name}-{weights or f'{judge}-{reader}'}-{code}-{sample or 'all'}.pickle"
    if path.is_file():
        found: Rows = pickle.loads(path.read_bytes())
        return found
    found = make(models, lambda items: _sampled(items, sample))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(found))
    return found


Sampler = Callable[[Rows], Rows]


def entailment(models: Models, sampled: Sampler) -> Rows:
    """nli-val: windows and label of each pair."""
    kept = sampled(list(rows("nli-val")))
    found = models.windows([(row["evidence"], row["claim"]) for row in kept])
    return [
        {"windows": each, "label": LABELS.index(row["label"])}
        for row, each in zip(kept, found, strict=True)
    ]


def summaries(models: Models, sampled: Sampler) -> Rows:
    """FRANK, CNN/DM: windows of each summary sentence against the article."""
    return [
        {
            "factuality": row["factuality"],
            "windows": models.windows([(row["article"], s) for s in row["summary_sentences"]]),
        }
        for row in sampled(
            [row for row in rows("calibration-frank-valid") if row["dataset"] == "cnndm"]
        )
    ]


def edited(models: Models, sampled: Sampler) -> Rows:
    """BUMP: windows of the sentences of the reference and of its edited twin."""
    found = []
    for row in sampled(list(rows("calibration-bump-task2"))):
        texts = {side: _sentences(row[f"{side}_summary"]) for side in ("reference", "edited")}
        found.append(
            {side: models.windows([(row["article"], s) for s in texts[side]]) for side in texts}
            | {"error": row["error_type"]}
        )
    return found


def gathered_claims(models: Models, sampled: Sampler) -> Rows:
    """WiCE: windows of the claim against all of its evidence, as `read_claim` gathers it."""
    pairs, labels = [], []
    for row in sampled(list(rows("calibration-wice-dev"))):
        near = overlap(row["claim"], row["evidence"])
        best = sorted(range(len(near)), key=lambda at: (-float(near[at]), at))[:JUDGED_ALONE]
        pairs.append((gathered(row["evidence"], best), row["claim"]))
        labels.append(row["label"])
    return [
        {"windows": each, "label": label}
        for each, label in zip(models.windows(pairs), labels, strict=True)
    ]


def claims(models: Models, sampled: Sampler) -> Rows:
    """WiCE as the package reads it: support of the claim, and each sentence's features."""
    judge = models.support_model
    found = []
    for row in sampled(list(rows("calibration-wice-dev"))):
        reading = read_claim(row["claim"], row["evidence"], judge)
        found.append(
            {
                "label": row["label"],
                "wanted": row["supporting_sentences"],
                "support": max(float(reading.alone[:, 0].max()), float(reading.together[0])),
                "features": np.array(line_features(reading.alone, reading.near)),
            }
        )
    return found


def polarity(models: Models, sampled: Sampler) -> Rows:
    """Minimal pairs on the five articles: windows of the true and of the false claim."""
    documents = {
        document.path: document
        for document in read_corpus(ROOT / "corpus", max_file_bytes=1 << 25).documents
    }
    lines = (ROOT / "eval" / "polarity.jsonl").read_text(encoding="utf-8").splitlines()
    kept = sampled([json.loads(line) for line in lines])
    pairs = [
        (line_text(documents[row["evidence"]["file"]], row["evidence"]["line"]), row[side])
        for row in kept
        for side in ("true", "false")
    ]
    found = models.windows(pairs)
    return [
        {"kind": row["kind"], "true": found[2 * at], "false": found[2 * at + 1]}
        for at, row in enumerate(kept)
    ]


def verdicts(models: Models, sampled: Sampler) -> Rows:
    """Argus: scores of each news snippet for the question, and its relevance."""
    judge = models.support_model
    return [
        {
            "answer": row["answer"] in ("yes", True),
            "scores": question_scores(judge, row["question"], row["sentences"]),
            "relevance": models.reader.relevance(row["question"], row["sentences"]),
        }
        for row in sampled(list(rows("calibration-argus-val")))
    ]


def ranked(models: Models, sampled: Sampler) -> Rows:
    """TREC-QA: features of each candidate sentence, and whether it answers."""
    return [
        {
            "features": models.reader.relevance_features(row["question"], row["candidates"]),
            "labels": [bool(label) for label in row["labels"]],
        }
        for row in sampled(list(rows("calibration-trecqa-dev")))
        if any(row["labels"])
    ]


def answers(models: Models, sampled: Sampler) -> Rows:
    """The held-out tenth of qa-spans-train: the span found, and whether there is an answer."""
    found = []
    for row in sampled(list(span_rows(held=True))):
        question, context = row["question"], row["context"]
        (reading,) = models.reader.read(question, [context])
        found.append(
            {
                "source": row["source"],
                "answerable": row["answerable"],
                "answer": row["answer"],
                "found": context[reading.start : reading.end],
                "relevance": reading.relevance,
                "margin": reading.margin,
                "log_probability": reading.log_probability,
                "cosine": float(models.reader.cosines(question, [context])[0]),
                "overlap": float(overlap(question, [context])[0]),
            }
        )
    return found


def answerable(models: Models, sampled: Sampler) -> Rows:
    """Questions with the sentences that would be found for them, which answer them or do not.

    ClapNQ: its passages. Held-out questions, Argus and TREC-QA: once with what answers them among
    look-alikes from elsewhere, and once with look-alikes alone, as where a corpus is silent.
    """
    found: Rows = []

    def add(source: str, question: str, texts: Sequence[str], wanted: bool) -> None:
        best = models.reader.relevance(question, texts)
        kept = [texts[at] for at in np.argsort(-best, kind="stable")[:SENTENCES_READ]]
        features = models.reader.answerability_features(question, kept)
        found.append({"source": source, "features": features, "answerable": wanted})

    def add_twice(source: str, question: str, right: Sequence[str], others: list[str]) -> None:
        near = overlap(question, others)
        alike = [others[at] for at in np.argsort(-near, kind="stable")[:SENTENCES_READ]]
        add(source, question, [*right, *alike], True)
        add(source, question, alike, False)

    for row in sampled(list(rows("calibration-clapnq-dev"))):
        texts = [text for passage in row["passages"] for text in _sentences(passage["text"])]
        add("clapnq", row["question"], texts, row["answerable"])
    chance = random.Random(5)
    held = [row for row in span_rows(held=True) if row["answerable"]]
    chance.shuffle(held)
    contexts = sorted({row["context"] for row in held})
    pool = [(context, text) for context in contexts for text in _sentences(context)]
    for row in sampled(held[:200]):
        apart = [text for context, text in pool if context != row["context"]]
        others = chance.sample(apart, min(len(apart), 400))
        add_twice("questions", row["question"], _sentences(row["context"])[:6], others)
    for source, name, key in (
        ("argus", "calibration-argus-val", "sentences"),
        ("trecqa", "calibration-trecqa-dev", "candidates"),
    ):
        everything = list(rows(name))
        for row in sampled(everything):
            labels = row.get("labels") or [1] * len(row[key])
            right = [t for t, label in zip(row[key], labels, strict=True) if label][:4]
            wrong = [t for t, label in zip(row[key], labels, strict=True) if not label]
            apart = [text for other in everything if other is not row for text in other[key]]
            if right:
                others = [*wrong, *chance.sample(apart, min(len(apart), 300))]
                add_twice(source, row["question"], right, others)
    return found


def candidates(models: Models, sampled: Sampler) -> Rows:
    """Held-out questions, each with its sentence, its neighbours and look-alikes from elsewhere.

    The reader has not been trained on them, so its share in a combination comes out right.
    """
    chance = random.Random(3)
    held = [row for row in span_rows(held=True) if row["answerable"]]
    contexts = sorted({row["context"] for row in held})
    pool = [(context, text) for context in contexts for text in _sentences(context)]
    chance.shuffle(pool)
    chance.shuffle(held)
    found = []
    for row in sampled(held[:500]):
        own = [row["context"][a:b] for a, b in sentence_spans(row["context"])]
        spans = sentence_spans(row["context"])
        start = row["answer_start"]
        right = next((i for i, (a, b) in enumerate(spans) if a <= start < b), None)
        if right is None:
            continue
        beside = [text for index, text in enumerate(own) if index != right][:4]
        apart = [text for context, text in pool if context != row["context"]]
        others = chance.sample(apart, min(len(apart), 300))
        near = overlap(row["question"], others)
        best = [others[index] for index in np.argsort(-near, kind="stable")[:4]]
        texts = [own[right], *beside, *best, *chance.sample(others, 2)]
        found.append(
            {
                "features": models.reader.relevance_features(row["question"], texts),
                "labels": [True] + [False] * (len(texts) - 1),
            }
        )
    return found


COLLECTORS: dict[str, Callable[[Models, Sampler], Rows]] = {
    "nli-val": entailment,
    "frank": summaries,
    "bump": edited,
    "wice": gathered_claims,
    "polarity": polarity,
    "claims": claims,
    "argus": verdicts,
    "trecqa": ranked,
    "spans": answers,
    "answerable": answerable,
    "candidates": candidates,
}
ONLY_JUDGE = frozenset({"nli-val", "frank", "bump", "wice", "polarity", "claims"})
ONLY_READER = frozenset({"trecqa", "spans", "answerable", "candidates"})
NEEDS_SUPPORT = frozenset({"claims", "argus"})


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def _sampled(items: Rows, sample: int | None) -> Rows:
    if sample is None or len(items) <= sample:
        return items
    return random.Random(0).sample(items, sample)


def _sources() -> list[Path]:
    """The modules whose change makes what was collected stale."""
    package = ROOT / "src" / "summit_qa"
    names = ("support", "support_rules", "relevance", "questions", "lexicon", "names")
    return [package / f"{name}.py" for name in names]
