"""Figures and how sure they are: AUROC, F1, MAP, MRR, bootstrap intervals, logistic regression."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from summit_qa.evaluation import metrics

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, its 95 % bootstrap interval over the rows, and how many rows there are."""

    value: float
    low: float
    high: float
    count: int


def auroc(scores: Sequence[float] | Array, positive: Sequence[bool] | NDArray[np.bool_]) -> float:
    """Chance that a positive row scores above a negative one, ties counted half."""
    found = metrics.auroc(np.asarray(positive, bool), np.asarray(scores, float))
    return float("nan") if found is None else found


def average_precision(scores: Sequence[float], relevant: Sequence[bool]) -> float:
    """Mean of the precision at each relevant row, rows by score; ties in the order given."""
    order = sorted(range(len(scores)), key=lambda index: -scores[index])
    found, total = 0, 0.0
    for rank, index in enumerate(order, start=1):
        if relevant[index]:
            found += 1
            total += found / rank
    return total / max(1, found)


def reciprocal_rank(scores: Sequence[float], relevant: Sequence[bool]) -> float:
    """One over the rank of the first relevant row."""
    order = sorted(range(len(scores)), key=lambda index: -scores[index])
    return next((1 / rank for rank, index in enumerate(order, 1) if relevant[index]), 0.0)


def token_f1(found: str, answer: str) -> float:
    """Word overlap F1 of SQuAD: lower case, without articles and punctuation."""
    left, right = _plain(found), _plain(answer)
    shared = sum(min(left.count(word), right.count(word)) for word in set(left))
    if not shared:
        return 0.0
    precision, recall = shared / len(left), shared / len(right)
    return 2 * precision * recall / (precision + recall)


def set_f1(found: set[int], wanted: set[int]) -> float:
    """F1 of a set of indices."""
    shared = len(found & wanted)
    return 2 * shared / (len(found) + len(wanted)) if shared else 0.0


def bootstrap(
    rows: int, figure: Callable[[NDArray[np.int64]], float], *, times: int = 1000, seed: int = 0
) -> Figure:
    """The figure on all rows, and its interval over resampled rows (by index)."""
    chance = np.random.default_rng(seed)
    value = figure(np.arange(rows))
    drawn = [figure(chance.integers(0, rows, rows)) for _ in range(times)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Figure(float(value), float(low), float(high), rows)


def mean_figure(values: Sequence[float]) -> Figure:
    """The mean and its interval."""
    array = np.asarray(values, float)
    return bootstrap(len(array), lambda index: float(array[index].mean()))


def auroc_figure(scores: Sequence[float] | Array, positive: Sequence[bool]) -> Figure:
    """The AUROC and its interval."""
    values, wanted = np.asarray(scores, float), np.asarray(positive, bool)
    return bootstrap(len(values), lambda index: auroc(values[index], wanted[index]))


def fit_logistic(
    features: Array, wanted: NDArray[np.bool_], *, ridge: float = 1.0, weights: Array | None = None
) -> tuple[list[float], float]:
    """Weights and bias of a logistic regression, by Newton's method.

    ``ridge`` is the penalty on the squared weights of the features scaled to unit variance.
    """
    mean, spread = features.mean(0), features.std(0) + 1e-9
    inputs = np.column_stack([(features - mean) / spread, np.ones(len(features))])
    share = np.ones(len(features)) if weights is None else weights
    penalty = np.diag([ridge] * features.shape[1] + [1e-6])
    beta = np.zeros(inputs.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ beta, -30, 30)))
        slope = inputs.T @ (share * (chance - wanted)) + penalty @ beta
        curve = (inputs * (share * chance * (1 - chance))[:, None]).T @ inputs + penalty
        step = np.linalg.solve(curve, slope)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    scaled = beta[:-1] / spread
    return [float(weight) for weight in scaled], float(beta[-1] - scaled @ mean)


def predict(features: Array, fitted: tuple[list[float], float]) -> Array:
    """Probabilities of ``fit_logistic``."""
    logits = features @ np.array(fitted[0]) + fitted[1]
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))


def fit_multinomial(
    features: Array, allowed: Array, weights: Array, *, ridge: float = 1e-3, steps: int = 500
) -> tuple[list[list[float]], list[float]]:
    """Weights (classes, features) and biases of a multinomial logistic regression.

    ``allowed`` (n, classes) holds 1 for every class that a row may be: a row that is "neutral or
    contradicted" is fitted on the sum of the two. Adam with a falling rate, from zero: no chance.
    """
    mean, spread = features.mean(0), features.std(0) + 1e-9
    inputs = np.column_stack([(features - mean) / spread, np.ones(len(features))])
    beta = np.zeros((inputs.shape[1], allowed.shape[1]))
    first, second = np.zeros_like(beta), np.zeros_like(beta)
    share = (weights / weights.sum())[:, None]
    penalty = np.full_like(beta, ridge)
    penalty[-1] = 0
    for step in range(1, steps + 1):
        chance = _softmax(inputs @ beta)
        wanted = chance * allowed
        slope = inputs.T @ ((chance - wanted / wanted.sum(1, keepdims=True)) * share)
        slope += penalty * beta
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope**2
        rate = 0.1 * (1 - 0.9 * step / steps)
        moved = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
        beta -= rate * moved
    scaled = beta[:-1] / spread[:, None]
    return scaled.T.tolist(), (beta[-1] - mean @ scaled).tolist()


def _softmax(logits: Array) -> Array:
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    out: Array = shifted / shifted.sum(-1, keepdims=True)
    return out


def cross_fitted(
    features: Array,
    wanted: NDArray[np.bool_],
    *,
    folds: int = 10,
    ridge: float = 1.0,
    weights: Array | None = None,
) -> Array:
    """Probabilities of each row by a regression that has not seen it."""
    fold = np.random.default_rng(0).permutation(len(features)) % folds
    out = np.zeros(len(features))
    for number in range(folds):
        rest = fold != number
        shares = None if weights is None else weights[rest]
        fitted = fit_logistic(features[rest], wanted[rest], ridge=ridge, weights=shares)
        out[fold == number] = predict(features[fold == number], fitted)
    return out


def _plain(text: str) -> list[str]:
    cleaned = "".join(char for char in text.lower() if char not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", cleaned).split()
