"""What visitors thought of answers, as JSON: lines of a file beside the index, or in a database."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

from summit_qa.app.database import Database, NotKeptError
from summit_qa.app.history import storable
from summit_qa.app.sessions import Turn

MOST_COMMENT = 1_000  # characters
_MOST_BYTES = 16 * 1024 * 1024
_log = logging.getLogger(__name__)


class Feedback:
    """Appends to ``feedback/feedback.jsonl`` in the folder of the index, or to the database that
    several machines share."""

    def __init__(self, index: Path, corpus: Path, shared: Database | None = None) -> None:
        self._corpus = str(corpus.resolve())
        self._shared = shared
        self.file = index / "feedback" / "feedback.jsonl"
        self._lock = threading.Lock()

    def keep(self, turn: Turn, comment: str = "") -> bool:
        """Append the rating of a turn; False where there is no room or it cannot be written."""
        answer = turn.answer
        if answer is None or turn.rating is None:
            return False
        record = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "rating": turn.rating,
            "comment": comment.strip()[:MOST_COMMENT],
            "question": turn.question,
            "verdict": answer.verdict,
            "status": answer.status,
            "abstained": answer.abstained,
            "text": answer.text,
            "citations": [citation.location for citation in answer.citations],
            "engine": answer.engine,
            "model": answer.model,
            "generation": answer.generation,
        }
        line = storable(json.dumps(record, ensure_ascii=False))  # the escape is JSON's own
        return self._appended(line) if self._shared is None else self._sent(self._shared, line)

    def _sent(self, shared: Database, line: str) -> bool:
        statement = "INSERT INTO feedback (folder, record) VALUES (:folder, :record)"
        values = {"folder": self._corpus, "record": line}
        try:
            shared.run(lambda execute: execute(statement, values))
        except NotKeptError as error:
            _log.warning("a rating cannot be kept: %s", error)
            return False
        return True

    def _appended(self, line: str) -> bool:
        try:
            with self._lock:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                if self.file.exists() and self.file.stat().st_size > _MOST_BYTES:
                    return False
                # One write, so that lines of several processes do not mix.
                with self.file.open("ab", buffering=0) as stream:
                    stream.write(f"{line}\n".encode())
        except OSError:
            return False
        return True
