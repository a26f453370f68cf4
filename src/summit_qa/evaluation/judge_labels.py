"""The support model against human labels, with the threshold fixed beforehand."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_qa.documents.lines import line_count, line_text
from summit_qa.errors import EvaluationError
from summit_qa.evaluation.bootstrap import RESAMPLES, SEED
from summit_qa.evaluation.cases import read_bytes
from summit_qa.evaluation.figures import figure_of
from summit_qa.evaluation.metrics import (
    Labels,
    Scores,
    auroc,
    balanced_accuracy,
    calibration_error,
    reliability,
)
from summit_qa.evaluation.results import BinRow, Figure, JudgeRow
from summit_qa.types import Document, Progress, SupportJudge

_BATCH = 64
_ENTAILED = frozenset(("entailed", "entailment", "supported", "supports", "true", "yes", "1"))
_NOT_ENTAILED = frozenset(
    (
        "neutral",
        "contradicted",
        "contradiction",
        "refuted",
        "refutes",
        "not_entailed",
        "not_supported",
        "unsupported",
        "not_enough_info",
        "partially_supported",
        "false",
        "no",
        "0",
    )
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A claim, its evidence, and whether people say that the evidence entails it."""

    evidence: str
    claim: str
    entailed: bool
    kind: str = ""


def load_labelled(path: Path) -> list[Labelled]:
    """Rows of ``evidence, claim, label`` in JSONL or CSV, gzipped or not.

    ``evidence`` may be a list of texts; ``label`` is a word such as entailed, neutral or
    contradicted, or 1 or 0. EvaluationError names the row that is amiss.
    """
    data = read_bytes(path)
    name = path.name.lower()
    if name.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            raise EvaluationError(f"{path} is not gzipped.") from None
        name = name[:-3]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise EvaluationError(f"{path} is not UTF-8.") from None
    rows = _csv_rows(text) if name.endswith((".csv", ".tsv")) else _json_rows(text)
    found = []
    try:
        for number, row in rows:
            found.append(_labelled(row, f"{path}, row {number}"))
    except (ValueError, csv.Error) as error:
        raise EvaluationError(f"{path}, row {len(found) + 1}: {error}.") from None
    if not found:
        raise EvaluationError(f"{path} has no rows.")
    return found


def measure_judge(
    data: str,
    rows: Sequence[Labelled],
    judge: SupportJudge,
    threshold: float,
    *,
    progress: Progress | None = None,
) -> JudgeRow:
    """AUROC, balanced accuracy at the threshold and calibration, each with its interval."""

    def accuracy(labels: Labels, scores: Scores) -> float | None:
        return balanced_accuracy(labels, scores >= threshold)

    probabilities = _probabilities(rows, judge, progress)
    labels = np.array([row.entailed for row in rows])
    kinds: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        kinds.setdefault(row.kind, []).append(at)
    return JudgeRow(
        data=data,
        count=len(rows),
        positives=int(labels.sum()),
        threshold=threshold,
        auroc=_resampled(auroc, labels, probabilities),
        balanced_accuracy=_resampled(accuracy, labels, probabilities),
        calibration_error=_resampled(calibration_error, labels, probabilities),
        bins=tuple(
            BinRow(**asdict(each))
            for each in reliability([bool(it) for it in labels], probabilities.tolist())
        ),
        kinds={
            kind: _resampled(accuracy, labels[members], probabilities[members])
            for kind, members in kinds.items()
            if kind
        },
    )


