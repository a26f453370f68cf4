"""The base model: one encoder that judges claims and reads questions, each over a window of text.

A pair is a question or claim, and evidence under its context line (`Window.whole`); one run gives
support, relevance and the likeliest answer, and is remembered, so that judging and reading the
same pair costs one run. See models/base/README.md for its data, figures and limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_qa.language.questions import is_yes_no
from summit_qa.models.cross_encoder import MODELS, CrossEncoder
from summit_qa.models.remembered import Remembered
from summit_qa.models.spans import BestSpan, best_span
from summit_qa.models.thresholds import Coefficients, logit
from summit_qa.types import SpanPrediction, Window, WindowReader

SILENT = 0.9  # nats, between the medians of questions with an answer and without
REMEMBERED = 4_096  # pairs whose outputs are kept, 8 MB


@dataclass(frozen=True, slots=True)
class BaseReading:
    """Raw scores of one pair: logits, and the best span in characters of the window's text."""

    support: NDArray[np.float32]  # (3,): entailed, neutral, contradicted
    relevance: float
    span: BestSpan
    margin: float  # of the best span anywhere: a date may stand in the heading above the text


@dataclass(frozen=True, slots=True)
class _Run:
    """What the model said to a pair, and the pair's tokens."""

    encoding: Any
    support: NDArray[np.float32]
    relevance: float
    start: NDArray[np.float32]
    end: NDArray[np.float32]


class BaseModel:
    """The bundled base model; safe to use from many threads, the same scores every time."""

    def __init__(self, encoder: CrossEncoder) -> None:
        self._encoder = encoder
        self._known: Remembered[tuple[str, str], _Run] = Remembered(REMEMBERED)

    @classmethod
    def load(cls, folder: Path = MODELS / "base", *, threads: int | None = None) -> BaseModel:
        """The model in ``folder``; ModelError where it is missing or altered."""
        return cls(CrossEncoder.load(folder, threads=threads))

    @property
    def digest(self) -> str:
        """sha256 of the weights."""
        return self._encoder.digest

    def read(self, pairs: Sequence[tuple[str, Window]]) -> list[BaseReading]:
        """Raw scores of (question or claim, window) pairs.

        A pair is a run of its own, so its scores do not depend on its neighbours. Of evidence
        longer than the model reads (208 tokens with the question) the end is left out.
        """
        keys = [(first, window.whole) for first, window in pairs]
        known = self._known.of(keys, self._run)
        return [_reading(known[key], window) for key, (_, window) in zip(keys, pairs, strict=True)]

    def support(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Logits (n, 3) of (claim, evidence) pairs: entailed, neutral, contradicted."""
        known = self._known.of(pairs, self._run)
        return np.array([known[pair].support for pair in pairs], np.float32).reshape(-1, 3)

    def _run(self, pairs: Sequence[tuple[str, str]]) -> list[_Run]:
        encodings = self._encoder.encode(pairs)
        outputs = self._encoder.run_encoded(encodings)
        return [
            _Run(
                encoding,
                outputs["support"][at],
                float(outputs["relevance"][at]),
                outputs["start"][at],
                outputs["end"][at],
            )
            for at, encoding in enumerate(encodings)
        ]


def _reading(run: _Run, window: Window) -> BaseReading:
    span = best_span(run.encoding, run.start, run.end, window.begins, len(window.text))
    margin = span.margin
    if window.begins:
        margin = max(margin, best_span(run.encoding, run.start, run.end).margin)
    return BaseReading(run.support, run.relevance, span, margin)


class BaseReader(WindowReader):
    """Reads windows with the base model and calibrated regressions (`Coefficients`)."""

    def __init__(self, model: BaseModel, coefficients: Coefficients) -> None:
        self._model = model
        self._coefficients = coefficients

    @classmethod
    def of(cls, model: BaseModel) -> BaseReader:
        """The model with the calibrated regressions."""
        return cls(model, Coefficients.load())

    def spans(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float]
    ) -> list[SpanPrediction]:
        """The likeliest answer in each window, and how likely it is there at all."""
        return [
            SpanPrediction(
                reading.span.start,
                reading.span.end,
                self._coefficients.window_answers.probability(answer_features(reading, relevance)),
                self._coefficients.window_span.probability(
                    (reading.span.margin, reading.span.log_probability)
                ),
            )
            for reading, relevance in zip(self._read(question, windows), relevances, strict=True)
        ]

    def answerability(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float]
    ) -> float:
        """Probability that the windows, the best that were found, answer the question, 0 to 1."""
        if not windows:
            return 0.0
        read = self._read(question, windows)
        features = [
            answer_features(reading, relevance)
            for reading, relevance in zip(read, relevances, strict=True)
        ]
        answers = self._coefficients.window_answers
        likeliest = max(range(len(read)), key=lambda at: answers.logit(features[at]))
        return self._coefficients.windows_answer.probability(
            (
                *(max(column) for column in zip(*features, strict=True)),
                truth(question, read[likeliest]),
            )
        )

    def _read(self, question: str, windows: Sequence[Window]) -> list[BaseReading]:
        return self._model.read([(question, window) for window in windows])


def answer_features(reading: BaseReading, relevance: float) -> tuple[float, float, float]:
    """What tells whether a window answers: relevance logit, span margin, the first stage's logit.

    Two readers that learned from different data err differently: together they rank better than
    either (TREC-QA, see training/README.md).
    """
    return reading.relevance, reading.margin, logit(relevance)


def truth(question: str, reading: BaseReading) -> float:
    """How much more an open question sounds true over a window than false, in nats.

    What contradicts it answers another one ("the maximum" where there stands "the minimum"). Of a
    yes/no question this would be its answer, and tells nothing: SILENT then.
    """
    return SILENT if is_yes_no(question) else float(reading.support[0] - reading.support[2])
