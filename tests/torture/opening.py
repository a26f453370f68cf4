"""An assistant with quick doubles for models, as the torture asks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from doubles import FixedJudge, FixedRanker, WordEncoder, settings
from summit_qa.assistant import Assistant, OwnModels


class _Forgotten(list[str]):
    """What is added is not kept: a large folder's texts would be what the memory is full of."""

    def __iadd__(self, texts: object) -> _Forgotten:  # type: ignore[misc, override]
        return self


def doubled(corpus: Path, index: Path, *, sync: bool = True, **chosen: Any) -> Assistant:
    """The assistant over the corpus; ``chosen`` are settings."""
    encoder = WordEncoder()
    encoder.embedded = _Forgotten()
    return Assistant.open(
        settings=settings(corpus=corpus, index=index, **{"engine": "reader", **chosen}),
        own=OwnModels(encoder, FixedRanker(), FixedJudge()),
        sync=sync,
    )
