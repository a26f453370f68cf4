from collections.abc import Sequence

import pytest
from making import Scripted, answer, citation, statement

from doubles import document
from summit_qa.documents.lines import line_text
from summit_qa.errors import CorpusError, WriterTimeoutError
from summit_qa.evaluation.baselines import BM25TopSentence
from summit_qa.evaluation.cases import Case
from summit_qa.evaluation.engines import Engine
from summit_qa.evaluation.reliance import (
    measure_reliance,
    replaced,
    value_to_change,
    without_lines,
)
from summit_qa.types import Document

SOURCE = document("a.txt", "The bridge opened in 1932.\r\n\r\nIt cost six million pounds.\n")
DOCUMENTS = {"a.txt": SOURCE}
CASES = [Case(id="when", question="When did the bridge open?", kind="fact")]
SAID = answer(
    statement("The bridge opened in 1932.", citation(SOURCE, "The bridge opened in 1932."))
)


def kinds(engine_over: object, **answers: object) -> dict[str, bool]:
    found = measure_reliance(CASES, {"when": SAID} | answers, DOCUMENTS, engine_over, most=5)  # type: ignore[arg-type]
    return {each.kind: each.relies for each in found}


def test_an_engine_that_reads_the_corpus_follows_both_alterations() -> None:
    assert kinds(BM25TopSentence) == {"removed": True, "changed": True}


def test_an_engine_that_answers_from_memory_is_found_out() -> None:
    def remembers(documents: Sequence[Document]) -> Engine:
        return Scripted({"when": SAID})

    assert kinds(remembers) == {"removed": False, "changed": False}


def test_a_corpus_with_nothing_left_to_read_is_no_answer_either() -> None:
    def finds_nothing(documents: Sequence[Document]) -> Engine:
        return Scripted({"when": CorpusError("No text was found.")})

    assert kinds(finds_nothing) == {"removed": True, "changed": True}


def test_an_engine_that_fails_tells_nothing_and_stops_nothing() -> None:
    def fails(documents: Sequence[Document]) -> Engine:
        return Scripted({"when": WriterTimeoutError("too slow")})

    assert kinds(fails) == {}


def test_the_corpus_is_altered_as_said() -> None:
    seen: list[str] = []

    def looks(documents: Sequence[Document]) -> Engine:
        seen.append(documents[0].text)
        return Scripted({"when": SAID})

    kinds(looks)
    assert seen == [
        "\r\n\r\nIt cost six million pounds.\n",
        "The bridge opened in 1939.\r\n\r\nIt cost six million pounds.\n",
    ]


def test_answers_without_statements_are_not_put_to_the_test() -> None:
    assert measure_reliance(CASES, {"when": answer()}, DOCUMENTS, BM25TopSentence, most=5) == []


def test_cases_are_chosen_at_equal_distances() -> None:
    cases = [Case(id=str(n), question="When did the bridge open?", kind="fact") for n in range(9)]
    answers = {case.id: SAID for case in cases}
    found = measure_reliance(cases, answers, DOCUMENTS, BM25TopSentence, most=3)
    assert [each.case for each in found if each.kind == "removed"] == ["0", "3", "6"]


def test_other_lines_keep_their_numbers_when_one_is_blanked() -> None:
    altered = without_lines(SOURCE, {1})
    assert line_text(altered, 3) == "It cost six million pounds."
    assert line_text(altered, 1) == ""


def test_a_value_is_replaced_as_a_whole_word() -> None:
    altered = replaced(document("n.txt", "19 in 1932, 19."), "19", "26")
    assert altered.text == "26 in 1932, 26."


@pytest.mark.parametrize(
    ("said", "asked", "value"),
    [
        ("It opened in 1932.", "When?", ("1932", "1939")),
        ("It cost 1,500 pounds in 1932.", "What did it cost in 1932?", ("1,500", "1507")),
        ("It has six arches.", "How many?", ("six", "thirteen")),
        ("It opened in August.", "When?", ("August", "October")),
        ("It was built by Ann Lindgren.", "Who built it?", ("Lindgren", "Quarles")),
        ("It opened in 1932.", "What opened in 1932?", None),
        ("It is tall.", "How tall?", None),
    ],
)
def test_a_value_that_the_question_does_not_name_is_changed(
    said: str, asked: str, value: tuple[str, str] | None
) -> None:
    assert value_to_change(said, asked) == value
