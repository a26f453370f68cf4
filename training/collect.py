"""Runs the models over the calibration data: raw scores, from which others fit and report.

What the models say about a file is kept under build/, named by their checksums, so that
calibrate.py and evaluate.py run the models once.
"""

from __future__ import annotations

import hashlib
import pickle
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data import rows, span_rows
from summit_qa.chunking import sentence_spans
from summit_qa.cross_encoder import CrossEncoder
from summit_qa.encoder import MiniLMEncoder
from summit_qa.relevance import RelevanceModel, overlap
from summit_qa.support import SupportModel, question_scores, read_claim
from summit_qa.thresholds import Coefficients, Thresholds

CACHE = Path(__file__).parents[1] / "build" / "collected"
LABELS = ("entailed", "neutral", "contradicted")
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Models:
    """The models under test; ``digest`` names their weights."""

    judge: SupportModel
    reader: RelevanceModel
    encoder: MiniLMEncoder
    digest: str

    @classmethod
    def load(cls, folder: Path) -> Models:
        """The models in ``folder`` (judge, reader) and the bundled sentence encoder."""
        judge, reader = CrossEncoder.load(folder / "judge"), CrossEncoder.load(folder / "reader")
        encoder = MiniLMEncoder.load()
        coefficients = Coefficients.load()
        return cls(
            SupportModel(judge, coefficients, Thresholds.load()),
            RelevanceModel(reader, coefficients, encoder),
            encoder,
            f"{judge.digest[:12]}-{reader.digest[:12]}",
        )


def collect(name: str, models: Models, sample: int | None = None) -> Rows:
    """The rows of one collector, at most ``sample`` of them; from the cache if they are there."""
    make = COLLECTORS[name]
    code = hashlib.sha256(
        b"".join(path.read_bytes() for path in (Path(__file__), *_sources()))
    ).hexdigest()[:12]
    path = CACHE / f"{name}-{models.digest}-{code}-{sample or 'all'}.pickle"
    if path.is_file():
        found: Rows = pickle.loads(path.read_bytes())
        return found
    found = make(models, lambda items: _sampled(items, sample))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(found))
    return found


Sampler = Callable[[Rows], Rows]


def entailment(models: Models, sampled: Sampler) -> Rows:
    """nli-val: probabilities and label of each pair."""
    kept = sampled(list(rows("nli-val")))
    scores = models.judge.score([(row["evidence"], row["claim"]) for row in kept])
    shared = [float(overlap(row["claim"], [row["evidence"]])[0]) for row in kept]
    return [
        {"scores": score, "label": LABELS.index(row["label"]), "overlap": share}
        for row, score, share in zip(kept, scores, shared, strict=True)
    ]


def summaries(models: Models, sampled: Sampler) -> Rows:
    """FRANK, CNN/DM: scores of each summary sentence against the article."""
    kept = sampled([row for row in rows("calibration-frank-valid") if row["dataset"] == "cnndm"])
    return [
        {
            "factuality": row["factuality"],
            **_article_scores(models, row["article"], row["summary_sentences"]),
        }
        for row in kept
    ]


def edited(models: Models, sampled: Sampler) -> Rows:
    """BUMP: scores of the sentences of the reference and of its edited twin."""
    return [
        {
            "reference": _article_scores(
                models, row["article"], _sentences(row["reference_summary"])
            ),
            "edited": _article_scores(models, row["article"], _sentences(row["edited_summary"])),
            "error": row["error_type"],
        }
        for row in sampled(list(rows("calibration-bump-task2")))
    ]


def cited(models: Models, sampled: Sampler) -> Rows:
    """WiCE: what the claim's reading gives, and the sentences that people chose."""
    found = []
    for row in sampled(list(rows("calibration-wice-dev"))):
        reading = read_claim(row["claim"], row["evidence"], models.judge)
        near = overlap(row["claim"], row["evidence"])
        vectors = models.encoder.embed_texts([row["claim"], *row["evidence"]])
        found.append(
            {
                "label": row["label"],
                "wanted": row["supporting_sentences"],
                "together": reading.together,
                "alone": reading.alone,
                "read": reading.read,
                "overlap": near,
                "cosine": vectors[1:] @ vectors[0],
            }
        )
    return found


def verdicts(models: Models, sampled: Sampler) -> Rows:
    """Argus: scores of each news snippet for the question, and its relevance."""
    found = []
    for row in sampled(list(rows("calibration-argus-val"))):
        question, texts = row["question"], row["sentences"]
        found.append(
            {
                "answer": row["answer"],
                "question": question,
                "scores": question_scores(models.judge, question, texts),
                "asked": models.judge.score([(text, question) for text in texts]),
                "relevance": models.reader.relevance(question, texts),
                "cosine": models.reader.cosines(question, texts),
                "overlap": overlap(question, texts),
            }
        )
    return found


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
        (reading,) = models.reader.read(row["question"], [row["context"]])
        found.append(
            {
                "source": row["source"],
                "answerable": row["answerable"],
                "answer": row["answer"],
                "found": row["context"][reading.start : reading.end],
                "relevance": reading.relevance,
                "margin": reading.margin,
                "log_probability": reading.log_probability,
                "overlap": float(overlap(row["question"], [row["context"]])[0]),
            }
        )
    return found


def passages(models: Models, sampled: Sampler) -> Rows:
    """ClapNQ: features of the passage for the question, and whether it answers."""
    return [
        {
            "features": models.reader.answerability_features(
                row["question"], [passage["text"] for passage in row["passages"]]
            ),
            "answerable": row["answerable"],
        }
        for row in sampled(list(rows("calibration-clapnq-dev")))
    ]


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
        others = [text for context, text in pool if context != row["context"]]
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
    "wice": cited,
    "argus": verdicts,
    "trecqa": ranked,
    "spans": answers,
    "clapnq": passages,
    "candidates": candidates,
}


def _article_scores(models: Models, article: str, claims: Sequence[str]) -> dict[str, Any]:
    return {
        "scores": models.judge.score([(article, claim) for claim in claims]),
        "overlap": np.array([float(overlap(claim, [article])[0]) for claim in claims]),
    }


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def _sampled(items: Rows, sample: int | None) -> Rows:
    if sample is None or len(items) <= sample:
        return items
    return random.Random(0).sample(items, sample)


def _sources() -> list[Path]:
    """The modules whose change makes what was collected stale."""
    package = Path(__file__).parents[1] / "src" / "summit_qa"
    names = ("support", "support_rules", "relevance", "questions", "lexicon")
    return [path for name in names if (path := package / f"{name}.py").is_file()]
