"""The whole app over quick doubles: ``python quick_server.py CORPUS INDEX PORT SECONDS``.

What is tortured is the server and the index, not the models. Every SECONDS, unless that is 0, the
index is brought up to date with the corpus while questions are answered.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from opening import doubled

from summit_qa.app import AppOptions, serve
from summit_qa.assistant import Assistant


def _sync(assistant: Assistant, every: float) -> None:
    while True:
        time.sleep(every)
        assistant.sync()


def main() -> None:
    """Serve until ended."""
    corpus, index, port, every = sys.argv[1:]
    with doubled(Path(corpus), Path(index)) as assistant:
        if float(every):
            syncing = threading.Thread(target=_sync, args=(assistant, float(every)), daemon=True)
            syncing.start()
        options = AppOptions(
            port=int(port), mcp=True, openai=True, examples=("When was it finished?",)
        )
        serve(assistant, options)


if __name__ == "__main__":
    main()
