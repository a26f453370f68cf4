"""Runs the models over the calibration data: raw scores, from which others fit and report.

What the models say about a file is kept under build/, named by their checksums, so that
calibrate.py and evaluate.py run the models once, and thresholds can be fitted again in seconds.
"""

from __future__ import annotations

import hashlib
import pickle
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data import held_out, rows, span_rows
from runs import StoredEncoder
from summit_qa.documents.corpus import make_document, read_corpus
from summit_qa.documents.lines import line_text
from summit_qa.documents.passages import passages_of
from summit_qa.documents.sentences import sentence_spans
from summit_qa.language.lexicon import overlap
from summit_qa.language.wording import line_wording
from summit_qa.models.base_model import BaseModel, BaseReading, answer_features, truth
from summit_qa.models.claims import JUDGED_ALONE
from summit_qa.models.cross_encoder import MODELS
from summit_qa.models.encoder import MiniLMEncoder
from summit_qa.models.relevance import RelevanceModel
from summit_qa.models.support import SUPPORT_FEATURES, support_features, windows
from summit_qa.models.thresholds import Coefficients
from summit_qa.reader.windows import READ_WINDOWS, SentenceWindow, windows_of
from summit_qa.retrieval.fusion import rank_sentences
from summit_qa.types import Document, Hit, Window

ROOT = Path(__file__).parents[1]
CACHE = ROOT / "build" / "collected"
LABELS = ("entailed", "neutral", "contradicted")
MOST = {  # rows that are read of the larger files (of each source, of "answerable")
    "nli-val": 3_000,
    "boolq": 500,
    "condaqa": 500,
    "answerable": 300,
    "spans": 1_000,
    "candidates": 250,
}
Rows = list[dict[str, Any]]
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Models:
    """The models under test."""

    base: BaseModel
    reader: RelevanceModel

    @classmethod
    def load(cls, folder: Path) -> Models:
        """The base model in ``folder``; the bundled small reader and sentence encoder."""
        sentences = StoredEncoder.load(MODELS / "minilm")
        reader = RelevanceModel(
            StoredEncoder.load(MODELS / "reader"),
            Coefficients.load(),
            MiniLMEncoder(sentences, sentences.digest),
        )
        return cls(BaseModel(StoredEncoder.load(folder)), reader)

    @property
    def digest(self) -> str:
        """What the figures are of."""
        return self.base.digest[:12]

    def support(self, pairs: Sequence[tuple[str, str]]) -> Array:
        """`support_features` (n, SUPPORT_FEATURES) of (evidence, claim) pairs."""
        cut = [windows(evidence, claim) for evidence, claim in pairs]
        flat = [(claim, w) for (_, claim), part in zip(pairs, cut, strict=True) for w in part]
        logits = _in_blocks(self.base.support, flat)
        ends = [0, *np.cumsum([len(part) for part in cut]).tolist()]
        return np.array(
            [
                support_features(logits[begin:end], *pair)
                for pair, (begin, end) in zip(pairs, pairwise(ends), strict=True)
            ],
            np.float32,
        ).reshape(-1, SUPPORT_FEATURES)

    def windows(self, question: str, texts: Sequence[str]) -> list[SentenceWindow]:
        """The windows that the package reads of texts that retrieval has found, best first."""
        documents: dict[str, Document] = {}
        hits: list[Hit] = []
        for number, text in enumerate(texts):
            document = make_document(f"{number:04}.txt", text.encode())
            documents[document.path] = document
            hits += [Hit(passage, 1.0) for passage in passages_of(document)]
        return windows_of(rank_sentences(question, hits, documents, self.reader), documents)

    def read(self, question: str, texts: Sequence[str]) -> tuple[list[BaseReading], Array]:
        """What the base model says to a question over texts, and the raw features of each.

        Features (n, 5): those of `answer_features`, the log probability of the span, and `truth`.
        """
        readings = self.base.read([(question, Window(text)) for text in texts])
        return readings, _raw(question, readings, self.reader.relevance(question, texts))

    def read_windows(
        self, question: str, made: Sequence[SentenceWindow]
    ) -> tuple[list[BaseReading], Array]:
        """As ``read``, over windows; the small reader has read the sentence each is around."""
        readings = self.base.read([(question, each.window) for each in made])
        return readings, _raw(question, readings, [each.around.relevance for each in made])


def collect(name: str, models: Models, sample: int | None = None) -> Rows:
    """The rows of one collector, at most ``sample`` of them; from the cache if they are there."""
    code = hashlib.sha256(b"".join(path.read_bytes() for path in _sources())).hexdigest()[:12]
    count = min(sample or MOST.get(name, 1_000_000), MOST.get(name, 1_000_000))
    path = CACHE / f"{name}-{models.digest}-{code}-{count}.pickle"
    if path.is_file():
        found: Rows = pickle.loads(path.read_bytes())
        return found
    found = COLLECTORS[name](models, lambda items: _sampled(items, count))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(found))
    return found


