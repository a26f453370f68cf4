"""What goes on, for those who run the server: figures for Prometheus and a line a question.

Neither holds a word of questions, answers or files, unless questions are asked for.
"""

from __future__ import annotations

import json
import logging
import os
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from summit_qa.errors import QuestionError, SummitQAError, WriterError
from summit_qa.types import Answer

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant

_log = logging.getLogger("summit_qa.questions")
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where several processes add up their figures
_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 60)
_WORDS_ALONE = "Found by words alone"


class Watch:
    """Passes the snapshots of answers on, and counts and times what comes of them."""

    def __init__(self, *, with_questions: bool = False) -> None:
        """``with_questions`` puts their words into the log."""
        # Imported here: it looks for SHARED when it is imported.
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self._with_questions = with_questions
        self._registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": None if SHARED in os.environ else self._registry}
        self._questions = Counter(
            "summit_qa_questions", "Questions by what came of them", ["status"], **own
        )
        self._seconds = Histogram(
            "summit_qa_seconds",
            "Seconds of a question by stage",
            ["stage"],
            buckets=_SECONDS,
            **own,
        )
        self._writer = Counter(
            "summit_qa_writer_errors", "Failures of the language model", ["kind"], **own
        )
        self._by_words = Counter(
            "summit_qa_by_words", "Answers without the search by meaning", **own
        )
        for status in ("answered", "tentative", "declined", "refused", "stopped", "failed"):
            self._questions.labels(status)

    def __call__(self, answers: Iterator[Answer]) -> Iterator[Answer]:
        """The same answers; the last one counts."""
        began, last = time.perf_counter(), None
        try:
            for answer in answers:
                last = answer
                yield answer
        except GeneratorExit:
            self._over("stopped", began, last)
            raise
        except Exception as error:
            refused = isinstance(error, QuestionError)
            if isinstance(error, WriterError):
                self._writer.labels(type(error).__name__).inc()
            self._over("refused" if refused else "failed", began, last, error)
            raise
        if last is not None:
            self._over(last.status, began, last)

    def _over(
        self, status: str, began: float, answer: Answer | None, error: Exception | None = None
    ) -> None:
        spent = {"total": time.perf_counter() - began}
        if answer is not None and status not in ("stopped", "failed"):
            timings = answer.timings
            spent |= {"retrieval": timings.retrieval, "ranking": timings.ranking,
                      "answering": timings.answering}  # fmt: skip
            if answer.failure:
                self._writer.labels(answer.failure).inc()
            if any(note.startswith(_WORDS_ALONE) for note in answer.notes):
                self._by_words.inc()
        self._questions.labels(status).inc()
        for stage, seconds in spent.items():
            self._seconds.labels(stage).observe(seconds)
        told: dict[str, Any] = {
            "event": "question",
            "status": status,
            "seconds": {stage: round(seconds, 4) for stage, seconds in spent.items()},
        }
        if error is not None:
            told["error"] = type(error).__name__
        if answer is not None:
            told |= {
                "engine": answer.engine,
                "generation": answer.generation,
                "citations": len(answer.citations),
                "notes": len(answer.notes),
                "writer_error": answer.failure,
            }
            if self._with_questions:
                told["question"] = answer.question
        _log.info("question %s", status, extra={"told": told})

    def exposition(self) -> tuple[bytes, str]:
        """The figures as Prometheus reads them, of all processes; and their content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self._registry
        if SHARED in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The record without any text of questions or files, but for messages of our own."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        line |= getattr(record, "told", {})
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"] = type(error).__name__
            # Places alone: what an error says may quote a document.
            line["at"] = [
                f"{frame.name} in {os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119
                for frame in traceback.extract_tb(error.__traceback__)[-8:]
            ]
        return json.dumps(line, ensure_ascii=False)


def set_up_logs(as_json: bool) -> None:
    """Log to standard error: warnings in words; or, as JSON, what each question came to, too."""
    if not as_json:
        logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
        return
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("summit_qa").setLevel(logging.INFO)


def readiness(assistant: Assistant) -> tuple[bool, dict[str, Any]]:
    """Whether questions can be answered now, and of what generation."""
    try:
        generation = assistant.generation
        return True, {
            "ready": True,
            "generation": generation.id,
            "vectors": generation.has_vectors,
        }
    except SummitQAError as error:
        return False, {"ready": False, "error": type(error).__name__}
