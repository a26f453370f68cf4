"""Doubles that tests share: an encoder, a ranker and a judge whose results can be worked out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summit_qa.documents.corpus import make_document
from summit_qa.errors import IndexDamagedError
from summit_qa.index import check as index_check
from summit_qa.language.lexicon import overlap, stem, words
from summit_qa.settings import Settings
from summit_qa.types import (
    Document,
    RelevanceRanker,
    SpanPrediction,
    SupportJudge,
    Window,
    WindowReader,
)


def settings(**values: object) -> Settings:
    """Settings that no environment and no ``.env`` of the machine changes."""
    return Settings(_env_file=None, **values)  # type: ignore[arg-type, call-arg]


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write texts by path below the folder, and give it back."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="")
    return folder


def document(path: str, text: str) -> Document:
    """A document that was never a file."""
    return make_document(path, text.encode())


class WordEncoder:
    """Texts that share words are near; remembers every text that it was given."""

    def __init__(self, fingerprint: str = "words:1", dimensions: int = 64) -> None:
        self.fingerprint = fingerprint
        self.dimensions = dimensions
        self.embedded: list[str] = []

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n, dimensions)."""
        self.embedded += texts
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """A unit vector (dimensions,) that adds up those of the words."""
        vector = np.full(self.dimensions, 1e-3, dtype=np.float32)
        for word in words(text):
            digest = hashlib.sha256(stem(word).encode()).digest()
            vector[int.from_bytes(digest[:4], "big") % self.dimensions] += 1
        unit: NDArray[np.float32] = vector / np.linalg.norm(vector)
        return unit


class FixedRanker(RelevanceRanker, WindowReader):
    """Relevances by sentence; what is not named shares of the question's words."""

    def __init__(
        self,
        relevances: Mapping[str, float] | None = None,
        *,
        answerable: float = 1.0,
        spans: Mapping[str, tuple[str, float]] | None = None,
    ) -> None:
        self._relevances = dict(relevances or {})
        self._answerable = answerable
        self._spans = dict(spans or {})
        self.asked: list[list[str]] = []

    def relevance(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """As named, or the overlap with the question."""
        self.asked.append(list(texts))
        shared = overlap(question, texts)
        return np.array(
            [self._relevances.get(text, float(s)) for text, s in zip(texts, shared, strict=True)],
            dtype=np.float32,
        )

    def spans(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float] = ()
    ) -> list[SpanPrediction]:
        """The words named for the text with their confidence, or nothing sure."""
        found = []
        for window in windows:
            span, confidence = self._spans.get(window.text, ("", 0.0))
            at = window.text.find(span)
            found.append(SpanPrediction(at, at + len(span), confidence, confidence))
        return found

    def answerability(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float] = ()
    ) -> float:
        """As it was told."""
        return self._answerable


class FixedJudge(SupportJudge):
    """Probabilities by (evidence, claim); equal texts entail each other, others are neutral."""

    def __init__(
        self, scores: Mapping[tuple[str, str], tuple[float, float, float]] | None = None
    ) -> None:
        self._scores = dict(scores or {})
        self.asked: list[tuple[str, str]] = []

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """(n, 3): entailed, neutral, contradicted."""
        self.asked += pairs
        rows = [self._scores.get(pair) or self._plain(*pair) for pair in pairs]
        return np.array(rows, dtype=np.float32).reshape(len(rows), 3)

    def _plain(self, evidence: str, claim: str) -> tuple[float, float, float]:
        return (0.98, 0.01, 0.01) if evidence == claim else (0.05, 0.9, 0.05)


class CheckerInProcess:
    """The check of a new generation without the process: quicker, and no less strict."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check(self, passages: int) -> None:
        """Raise IndexDamagedError unless the generation is whole."""
        if damage := index_check.check(self._folder, passages):
            raise IndexDamagedError(f"The new index failed its check ({damage}); try again.")

    def close(self) -> None:
        """There is no process to end."""
