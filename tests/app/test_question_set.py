"""A set of questions that a person goes through: shown, corrected, kept, dropped, brought back."""

from __future__ import annotations

from typing import Any

import pytest

from doubles import write
from summit_qa.app import walk
from summit_qa.app.question_set import QuestionSet, state_of
from summit_qa.assistant import Assistant
from summit_qa.errors import EvaluationError
from summit_qa.evaluation.cases import load_native

TEXT = "The bridge of Norwick was opened on 3 May 1931.\nIt is long.\nAnn Lee paid for it.\n"
SET = """
questions:
  - id: opened
    question: When was the bridge opened?
    kind: fact
    must: [[3 May 1931]]
    gold: [{file: bridge.txt, line: 1}]
  - id: "<b>paid</b>"
    question: Who paid for <i>it</i>?
    kind: fact
    gold: [{file: bridge.txt, line: 3}]
"""
FORM = {
    "question": "When was the bridge of Norwick opened?", "kind": "fact", "verdict": "",
    "facts": "3 May 1931 / 1931", "lines": ["bridge.txt:1"], "place": "",
}  # fmt: skip


@pytest.fixture
def questions(quick: Assistant) -> QuestionSet:
    write(quick.settings.corpus, {"bridge.txt": TEXT})
    quick.sync()
    file = quick.settings.index / "evaluation" / "questions.yaml"
    write(file.parent, {file.name: SET})
    return QuestionSet(quick, file)


def state(questions: QuestionSet, named: str) -> str:
    return next(state_of(it) for it in questions.all() if it["id"] == named)


def test_what_is_kept_is_in_the_folders_set_and_can_be_run(
    questions: QuestionSet, quick: Assistant
) -> None:
    changes = walk.corrected(FORM, quick.documents)
    questions.keep("opened", state(questions, "opened"), changes)
    first = load_native(questions.file, quick.documents).cases[0]
    assert first.question == FORM["question"]
    assert first.must == (("3 May 1931", "1931"),)
    assert [it.get("checked", False) for it in questions.all()] == [True, False]
    assert questions.file.read_text(encoding="utf-8").startswith("# A first set")


def test_two_people_do_not_undo_each_others_work_unseen(
    questions: QuestionSet, quick: Assistant
) -> None:
    before = state(questions, "opened")
    changes = walk.corrected(FORM, quick.documents)
    questions.keep("opened", before, changes)
    with pytest.raises(EvaluationError, match="changed elsewhere"):
        questions.keep("opened", before, {**changes, "question": "Another?"})
    with pytest.raises(EvaluationError, match="changed elsewhere"):
        questions.drop("opened", before)
    assert questions.all()[0]["question"] == FORM["question"]


def test_what_is_dropped_can_be_brought_back_where_it_stood(questions: QuestionSet) -> None:
    first = questions.all()[0]
    questions.drop("opened", state_of(first))
    assert [it["id"] for it in questions.all()] == ["<b>paid</b>"]
    with pytest.raises(EvaluationError, match="last question"):
        questions.drop("<b>paid</b>", state(questions, "<b>paid</b>"))
    questions.restore(first, 0)
    questions.restore(first, 0)  # a second click does nothing
    assert questions.all()[0] == first
    assert len(questions.all()) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"question": " ?"}, "Type the question"),
        ({"lines": []}, "Tick the lines"),
        ({"kind": "yes_no"}, "yes or no"),
        ({"facts": "4 May"}, "“4 May” stands in none"),
        ({"place": "bridge.txt"}, "is no place"),
        ({"place": "elsewhere.txt:1"}, "is no place"),
        ({"place": "bridge.txt:77"}, "has the lines 1 to 3"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(
    changes: dict[str, Any], said: str, questions: QuestionSet, quick: Assistant
) -> None:
    with pytest.raises(EvaluationError, match=said) as told:
        walk.corrected({**FORM, **changes}, quick.documents)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"kind": "yes_no", "verdict": "no"}, {"verdict": "no", "must": []}),
        ({"kind": "unanswerable"}, {"gold": [], "must": []}),
        ({"place": "bridge.txt:3"}, {"gold": [("bridge.txt", 1), ("bridge.txt", 3)]}),
    ],
)
def test_the_form_becomes_a_question_of_its_kind(
    changes: dict[str, Any], kept: dict[str, Any], questions: QuestionSet, quick: Assistant
) -> None:
    made = walk.corrected({**FORM, **changes}, quick.documents)
    made["gold"] = [(it["file"], it["line"]) for it in made["gold"]]
    kept["gold"] = [tuple(it) for it in kept.get("gold", made["gold"])]
    assert {key: made[key] for key in kept} == kept
    questions.keep(
        "opened", state(questions, "opened"), walk.corrected({**FORM, **changes}, quick.documents)
    )
    assert len(load_native(questions.file, quick.documents).cases) == 2


def test_a_step_shows_the_lines_around_the_source_and_texts_as_text(
    questions: QuestionSet, quick: Assistant
) -> None:
    html = walk.step(questions.all(), 0, quick.documents)
    assert "Question 1 of 2" in html
    assert html.count('name="lines[]"') == 3
    assert html.count('name="lines[]" value="bridge.txt:1" checked') == 1
    assert "3 May 1931</textarea>" in html
    second = walk.step(questions.all(), 1, quick.documents)
    assert "Who paid for &lt;i&gt;it&lt;/i&gt;?" in second
    assert "<b>paid" not in second
    gone = walk.step([{"id": "a", "question": "A?", "gold": [{"file": "x", "line": 1}]}], 0, {})
    assert "x is not in the folder any more" in gone


def test_a_file_that_is_no_set_is_told_in_a_line(questions: QuestionSet) -> None:
    for broken in ("questions: [", "questions: 7", "- a"):
        write(questions.file.parent, {questions.file.name: broken})
        with pytest.raises(EvaluationError, match="file of questions"):
            questions.all()
