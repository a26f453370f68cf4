"""An assistant with quick doubles for models, as the torture asks it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doubles import FixedJudge, FixedRanker, WordEncoder, settings
from summit_qa.assistant import Assistant, OwnModels


class _Forgotten(list[Any]):
    """Nothing is kept of what doubles are asked: it would be what the memory is full of."""

    def __iadd__(self, values: object) -> _Forgotten:  # type: ignore[misc, override]
        return self

    def append(self, value: object) -> None:
        return


class QuickEncoder(WordEncoder):
    """Vectors that say nothing, for many texts: those of words take longer than all the rest."""

    def __init__(self) -> None:
        super().__init__("quick:1")

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """A unit vector (64,) of the whole text."""
        digest = hashlib.sha512(text.encode()).digest()
        vector = np.frombuffer(digest, dtype=np.uint8).astype(np.float32) - 127.5
        unit: NDArray[np.float32] = vector / np.linalg.norm(vector)
        return unit


def doubled(
    corpus: Path,
    index: Path,
    *,
    sync: bool = True,
    encoder: WordEncoder | None = None,
    **chosen: Any,
) -> Assistant:
    """The assistant over the corpus; ``chosen`` are settings."""
    encoder, ranker, judge = encoder or WordEncoder(), FixedRanker(), FixedJudge()
    encoder.embedded, ranker.asked, judge.asked = _Forgotten(), _Forgotten(), _Forgotten()
    return Assistant.open(
        settings=settings(corpus=corpus, index=index, **{"engine": "reader", **chosen}),
        own=OwnModels(encoder, ranker, judge),
        sync=sync,
    )