def measure_pairs(
    path: Path,
    documents: Mapping[str, Document],
    judge: SupportJudge,
    threshold: float,
    *,
    progress: Progress | None = None,
) -> JudgeRow:
    """The judge on minimal pairs (eval/polarity.jsonl): the main figure is ``pairs_right``.

    A pair is right where its true claim is entailed and its false one is not.
    """
    rows = load_pairs(path, documents)
    measured = measure_judge(path.name, rows, judge, threshold, progress=progress)
    probabilities = _probabilities(rows, judge, None)
    right: dict[str, list[tuple[float, float]]] = {}
    for at in range(0, len(rows), 2):
        good = probabilities[at] >= threshold > probabilities[at + 1]
        right.setdefault(rows[at].kind, []).append((float(good), 1))
    everything = [part for parts in right.values() for part in parts]
    return measured.model_copy(
        update={
            "pairs_right": figure_of(everything),
            "kinds": {kind: figure_of(parts) for kind, parts in right.items()},
        }
    )


def load_pairs(path: Path, documents: Mapping[str, Document]) -> list[Labelled]:
    """The true and the false claim of every pair in turn, each with its line."""
    found = []
    for number, row in _json_rows(read_bytes(path).decode("utf-8", "replace")):
        where = f"{path}, row {number}"
        try:
            file, line = row["evidence"]["file"], row["evidence"]["line"]
            claims, kind = (row["true"], row["false"]), str(row["kind"])
        except (KeyError, TypeError):
            raise EvaluationError(f"{where}: a field is missing.") from None
        document = documents.get(file)
        if document is None or not 1 <= line <= line_count(document):
            raise EvaluationError(f"{where}: the corpus has no {file}:{line}.")
        evidence = line_text(document, line)
        found += [
            Labelled(evidence, claims[0], True, kind),
            Labelled(evidence, claims[1], False, kind),
        ]
    if not found:
        raise EvaluationError(f"{path} has no rows.")
    return found


def _probabilities(
    rows: Sequence[Labelled], judge: SupportJudge, progress: Progress | None
) -> Scores:
    """That each row's evidence entails its claim, (n,)."""
    found: list[NDArray[np.float32]] = []
    for begin in range(0, len(rows), _BATCH):
        batch = rows[begin : begin + _BATCH]
        found.append(judge.score([(row.evidence, row.claim) for row in batch])[:, 0])
        if progress:
            progress(min(begin + _BATCH, len(rows)), len(rows), "claims judged")
    return np.concatenate(found).astype(np.float64)


Statistic = Callable[[Labels, Scores], float | None]


def _resampled(statistic: Statistic, labels: Labels, scores: Scores) -> Figure:
    """The statistic with its percentile bootstrap interval over rows."""
    value = statistic(labels, scores)
    count = len(labels)
    if value is None or count < 2:
        return Figure(value=value, count=count, of=count)
    generator = np.random.default_rng(SEED)
    drawn = []
    for _ in range(RESAMPLES):
        chosen = generator.integers(count, size=count)
        again = statistic(labels[chosen], scores[chosen])
        if again is not None:
            drawn.append(again)
    low, high = np.quantile(drawn, [0.025, 0.975]) if drawn else (value, value)
    return Figure(value=value, low=float(low), high=float(high), count=count, of=count)


def _json_rows(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, json.loads(line)


def _csv_rows(text: str) -> Iterator[tuple[int, Any]]:
    first = text.partition("\n")[0]
    separator = "\t" if "\t" in first and "," not in first else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    yield from enumerate(reader, 2)


def _labelled(row: Any, where: str) -> Labelled:
    if not isinstance(row, dict) or not {"evidence", "claim", "label"} <= row.keys():
        raise EvaluationError(f"{where}: it needs evidence, claim and label.")
    evidence, claim, label = row["evidence"], row["claim"], row["label"]
    if isinstance(evidence, list):
        evidence = " ".join(str(text) for text in evidence)
    if not isinstance(evidence, str) or not isinstance(claim, str) or not claim.strip():
        raise EvaluationError(f"{where}: evidence and claim must be texts.")
    word = str(label).strip().lower().replace(" ", "_").replace("-", "_")
    if word not in _ENTAILED | _NOT_ENTAILED:
        raise EvaluationError(f"{where}: no label {label!r}; write entailed or not_entailed.")
    return Labelled(evidence, claim, word in _ENTAILED, str(row.get("source") or ""))
