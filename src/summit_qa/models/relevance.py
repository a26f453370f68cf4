"""How well texts answer a question, where in them the answer stands, and whether any does."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from summit_qa.language.lexicon import overlap
from summit_qa.models.cross_encoder import MODELS, CrossEncoder
from summit_qa.models.remembered import Remembered
from summit_qa.models.spans import BestSpan, best_span
from summit_qa.models.thresholds import Coefficients
from summit_qa.types import RelevanceRanker, SpanPrediction, Window, WindowReader

REMEMBERED = 8_192  # sentence vectors kept, 12 MB
REMEMBERED_QUESTIONS = 64  # whose runs are kept: an answer reads the same sentence several times
READ = 10  # of more texts, the reader reads those that are nearest to the question


class Embedder(Protocol):
    """What the relevance model needs of the sentence encoder (``embedding.MiniLMEmbedding``)."""

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n, 384)."""
        ...


@dataclass(frozen=True, slots=True)
class _Run:
    """What the reader said to one (question, text), and the text's tokens."""

    encoding: Any
    relevance: float
    start: NDArray[np.float32]
    end: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """Raw scores of one (question, text): logit of the relevance head, and the best span."""

    relevance: float
    span: BestSpan


class RelevanceModel(RelevanceRanker, WindowReader):
    """The bundled reader, the sentence encoder's cosine and word overlap, combined.

    See models/reader/README.md for its figures and limits.
    """

    def __init__(
        self, encoder: CrossEncoder, coefficients: Coefficients, embedder: Embedder | None
    ) -> None:
        self._encoder = encoder
        self._coefficients = coefficients
        self._embedder = embedder
        self._vectors: Remembered[str, NDArray[np.float32]] = Remembered(REMEMBERED)
        self._runs: OrderedDict[str, dict[str, _Run]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def load(
        cls, embedder: Embedder | None = None, *, folder: Path = MODELS / "reader"
    ) -> RelevanceModel:
        """The reader in ``folder``; ModelError where it is missing or altered.

        ``embedder`` is the bundled MiniLM (another one's cosines are on another scale);
        without it the reader and word overlap alone decide, which is a little worse.
        """
        return cls(CrossEncoder.load(folder), Coefficients.load(), embedder)

    def relevance(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probability that each text answers the question, (n,)."""
        if not texts:
            return np.zeros((0,), dtype=np.float32)
        features = self.relevance_features(question, texts)
        if self._embedder is None:
            combined, features = self._coefficients.relevance_without_cosine, features[:, [0, 2]]
        else:
            combined = self._coefficients.relevance
        return np.array([combined.probability(row) for row in features.tolist()], dtype=np.float32)

    def logits(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The reader's relevance logit of each text, (n,), whatever else is known of it."""
        return np.array([run.relevance for run in self._read(question, texts)], dtype=np.float32)

    def relevance_features(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """What the relevance regression sees, (n, 3): reader logit, cosine, lexical overlap.

        The cosine is 0 without an embedder. Of many texts the reader reads the ``READ`` that
        cosine and overlap put first; the others count as the least relevant of those.
        """
        near = np.column_stack([self.cosines(question, texts), overlap(question, texts)])
        weights = np.array(self._coefficients.relevance.weights[1:], np.float32)
        first = np.sort(np.argsort(-(near @ weights), kind="stable")[:READ])
        read = [run.relevance for run in self._read(question, [texts[at] for at in first])]
        logits = np.full(len(texts), min(read, default=0.0), dtype=np.float32)
        logits[first] = read
        return np.column_stack([logits, near])

    def spans(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float] = ()
    ) -> list[SpanPrediction]:
        """The likeliest answer in each window, as characters of its text; contexts are not read."""
        predictions = []
        for reading in self.read(question, [window.text for window in windows]):
            span = reading.span
            answerable = self._coefficients.span_answerable.probability(
                (reading.relevance, span.margin)
            )
            confidence = self._coefficients.span_confidence.probability(
                (span.margin, span.log_probability)
            )
            predictions.append(SpanPrediction(span.start, span.end, answerable, confidence))
        return predictions

    def answerability(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float] = ()
    ) -> float:
        """Probability that the windows (the best that were found) answer the question, 0 to 1."""
        if not windows:
            return 0.0
        return self._coefficients.answerable.probability(
            self.answerability_features(question, [window.text for window in windows])
        )

    def answerability_features(self, question: str, texts: Sequence[str]) -> tuple[float, float]:
        """What the answerability regression sees: best reader logit, best cosine.

        The cosine is 0 without an embedder. Margins of spans and shared words added nothing.
        """
        features = self.relevance_features(question, texts)
        return float(features[:, 0].max()), float(features[:, 1].max())

    def read(self, question: str, texts: Sequence[str]) -> list[Reading]:
        """The raw scores of each text."""
        return [
            Reading(run.relevance, best_span(run.encoding, run.start, run.end, length=len(text)))
            for run, text in zip(self._read(question, texts), texts, strict=True)
        ]

    def _read(self, question: str, texts: Sequence[str]) -> list[_Run]:
        """Run the reader on what it has not just read; a pair's scores are its own, so exact."""
        with self._lock:
            known = dict(self._runs.get(question, {}))
        if missing := [text for text in dict.fromkeys(texts) if text not in known]:
            encodings = self._encoder.encode([(question, text) for text in missing])
            outputs = self._encoder.run_encoded(encodings)
            for index, text in enumerate(missing):
                known[text] = _Run(
                    encodings[index],
                    float(outputs["relevance"][index]),
                    outputs["start"][index],
                    outputs["end"][index],
                )
            with self._lock:
                self._runs.setdefault(question, {}).update({text: known[text] for text in missing})
                self._runs.move_to_end(question)
                while len(self._runs) > REMEMBERED_QUESTIONS:
                    self._runs.popitem(last=False)
        return [known[text] for text in texts]

    def cosines(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Cosine of each text with the question, (n,); zeros without an embedder.

        The vectors of texts are remembered: the same sentences are read for many questions.
        """
        if self._embedder is None or not texts:
            return np.zeros((len(texts),), dtype=np.float32)
        known = self._vectors.of(texts, self._embedder.embed_texts)
        vectors = np.stack([known[text] for text in texts])
        cosines: NDArray[np.float32] = vectors @ self._embedder.embed_texts([question])[0]
        return cosines
