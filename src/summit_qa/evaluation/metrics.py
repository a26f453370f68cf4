"""Figures as pure functions; each says where its formula comes from."""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item", bound=Hashable)
Labels = NDArray[np.bool_]
Scores = NDArray[np.float64]


# ---- rankings; relevance is a mapping of item to gain, items that are not in it gain nothing


def hit_at(ranked: Sequence[Item], relevance: Mapping[Item, int], k: int) -> float:
    """1 where a relevant item is among the first k, else 0 (trec_eval: success_k)."""
    return float(any(relevance.get(item, 0) > 0 for item in ranked[:k]))


def reciprocal_rank(ranked: Sequence[Item], relevance: Mapping[Item, int], k: int) -> float:
    """1 / rank of the first relevant item among the first k, else 0 (trec_eval: recip_rank)."""
    for rank, item in enumerate(ranked[:k], 1):
        if relevance.get(item, 0) > 0:
            return 1 / rank
    return 0.0


def ndcg_at(ranked: Sequence[Item], relevance: Mapping[Item, int], k: int) -> float:
    """Normalised discounted cumulative gain of the first k (trec_eval: ndcg_cut_k).

    Gain is the relevance itself, the discount log2(rank + 1) (Järvelin and Kekäläinen 2002).
    """
    best = _dcg(sorted((gain for gain in relevance.values() if gain > 0), reverse=True)[:k])
    return _dcg([max(0, relevance.get(item, 0)) for item in ranked[:k]]) / best if best else 0.0


def recall_at(ranked: Sequence[Item], relevance: Mapping[Item, int], k: int) -> float:
    """Share of the relevant items that are among the first k (trec_eval: recall_k)."""
    wanted = {item for item, gain in relevance.items() if gain > 0}
    return len(wanted & set(ranked[:k])) / len(wanted) if wanted else 0.0


def average_precision(ranked: Sequence[Item], relevance: Mapping[Item, int]) -> float:
    """Mean, over the relevant items, of the precision at their rank (trec_eval: map)."""
    wanted = sum(gain > 0 for gain in relevance.values())
    found = 0
    total = 0.0
    for rank, item in enumerate(ranked, 1):
        if relevance.get(item, 0) > 0:
            found += 1
            total += found / rank
    return total / wanted if wanted else 0.0


def distinct(items: Iterable[Item]) -> list[Item]:
    """The items in order, each at its first place only."""
    return list(dict.fromkeys(items))


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


# ---- words of the answer


def normalized(text: str) -> str:
    """Lower case, without punctuation, articles and extra white space (SQuAD's official script)."""
    text = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """1 where the prediction is one of the answers once normalised (SQuAD 2.0)."""
    return max(float(normalized(prediction) == normalized(a)) for a in answers or ("",))


def token_f1(prediction: str, answers: Sequence[str]) -> float:
    """Best F1 of the prediction's words and an answer's (SQuAD 2.0).

    No answer at all is written as no answers, or as an empty prediction.
    """
    return max(_f1(normalized(prediction).split(), normalized(a).split()) for a in answers or ("",))


def _f1(predicted: Sequence[str], wanted: Sequence[str]) -> float:
    if not predicted or not wanted:
        return float(predicted == wanted)
    shared = sum((Counter(predicted) & Counter(wanted)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(predicted), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


# ---- probabilities against labels


def auroc(labels: Labels, scores: Scores) -> float | None:
    """Probability that a positive scores above a negative, ties half (Mann and Whitney 1947).

    None where there are no positives or no negatives.
    """
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return None
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - counts + 1 + last) / 2  # tied scores share their ranks
    total = float(ranks[places][labels].sum())
    return (total - positives * (positives + 1) / 2) / (positives * negatives)


def balanced_accuracy(labels: Labels, predicted: Labels) -> float | None:
    """Mean of the recall of both classes; None where one of them is empty."""
    if labels.all() or not labels.any():
        return None
    return float(predicted[labels].mean() + 1 - predicted[~labels].mean()) / 2


def calibration_error(labels: Labels, probabilities: Scores) -> float:
    """Expected calibration error over ten bins: the mean gap (Guo et al., ICML 2017)."""
    bins = np.minimum(9, (probabilities * 10).astype(int))
    gaps = np.bincount(bins, weights=probabilities - labels, minlength=10)
    return float(np.abs(gaps).sum() / len(labels))


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions within a tenth of the scale: how many, their mean, and how many were right."""

    low: float
    high: float
    count: int
    predicted: float  # mean probability
    observed: float  # share of positives


def reliability(
    labels: Sequence[bool], probabilities: Sequence[float], bins: int = 10
) -> list[Bin]:
    """Predicted against observed share in bins of equal width; empty bins are left out."""
    found: list[Bin] = []
    for number in range(bins):
        members = [
            (float(p), label)
            for p, label in zip(probabilities, labels, strict=True)
            if min(bins - 1, int(p * bins)) == number
        ]
        if members:
            found.append(
                Bin(
                    number / bins,
                    (number + 1) / bins,
                    len(members),
                    sum(p for p, _ in members) / len(members),
                    sum(label for _, label in members) / len(members),
                )
            )
    return found


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which ``share`` of the values lie, interpolated; None of no values."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
