from collections import Counter
from pathlib import Path

import pytest

from doubles import document
from summit_qa.documents.corpus import read_corpus
from summit_qa.errors import EvaluationError
from summit_qa.evaluation.cases import Dataset, Place, contains, load_native

ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "eval" / "questions.yaml"
LINES = document("a.txt", "Ann came.\n\nBob left at 5.\n")
GOOD = """
questions:
  - id: who
    question: Who came?
    kind: fact
    gold: [{file: a.txt, line: 1}]
    must: [[Ann, Anna]]
"""


@pytest.fixture(scope="module")
def shipped() -> Dataset:
    documents = {each.path: each for each in read_corpus(ROOT / "corpus").documents}
    return load_native(QUESTIONS, documents)


def load(path: Path, text: str) -> Dataset:
    (path / "q.yaml").write_text(text, encoding="utf-8")
    return load_native(path / "q.yaml", {"a.txt": LINES})


def test_the_shipped_questions_are_as_many_and_as_various_as_promised(shipped: Dataset) -> None:
    kinds = Counter(case.kind for case in shipped.cases)
    assert len(shipped.cases) >= 120
    assert kinds["unanswerable"] >= 30
    assert set(kinds) == {
        "yes_no", "fact", "explanation", "quotation", "comparison", "conflict", "time",
        "follow_up", "unanswerable", "false_premise",
    }  # fmt: skip
    assert all(case.why for case in shipped.cases if case.kind == "unanswerable")


def test_shipped_verdicts_are_not_all_the_same(shipped: Dataset) -> None:
    verdicts = Counter(case.verdict for case in shipped.cases if case.kind == "yes_no")
    assert min(verdicts["yes"], verdicts["no"]) >= 10


def test_a_follow_up_carries_the_questions_before_it(shipped: Dataset) -> None:
    follow_ups = [case for case in shipped.cases if case.kind == "follow_up"]
    asked = {case.question for case in shipped.cases}
    assert all(case.history and set(case.history) <= asked for case in follow_ups)


def test_a_question_is_read_with_its_lines_and_facts(tmp_path: Path) -> None:
    (case,) = load(tmp_path, GOOD).cases
    assert (case.gold, case.must) == ({Place("a.txt", 1)}, (("Ann", "Anna"),))
    assert case.answerable is True


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("line: 1", "line: 2", "a.txt:2 is empty or past the end"),
        ("line: 1", "line: 9", "a.txt:9 is empty or past the end"),
        ("line: 1", "line: 0", "greater than or equal to 1"),
        ("a.txt", "c.txt", "no file 'c.txt'"),
        ("Ann, Anna", "Carl", "fact 1 ('Carl', …) stands in no gold line"),
        ("Ann, Anna", "", "fact 1 has no wording"),
        ("kind: fact", "kind: riddle", "Input should be"),
        ("kind: fact", "kind: yes_no", "needs its verdict"),
        ("kind: fact", "kind: unanswerable", "have no gold lines"),
        ("kind: fact", "kind: conflict", "'sides' are two lists"),
        ("kind: fact", "kind: follow_up", "'follows' and the kind follow_up belong together"),
        ("kind: fact", "kind: fact\n    follows: x", "belong together"),
        ("kind: fact", "kind: fact\n    verdict: yes", "verdict"),
        ("kind: fact", "kind: fact\n    color: red", "Extra inputs"),
        ("Who came?", "[", "is not YAML at line"),
        ("- id: who", "- name: who", "Field required"),
    ],
)
def test_what_is_amiss_is_said_in_one_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_ids_are_unique_and_follow_ups_come_after_what_they_follow(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="not unique"):
        load(tmp_path, GOOD + GOOD.partition("questions:\n")[2])
    late = GOOD.replace("kind: fact", "kind: follow_up\n    follows: later")
    with pytest.raises(EvaluationError, match="does not stand before it"):
        load(tmp_path, late)


def test_a_missing_file_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"none\.yaml cannot be read: No such file"):
        load_native(tmp_path / "none.yaml", {})


def test_a_limit_spreads_over_all_kinds(shipped: Dataset) -> None:
    chosen = shipped.limited(40).cases
    assert len(chosen) == 40
    assert len({case.kind for case in chosen}) >= 8
    assert shipped.limited(10_000) is shipped


def test_facts_are_found_whatever_their_case_and_marks() -> None:
    assert contains("He said:  “It’s\nON” — now", ["it's on\" -"])
    assert not contains("He said nothing", ["it's on"])
