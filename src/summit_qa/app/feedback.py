"""What visitors thought of answers, a JSON line each, in a file that stays on this machine."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

from summit_qa.app.sessions import Turn

MOST_COMMENT = 1_000  # characters
_MOST_BYTES = 16 * 1024 * 1024


class Feedback:
    """Appends to ``feedback/feedback.jsonl`` in the folder of the index."""

    def __init__(self, index: Path) -> None:
        self.file = index / "feedback" / "feedback.jsonl"
        self._lock = threading.Lock()

    def keep(self, turn: Turn, comment: str = "") -> bool:
        """Append the rating of a turn; False where the file is full or cannot be written."""
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
        line = json.dumps(record, ensure_ascii=False) + "\n"
        try:
            with self._lock:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                if self.file.exists() and self.file.stat().st_size > _MOST_BYTES:
                    return False
                # One write, so that lines of several processes do not mix.
                with self.file.open("ab", buffering=0) as stream:
                    stream.write(line.encode())
        except OSError:
            return False
        return True
