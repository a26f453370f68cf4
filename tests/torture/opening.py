"""An assistant with quick doubles for models, as the torture asks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from doubles import FixedJudge, FixedRanker, WordEncoder, settings
from summit_qa.assistant import Assistant, OwnModels


class _Forgotten(list[Any]):
    """Nothing is kept of what doubles are asked: it would be what the memory is full of."""

    def __iadd__(self, values: object) -> _Forgotten:  # type: ignore[misc, override]
        return self

    def append(self, value: object) -> None:
        return


def doubled(corpus: Path, index: Path, *, sync: bool = True, **chosen: Any) -> Assistant:
    """The assistant over the corpus; ``chosen`` are settings."""
    encoder, ranker, judge = WordEncoder(), FixedRanker(), FixedJudge()
    encoder.embedded, ranker.asked, judge.asked = _Forgotten(), _Forgotten(), _Forgotten()
    return Assistant.open(
        settings=settings(corpus=corpus, index=index, **{"engine": "reader", **chosen}),
        own=OwnModels(encoder, ranker, judge),
        sync=sync,
    )
