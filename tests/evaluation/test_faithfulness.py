from dataclasses import replace

import pytest
from making import answer, citation, statement

from doubles import FixedJudge, document
from summit_qa.evaluation.faithfulness import (
    Judged,
    Thresholded,
    judge_answer,
    pointer_valid,
    unheld_facts,
)
from summit_qa.types import Citation, Statement

TEXT = "Ann Lee came on Monday.\r\nBob left. He went home.\r\n"
SOURCE = document("a.txt", TEXT)
FILES = {"a.txt": TEXT.encode()}
ENTAILED, NEUTRAL, CONTRADICTED = (0.9, 0.05, 0.05), (0.1, 0.8, 0.1), (0.1, 0.1, 0.8)
Scores = dict[tuple[str, str], tuple[float, float, float]]


def judged(said: Statement, scores: Scores) -> Judged:
    meter = Thresholded.of(FixedJudge(scores), 0.5, 0.5)
    (found,) = judge_answer(answer(said), meter, FILES)
    return found


def test_a_pointer_is_valid_where_the_file_holds_its_quote() -> None:
    assert pointer_valid(citation(SOURCE, "He went home."), FILES)


@pytest.mark.parametrize(
    "altered",
    [
        {"quote": "He went away."},
        {"file": "b.txt"},
        {"span": replace(citation(SOURCE, "He").span, start_line=1)},
        {"span": replace(citation(SOURCE, "He").span, end=10_000)},
        {"span": replace(citation(SOURCE, "He").span, start=-5)},
    ],
)
def test_a_pointer_is_invalid_where_it_does_not(altered: dict[str, object]) -> None:
    good = citation(SOURCE, "He")
    assert pointer_valid(good, FILES)
    assert not pointer_valid(replace(good, **altered), FILES)  # type: ignore[arg-type]


def test_a_pointer_is_invalid_once_the_file_has_changed() -> None:
    good = citation(SOURCE, "He went home.")
    assert not pointer_valid(good, {"a.txt": b"new first line\n" + FILES["a.txt"]})
    assert not pointer_valid(good, {})
    assert not pointer_valid(good, {"a.txt": b"\x00\x01\x02"})


def test_lines_are_counted_over_every_kind_of_line_end() -> None:
    text = "one\rtwo\r\nthree\nfour"
    assert pointer_valid(citation(document("m.txt", text), "four"), {"m.txt": text.encode()})


FIRST, SECOND = citation(SOURCE, "Ann Lee came"), citation(SOURCE, "Bob left", 2)
LINES = FIRST.line_text, SECOND.line_text
BOTH = "\n".join(LINES)


def test_a_statement_is_held_against_all_its_lines_together() -> None:
    found = judged(statement("Both.", FIRST, SECOND), {(BOTH, "Both."): ENTAILED})
    assert found.supported
    assert found.entailed
    assert found.precise_pointers == 2  # neither line does it alone, so neither is idle


def test_a_citation_is_idle_where_the_others_entail_without_it() -> None:
    scores = {(BOTH, "Ann."): ENTAILED, (LINES[0], "Ann."): ENTAILED, (LINES[1], "Ann."): NEUTRAL}
    found = judged(statement("Ann.", FIRST, SECOND), scores)
    assert (found.pointers, found.precise_pointers) == (2, 1)


def test_a_statement_that_is_not_recalled_has_no_precise_citation() -> None:
    found = judged(statement("Carl.", FIRST), {(LINES[0], "Carl."): CONTRADICTED})
    assert not found.supported
    assert found.contradicted
    assert found.precise_pointers == 0


def test_an_invalid_pointer_stays_in_the_denominator_and_spoils_the_recall() -> None:
    broken: Citation = replace(SECOND, quote="Bob stayed")
    found = judged(statement("Ann.", FIRST, broken), {(LINES[0], "Ann."): ENTAILED})
    assert found.supported  # by what does stand there
    assert not found.entailed
    assert (found.pointers, found.precise_pointers) == (2, 0)


def test_a_statement_without_a_citation_is_not_supported() -> None:
    found = judged(statement("Then Dora came."), {})
    assert not found.supported
    assert not found.contradicted
    assert found.unheld == ("Dora",)


def test_places_that_retell_count_as_pointers() -> None:
    said = replace(statement("Ann.", FIRST), further=(SECOND,))
    found = judged(said, {(BOTH, "Ann."): ENTAILED, (LINES[1], "Ann."): ENTAILED})
    assert found.pointers == 2


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("Ann Lee came on Monday.", ()),
        ("Ann Lee came on Tuesday.", ("tuesday",)),
        ("Three men came.", ("3",)),
        ("She met Bill Gray in June.", ("june", "Bill Gray")),
        ("They may march.", ()),
    ],
)
def test_details_that_the_line_does_not_hold_are_named(said: str, missing: tuple[str, ...]) -> None:
    assert unheld_facts(said, "Ann Lee came on Monday.") == missing


def test_the_judge_is_asked_once_for_the_same_pair() -> None:
    judge = FixedJudge()
    meter = Thresholded.of(judge, 0.5, 0.5)
    for _ in range(2):
        judge_answer(answer(statement("Ann.", FIRST)), meter, FILES)
    assert judge.asked == [(LINES[0], "Ann.")]
