import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from summit_qa.app.feedback import Feedback
from summit_qa.app.jobs import Finished, Job, Step, patiently
from summit_qa.app.sessions import Turn
from summit_qa.errors import IndexLockedError
from summit_qa.types import Answer, Progress, SyncReport

ANSWER = Answer("Who?", "Ann did.", None, (), (), "answered", None, generation="g-1")


def rated(rating: str = "up") -> Turn:
    return Turn(1, "Who?", "done", ANSWER, rating=rating)  # type: ignore[arg-type]


def test_a_rating_becomes_a_line_of_json(tmp_path: Path) -> None:
    feedback = Feedback(tmp_path, tmp_path)
    assert feedback.keep(rated(), "  Good\nindeed ")
    assert feedback.keep(rated("down"))
    first, second = feedback.file.read_text(encoding="utf-8").splitlines()
    assert json.loads(first)["comment"] == "Good\nindeed"
    assert json.loads(first)["question"] == "Who?"
    assert json.loads(first)["generation"] == "g-1"
    assert json.loads(second)["rating"] == "down"


def test_what_was_not_rated_or_answered_is_not_kept(tmp_path: Path) -> None:
    feedback = Feedback(tmp_path, tmp_path)
    assert not feedback.keep(Turn(1, "Who?", "done", ANSWER))
    assert not feedback.keep(replace(rated(), answer=None))
    assert not feedback.file.exists()


def test_a_full_file_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("summit_qa.app.feedback._MOST_BYTES", 10)
    feedback = Feedback(tmp_path, tmp_path)
    assert feedback.keep(rated())
    assert not feedback.keep(rated())


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "feedback").write_text("in the way", encoding="utf-8")
    assert not Feedback(tmp_path, tmp_path).keep(rated())


def test_a_job_tells_its_steps_and_then_its_result() -> None:
    def work(progress: Progress) -> str:
        progress(1, 2, "files")
        return "done"

    *steps, last = Job(work).run()
    assert all(isinstance(step, Step) for step in steps)
    assert last == Finished("done")


def test_an_error_of_a_job_is_its_end_and_the_next_run_can_begin() -> None:
    trouble = ValueError("no")

    def work(progress: Progress) -> str:
        raise trouble

    job = Job(work)
    assert list(job.run()) == [Finished(error=trouble)]
    assert list(job.run()) == [Finished(error=trouble)]


def test_a_job_runs_once_at_a_time_and_on_when_its_visitor_leaves() -> None:
    go_on, ended = threading.Event(), threading.Event()

    def work(progress: Progress) -> str:
        progress(0, 1, "files")
        assert go_on.wait(10)
        ended.set()
        return "done"

    job = Job(work)
    first = job.run()
    next(first)
    assert list(job.run()) == []
    first.close()
    go_on.set()
    assert ended.wait(10)


def test_an_update_waits_for_another_process_that_writes() -> None:
    tried: list[str] = []

    def sync(progress: Progress) -> SyncReport:
        tried.append("sync")
        if len(tried) < 3:
            raise IndexLockedError("Another process is writing.")
        return SyncReport(passages=7)

    told: list[str] = []
    report = patiently(sync, wait=0.0)(lambda done, total, what: told.append(what))
    assert (report.passages, len(tried)) == (7, 3)
    assert told == ["waiting for another update"] * 2
