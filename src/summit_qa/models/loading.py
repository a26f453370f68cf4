"""Loads the bundled models on threads of their own, beside whatever else has to be opened."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal, Self

from summit_qa.models.base_model import BaseModel, BaseReader
from summit_qa.models.encoding import Encoder
from summit_qa.models.heap import one_heap
from summit_qa.models.relevance import RelevanceModel
from summit_qa.models.support import SupportModel
from summit_qa.types import Models, ReadingRanker, SupportJudge


class Loading:
    """Models on their way; a context manager, to be left when all that was begun is there."""

    def __init__(
        self,
        reader: Literal["base", "small"] = "base",
        ranker: ReadingRanker | None = None,
        judge: SupportJudge | None = None,
    ) -> None:
        """``ranker`` and ``judge`` are taken in place of the bundled ones; that ranker reads."""
        one_heap()
        self._ranker = ranker
        self._judge = judge
        self._reads = ranker is None and reader == "base"
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="load")
        self._base: Future[BaseModel] | None = None
        if judge is None or self._reads:
            self._base = self._pool.submit(BaseModel.load)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown()

    def beside(self, encoder: Encoder) -> Future[Models]:
        """All models, ranking with that encoder; raises ModelError when the result is asked for."""
        ranking = None
        if self._ranker is None:
            ranking = self._pool.submit(RelevanceModel.load, _bundled(encoder))
        return self._pool.submit(self._made, ranking)

    def _made(self, ranking: Future[RelevanceModel] | None) -> Models:
        base = None if self._base is None else self._base.result()
        judge, ranker = self._judge, self._ranker
        if judge is None:
            assert base is not None
            judge = SupportModel.of(base)
        if ranker is None:
            assert ranking is not None
            ranker = ranking.result()
        return Models(ranker, judge, BaseReader.of(base) if base and self._reads else None)


def _bundled(encoder: Encoder) -> Any:
    """The sentence encoder, if the index is made with it: the relevance model knows its cosines."""
    if not encoder.fingerprint.startswith("minilm:"):
        return None
    return getattr(encoder, "full", encoder)
