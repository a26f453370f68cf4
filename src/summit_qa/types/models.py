"""What models read and say, and the protocols that they keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

_CONTEXT_READ = 120  # characters of a context line that a model reads
_TITLE_READ = 40  # … of its first part, where it is longer than that
_NEXT_PART = " › "  # as `documents.outline.SEPARATOR`


@dataclass(frozen=True, slots=True)
class Window:
    """Evidence as a model reads it: some sentences of a passage, under the passage's context."""

    text: str
    context: str = ""

    @property
    def whole(self) -> str:
        """The text, with its context in front where it has one."""
        return self._front + self.text

    @property
    def begins(self) -> int:
        """Where in ``whole`` the text begins."""
        return len(self._front)

    @property
    def above(self) -> str:
        """As much of the context as a model reads: of a long one, what is nearest to the text."""
        context = " ".join(self.context.split())
        if len(context) <= _CONTEXT_READ:
            return context
        title, *others = context.split(_NEXT_PART)
        if not others:
            return title[:_CONTEXT_READ]
        kept = [title[:_TITLE_READ]]
        room = _CONTEXT_READ - len(kept[0])
        for part in reversed(others):
            room -= len(_NEXT_PART)
            if room < len(part) and (len(kept) > 1 or room <= 0):
                break
            kept.insert(1, part[:room])
            room -= len(kept[1])
        return _NEXT_PART.join(kept)

    @property
    def _front(self) -> str:
        return f"{self.above} | " if self.context.strip() else ""


@dataclass(frozen=True, slots=True)
class SpanPrediction:
    """Where in an evidence text the answer stands, and how surely it does.

    ``start`` and ``end`` are characters into the evidence; ``answerable`` and ``confidence``
    are probabilities, that the evidence answers at all and that these are the words.
    """

    start: int
    end: int
    answerable: float
    confidence: float


@runtime_checkable
class SupportJudge(Protocol):
    """Says whether evidence entails, leaves open or contradicts a claim."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Probabilities (n, 3) in the order entailed, neutral, contradicted.

        ``pairs`` are (evidence, claim).
        """
        ...


@runtime_checkable
class RelevanceRanker(Protocol):
    """Says how well texts answer a question: the first stage, which looks at many."""

    def relevance(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Relevance of each text to the question, (n,), 0 to 1."""
        ...


@runtime_checkable
class PassageReader(Protocol):
    """Says of many passages how likely each answers, cheaply."""

    def logits(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n,): the higher, the likelier; 0 is undecided."""
        ...


@runtime_checkable
class WindowReader(Protocol):
    """Reads the best windows: the second stage, which says whether they answer, and where.

    ``relevances`` are what the first stage says of the sentence that each window is around.
    """

    def spans(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float]
    ) -> list[SpanPrediction]:
        """The likeliest answer in each window, in characters of the window's text."""
        ...

    def answerability(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float]
    ) -> float:
        """Probability that the windows, the best that were found, answer the question at all."""
        ...


@runtime_checkable
class ReadingRanker(RelevanceRanker, WindowReader, Protocol):
    """A ranker that can also read what it ranked, as the small reader does."""


@dataclass(frozen=True, slots=True)
class Models:
    """The models that read and judge; without ``windows`` the ranker reads what it ranked."""

    ranker: ReadingRanker
    judge: SupportJudge
    windows: WindowReader | None = None