Sampler = Callable[[Rows], Rows]


def entailment(models: Models, sampled: Sampler) -> Rows:
    """nli-val: features, logits and label of each pair."""
    kept = sampled(list(rows("nli-val")))
    found = models.support([(row["evidence"], row["claim"]) for row in kept])
    logits = _in_blocks(models.base.support, [(row["claim"], row["evidence"]) for row in kept])
    return [
        {"features": each, "logits": three, "label": LABELS.index(row["label"])}
        for row, each, three in zip(kept, found, logits, strict=True)
    ]


def summaries(models: Models, sampled: Sampler) -> Rows:
    """FRANK, CNN/DM: features of each summary sentence against the article."""
    return [
        {
            "factuality": row["factuality"],
            "features": models.support([(row["article"], s) for s in row["summary_sentences"]]),
        }
        for row in sampled(
            [row for row in rows("calibration-frank-valid") if row["dataset"] == "cnndm"]
        )
    ]


def edited(models: Models, sampled: Sampler) -> Rows:
    """BUMP: features of the sentences of the reference and of its edited twin."""
    found = []
    for row in sampled(list(rows("calibration-bump-task2"))):
        texts = {side: _sentences(row[f"{side}_summary"]) for side in ("reference", "edited")}
        found.append(
            {side: models.support([(row["article"], s) for s in texts[side]]) for side in texts}
            | {"error": row["error_type"]}
        )
    return found


def claims(models: Models, sampled: Sampler) -> Rows:
    """WiCE: each near sentence alone, and all together, as `read_claim` judges them."""
    found = []
    for row in sampled(list(rows("calibration-wice-dev"))):
        evidence, claim = row["evidence"], row["claim"]
        words = line_wording(claim, evidence)
        near = words[:, 0]
        order = sorted(range(len(near)), key=lambda at: (-float(near[at]), at))[:JUDGED_ALONE]
        alone = models.support([(evidence[at], claim) for at in order])
        (together,) = models.support([(" ".join(evidence), claim)])
        found.append(
            {
                "label": row["label"],
                "wanted": row["supporting_sentences"],
                "words": words,
                "order": order,
                "alone": alone,
                "features": together,
            }
        )
    return found


def polarity(models: Models, sampled: Sampler) -> Rows:
    """Minimal pairs on the five articles: features of the true and of the false claim."""
    import json

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
    found = models.support(pairs)
    return [
        {"kind": row["kind"], "true": found[2 * at], "false": found[2 * at + 1]}
        for at, row in enumerate(kept)
    ]


def _questioned(models: Models, row: dict[str, Any], texts: Sequence[str]) -> dict[str, Any]:
    """What the model says to a yes/no question over the windows that are read for it."""
    question = row["question"].strip()
    question = question[:1].upper() + question[1:] + ("" if question.endswith("?") else "?")
    readings, raw = models.read_windows(question, models.windows(question, texts))
    return {
        "answer": row["answer"],
        "support": np.array([reading.support for reading in readings]),
        "readings": raw,
    }


def news_verdicts(models: Models, sampled: Sampler) -> Rows:
    """Argus: what each window of the news snippets says to the question."""
    return [
        _questioned(models, row | {"answer": "yes" if row["answer"] in ("yes", True) else "no"},
                    row["sentences"])
        for row in sampled(list(rows("calibration-argus-val")))
    ]  # fmt: skip


def held_verdicts(name: str) -> Callable[[Models, Sampler], Rows]:
    """The held-out tenth of a file of yes/no questions over their own passage."""

    def collected(models: Models, sampled: Sampler) -> Rows:
        kept = [row for row in rows(f"more/{name}") if held_out(row["passage"])]
        return [_questioned(models, row, [row["passage"]]) for row in sampled(kept)]

    return collected


def ranked(models: Models, sampled: Sampler) -> Rows:
    """TREC-QA: what both readers say of each candidate sentence, and whether it answers."""
    found = []
    for row in sampled(list(rows("calibration-trecqa-dev"))):
        if any(row["labels"]):
            texts = row["candidates"]
            found.append(
                {
                    "readings": models.read(row["question"], texts)[1],
                    "labels": [bool(label) for label in row["labels"]],
                }
            )
    return found


def answers(models: Models, sampled: Sampler) -> Rows:
    """The held-out tenth of qa-spans-train: the span found, and whether there is an answer."""
    found = []
    for row in sampled(list(span_rows(held=True))):
        question, context = row["question"], row["context"]
        (reading,), raw = models.read(question, [context])
        (small,) = models.reader.read(question, [context])
        found.append(
            {
                "source": row["source"],
                "answerable": row["answerable"],
                "answer": row["answer"],
                "found": context[reading.span.start : reading.span.end],
                "reading": raw[0],
                "small found": context[small.span.start : small.span.end],
                "small": (small.relevance, small.span.margin, small.span.log_probability),
            }
        )
    return found


