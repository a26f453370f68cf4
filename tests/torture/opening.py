"""An assistant with quick doubles for models, as the torture asks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from doubles import FixedJudge, FixedRanker, WordEncoder, settings
from summit_qa.assistant import Assistant, OwnModels


def doubled(corpus: Path, index: Path, *, sync: bool = True, **chosen: Any) -> Assistant:
    """The assistant over the corpus; ``chosen`` are settings."""
    return Assistant.open(
        settings=settings(corpus=corpus, index=index, **{"engine": "reader", **chosen}),
        own=OwnModels(WordEncoder(), FixedRanker(), FixedJudge()),
        sync=sync,
    )
