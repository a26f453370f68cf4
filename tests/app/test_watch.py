"""Figures and log lines hold what came of questions, and none of their words."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from doubles import write
from summit_qa.app.watch import JsonLines, Watch, readiness
from summit_qa.assistant import Assistant
from summit_qa.errors import QuestionError, WriterTimeoutError
from summit_qa.types import Answer

QUESTION = "How much is the zebrafee?"


def figures(watch: Watch) -> dict[str, float]:
    lines = watch.exposition()[0].decode().splitlines()
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    }


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, "summit_qa.questions"):
        yield caplog


def told(lines: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(JsonLines().format(record)) for record in lines.records]


def test_answers_are_counted_timed_and_told_without_words(
    quick: Assistant, lines: pytest.LogCaptureFixture
) -> None:
    write(quick.settings.corpus, {"fees.txt": "The zebrafee is twelve euros.\n"})
    quick.sync()
    watch = Watch()
    watched = quick.watched(watch)
    assert watched.ask(QUESTION).status == "answered"
    with watched.conversation() as conversation:
        conversation.ask(QUESTION)
    assert watched.with_settings(passages=3).within(["fees.txt"]).ask(QUESTION).text
    with pytest.raises(QuestionError):
        watched.ask("?")
    stopped = watched.stream(QUESTION)
    next(stopped)
    stopped.close()
    quick.ask(QUESTION)  # it is not watched itself
    found = figures(watch)
    assert found['summit_qa_questions_total{status="answered"}'] == 3
    assert found['summit_qa_questions_total{status="refused"}'] == 1
    assert found['summit_qa_questions_total{status="stopped"}'] == 1
    assert found['summit_qa_questions_total{status="declined"}'] == 0
    assert found['summit_qa_seconds_count{stage="retrieval"}'] == 3
    assert found['summit_qa_seconds_count{stage="total"}'] == 5
    assert found["summit_qa_by_words_total"] == 0
    events = told(lines)
    assert [it["status"] for it in events] == [*["answered"] * 3, "refused", "stopped"]
    assert events[0]["generation"] == quick.generation.id
    assert "zebrafee" not in watch.exposition()[0].decode() + json.dumps(events)


def test_questions_are_logged_where_they_are_asked_for(
    quick: Assistant, lines: pytest.LogCaptureFixture
) -> None:
    write(quick.settings.corpus, {"fees.txt": "The zebrafee is twelve euros.\n"})
    quick.sync()
    quick.watched(Watch(with_questions=True)).ask(QUESTION)
    assert told(lines)[0]["question"] == QUESTION
    assert "twelve" not in json.dumps(told(lines))


def test_failures_of_the_writer_are_counted_by_kind(quick: Assistant) -> None:
    write(quick.settings.corpus, {"fees.txt": "The zebrafee is twelve euros.\n"})
    quick.sync()
    away = {"llm": "m", "openai_base_url": "http://127.0.0.1:9/v1"}
    watch = Watch()
    answer = quick.with_settings(engine="auto", **away).watched(watch).ask(QUESTION)
    assert (answer.engine, answer.failure) == ("reader", "WriterConnectionError")

    def failing(_answers: Iterator[Answer]) -> Iterator[Answer]:
        raise WriterTimeoutError("late")
        yield

    with pytest.raises(WriterTimeoutError):
        list(watch(failing(iter(()))))
    found = figures(watch)
    assert found['summit_qa_writer_errors_total{kind="WriterConnectionError"}'] == 1
    assert found['summit_qa_writer_errors_total{kind="WriterTimeoutError"}'] == 1
    assert found['summit_qa_questions_total{status="failed"}'] == 1


def test_a_line_of_the_log_tells_where_and_not_what() -> None:
    try:
        raise ValueError("the words of a document")
    except ValueError as error:
        raised = (ValueError, error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, "", 1, "failed", (), raised)
    line = JsonLines().format(record)
    assert len(line.splitlines()) == 1
    assert json.loads(line)["error"] == "ValueError"
    assert "test_watch.py" in line
    assert "words of a document" not in line


def test_ready_means_that_there_is_something_to_ask(quick: Assistant) -> None:
    assert readiness(quick) == (
        True,
        {"ready": True, "generation": quick.generation.id, "vectors": False},
    )
    quick.close()
    (quick.settings.index / "CURRENT").unlink()
    assert readiness(quick) == (False, {"ready": False, "error": "IndexUnusableError"})
