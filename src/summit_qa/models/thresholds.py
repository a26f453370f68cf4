"""What calibration has measured: where to decide, and how to turn scores into probabilities.

``models/thresholds.json`` is written by training/calibrate.py and says for every number what
data it came from and how well it did there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import ModelError

Strictness = Literal["lenient", "balanced", "strict"]
FILE = Path(__file__).parent / "thresholds.json"


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic regression: probability = sigmoid(weights · features + bias)."""

    weights: tuple[float, ...]
    bias: float

    def logit(self, features: Sequence[float]) -> float:
        """The score before the sigmoid, in nats."""
        return self.bias + sum(w * x for w, x in zip(self.weights, features, strict=True))

    def probability(self, features: Sequence[float]) -> float:
        """0 to 1."""
        return sigmoid(self.logit(features))


@dataclass(frozen=True, slots=True)
class Multinomial:
    """Multinomial logistic regression: probabilities = softmax(weights @ features + biases)."""

    weights: tuple[tuple[float, ...], ...]  # (classes, features)
    biases: tuple[float, ...]  # (classes,)

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows of features (n, k) as rows of probabilities (n, classes)."""
        logits = features @ np.array(self.weights, np.float32).T + np.array(self.biases, np.float32)
        shifted = np.exp(logits - logits.max(-1, keepdims=True))
        probabilities: NDArray[np.float32] = shifted / shifted.sum(-1, keepdims=True)
        return probabilities


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities (0 to 1) at or above which something counts as so."""

    supported: float  # a line supports a claim
    contradicted: float  # a line contradicts a claim
    line: float  # a line is one of those that a supported claim stands on
    relevant: float  # a sentence is worth quoting for a question
    answerable: float  # the texts answer the question; below it what is shown is tentative
    tentative: float  # the texts may answer it; below it the answer declines
    yes: float  # a yes/no question may be answered with yes
    no: float  # … with no
    lean: float  # the plainest sentence for yes less that for no, or the other way: a verdict
    span: float  # a span is sure enough to be marked
    short: float  # a window answers and these are the words: sure enough to be the short answer
    disagreement: float  # two sentences contradict each other on what was asked

    @classmethod
    def load(cls, path: Path = FILE, *, strictness: Strictness = "balanced") -> Thresholds:
        """The thresholds of one strictness; ModelError where the file is missing or broken."""
        values = _read(path)["thresholds"]
        try:
            return cls(**{f.name: float(values[f.name][strictness]) for f in fields(cls)})
        except (KeyError, TypeError, ValueError):
            raise ModelError(f"The thresholds in {path} are incomplete.") from None


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Logistic regressions that turn raw scores into probabilities (see each one's user)."""

    supported: Logistic  # is a claim supported (`support.support_features`, all but the last)
    against: Logistic  # if it is not, is it contradicted (the last of them)
    question: Multinomial  # the base model's logits of a yes/no question, over that of "neutral"
    line: Logistic  # of a sentence as a line of a claim (`claims.line_features`)
    yes_no: Logistic  # evidence for yes less evidence for no (`support.yes_no_balance`)
    window_answers: Logistic  # `base_model.answer_features` of a window
    window_span: Logistic  # base model: span margin, log probability of the span
    windows_answer: Logistic  # the largest of each, `base_model.truth` of the likeliest window
    standing_out: Logistic  # `reader.standing_out.features`; benchmarks/fit_confidence.py
    relevance: Logistic  # small reader: its logit, cosine, lexical overlap
    relevance_without_cosine: Logistic  # small reader: its logit, lexical overlap
    answerable: Logistic  # small reader: best logit, best cosine
    span_answerable: Logistic  # small reader: relevance logit, span margin
    span_confidence: Logistic  # small reader: span margin, log probability of the span

    @classmethod
    def load(cls, path: Path = FILE) -> Coefficients:
        """The coefficients in ``path``; ModelError where the file is missing or broken."""
        values: Mapping[str, Any] = _read(path)["coefficients"]
        try:
            return cls(**{field.name: _regression(values[field.name]) for field in fields(cls)})
        except (KeyError, TypeError, ValueError):
            raise ModelError(f"The coefficients in {path} are incomplete.") from None


def _regression(values: Mapping[str, Any]) -> Any:
    """The Multinomial or the Logistic that has been written; KeyError and such where none was."""
    if "biases" in values:
        rows = tuple(tuple(float(weight) for weight in row) for row in values["weights"])
        return Multinomial(rows, tuple(float(bias) for bias in values["biases"]))
    return Logistic(tuple(float(weight) for weight in values["weights"]), float(values["bias"]))


def sigmoid(logit: float) -> float:
    """Probability of a logit, safe for large ones."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-min(logit, 700.0)))
    odds = math.exp(max(logit, -700.0))
    return odds / (1.0 + odds)


def logit(probability: float) -> float:
    """The logit of a probability, kept within ±9."""
    kept = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(kept / (1 - kept))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ModelError(f"The thresholds file {path} is missing; install again.") from None
    except ValueError:
        raise ModelError(f"The thresholds file {path} is not JSON.") from None
    if not isinstance(content, dict) or not {"thresholds", "coefficients"} <= content.keys():
        raise ModelError(f"The thresholds file {path} lacks thresholds or coefficients.")
    return content
