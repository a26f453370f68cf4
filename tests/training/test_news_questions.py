import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))

from news_questions import questions, stems


def asked(sentence: str) -> dict[str, str]:
    return {one.question: sentence[slice(*one.span)] for one in questions(sentence)}


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Ana Ruiz told reporters about the bridge.", "Who told reporters about the bridge?",
         "Ana Ruiz"),
        ("The museum opened on Monday.", "When did the museum open?", "Monday"),
        ("The summit was opened in Lima.", "Where was the summit opened?", "Lima"),
        ("The factory was closed in 1998.", "When was the factory closed?", "1998"),
        ("The company sold 300 cars in Peru.", "How many cars did the company sell in Peru?",
         "300"),
        ("The northern road will be closed because of the heavy snow.",
         "Why will the northern road be closed?", "because of the heavy snow"),
        ("Ana Ruiz, the mayor of Lima, won.", "Who is the mayor of Lima?", "Ana Ruiz"),
        ("Ana Ruiz, the mayor of Lima, won.", "Who is Ana Ruiz?", "the mayor of Lima"),
        ("Ana Ruiz said that the treaty with Chile was dead.", "What did Ana Ruiz say about Chile?",
         "the treaty with Chile was dead"),
    ],
)  # fmt: skip
def test_a_sentence_is_asked_for_its_parts(sentence: str, question: str, answer: str) -> None:
    assert asked(sentence).get(question) == answer


def test_the_answer_is_not_in_the_question() -> None:
    sentence = "The museum opened on Monday."
    assert all("Monday" not in question for question, answer in asked(sentence).items()
               if answer == "Monday")  # fmt: skip


def test_nobody_is_asked_for_by_a_pronoun() -> None:
    assert not any(question.startswith("Who") for question in asked("He left the room at once."))


def test_stems_are_of_the_words_that_carry_meaning() -> None:
    assert stems("The ministers were meeting the ministry's men.") == {"minist", "meetin", "men"}


def test_a_year_counts_nothing() -> None:
    asked_for = asked("The company was founded in 1998 by two brothers in Leeds.")
    assert not any("how many by" in question.lower() for question in asked_for)
    assert "1998" not in {a for q, a in asked_for.items() if q.startswith("How many")}
