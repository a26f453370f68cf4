"""The chat over a folder, whose answers come slowly where a question begins with "Slowly: "."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from summit_qa.app import AppOptions, serve
from summit_qa.assistant import Assistant
from summit_qa.settings import Settings
from summit_qa.types import Answer

SLOWLY = "Slowly: "
PAUSE = 1.5  # seconds after each snapshot


class Slowly(Assistant):
    """An assistant that gives a test time to look."""

    def _answers(self, question: str, *rest: Any) -> Iterator[Answer]:
        for answer in super()._answers(question.removeprefix(SLOWLY), *rest):
            yield answer
            if question.startswith(SLOWLY):
                time.sleep(PAUSE)


if __name__ == "__main__":
    port, corpus, index = sys.argv[1:]
    settings = Settings.load(corpus=Path(corpus), index=Path(index), engine="reader")
    with Slowly.open(settings=settings) as assistant:
        folder = Path(corpus).parent
        options = AppOptions(
            port=int(port), evaluation=folder / "eval", history=Path(index) / "history.sqlite3"
        )
        serve(assistant, options)