def answerable(models: Models, sampled: Sampler) -> Rows:
    """Questions with the texts that would be found for them, which answer them or do not.

    ClapNQ: its passages. Held-out questions, Argus and TREC-QA: once with what answers them among
    look-alikes from elsewhere, and once with look-alikes alone, as where a corpus is silent.
    """
    found: Rows = []

    def add(source: str, question: str, texts: Sequence[str], wanted: bool) -> None:
        made = models.windows(question, texts)
        sentences = [each.around.sentence.text for each in made]
        found.append(
            {
                "source": source,
                "readings": models.read_windows(question, made)[1],
                "small": models.reader.answerability_features(question, sentences),
                "answerable": wanted,
            }
        )

    def add_twice(source: str, question: str, right: Sequence[str], others: list[str]) -> None:
        near = overlap(question, others)
        alike = [others[at] for at in np.argsort(-near, kind="stable")[: READ_WINDOWS + 2]]
        add(source, question, [*right, *alike], True)
        add(source, question, alike, False)

    for row in sampled(list(rows("calibration-clapnq-dev"))):
        texts = [passage["text"] for passage in row["passages"]]
        add("clapnq", row["question"], texts, row["answerable"])
    for source, question, right, others in _with_and_without(sampled):
        add_twice(source, question, right, others)
    return found


def _with_and_without(sampled: Sampler) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Source, question, texts that answer it, and texts that do not."""
    chance = random.Random(5)
    held = [row for row in span_rows(held=True) if row["answerable"]]
    chance.shuffle(held)
    contexts = sorted({row["context"] for row in held})
    for row in sampled(held[:200]):
        apart = [context for context in contexts if context != row["context"]]
        others = chance.sample(apart, min(len(apart), 200))
        yield "questions", row["question"], [row["context"]], others
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
                yield source, row["question"], right, others


def candidates(models: Models, sampled: Sampler) -> Rows:
    """Held-out questions, each with its sentence, its neighbours and look-alikes from elsewhere.

    Neither reader has been trained on them, so their share in a combination comes out right.
    """
    chance = random.Random(3)
    held = [row for row in span_rows(held=True) if row["answerable"]]
    contexts = sorted({row["context"] for row in held})
    pool = [(context, text) for context in contexts for text in _sentences(context)]
    chance.shuffle(pool)
    chance.shuffle(held)
    found = []
    for row in sampled(held):
        own = _sentences(row["context"])
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
                "readings": models.read(row["question"], texts)[1],
                "labels": [True] + [False] * (len(texts) - 1),
            }
        )
    return found


COLLECTORS: dict[str, Callable[[Models, Sampler], Rows]] = {
    "argus": news_verdicts,
    "boolq": held_verdicts("boolq-train"),
    "condaqa": held_verdicts("condaqa"),
    "polarity": polarity,
    "nli-val": entailment,
    "trecqa": ranked,
    "answerable": answerable,
    "spans": answers,
    "candidates": candidates,
    "wice": claims,
    "frank": summaries,
    "bump": edited,
}


def _raw(question, readings: Sequence[BaseReading], relevances: Sequence[float] | Array) -> Array:
    """The rows of `Models.read`."""
    return np.array(
        [
            (
                *answer_features(reading, float(relevance)),
                reading.span.log_probability,
                truth(question, reading),
            )
            for reading, relevance in zip(readings, relevances, strict=True)
        ],
        np.float32,
    ).reshape(-1, 5)


def _in_blocks(run: Callable[[list[tuple[str, str]]], Array], pairs: list[Any]) -> Array:
    """The rows of all pairs; what is remembered of a run must not be more than memory holds."""
    parts = [run(pairs[begin : begin + 500]) for begin in range(0, len(pairs), 500)]
    return np.concatenate(parts) if parts else np.zeros((0, 3), np.float32)


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def _sampled(items: Rows, sample: int | None) -> Rows:
    """The first rows of one order by chance: a smaller sample is a part of a larger one."""
    if sample is None or len(items) <= sample:
        return items
    return random.Random(0).sample(items, len(items))[:sample]


def _sources() -> list[Path]:
    """The modules whose change makes what was collected stale."""
    package = ROOT / "src" / "summit_qa"
    names = (
        "language/wording",
        "models/base_model",
        "models/claims",
        "models/spans",
        "models/support",
        "reader/windows",
    )
    return [Path(__file__), *(package / f"{name}.py" for name in names)]


def main() -> None:
    """Fill the cache, file by file, and say how long each took."""
    import argparse
    import time

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, default=ROOT / "src/summit_qa/models/base")
    parser.add_argument("--sample", type=int, help="rows of each file, for a trial")
    parser.add_argument("names", nargs="*", help="files; all where none is named")
    options = parser.parse_args()
    models = Models.load(options.model)
    for name in options.names or COLLECTORS:
        began = time.monotonic()
        count = len(collect(name, models, options.sample))
        print(f"{name}: {count} rows, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
