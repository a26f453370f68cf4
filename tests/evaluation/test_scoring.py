from typing import Any

import pytest
from making import answer, citation, statement

from doubles import FixedJudge, document
from summit_qa.evaluation.cases import Case, Place
from summit_qa.evaluation.engines import Reply
from summit_qa.evaluation.faithfulness import Thresholded
from summit_qa.evaluation.figures import aggregate
from summit_qa.evaluation.results import CaseRow
from summit_qa.evaluation.scoring import failed_row, score
from summit_qa.types import Answer, Disagreement

SOURCE = document("a.txt", "It opened in 1932.\n\nSome say 1931.\n\nAnn Lee built it.\n")
FIRST, SECOND, THIRD = (
    citation(SOURCE, text, number)
    for number, text in enumerate(("It opened in 1932.", "Some say 1931.", "Ann Lee built it."), 1)
)
OPENED = statement("It opened in 1932.", FIRST)
OTHERS = statement("Some say 1931.", SECOND)
BUILT = statement("Ann Lee built it.", THIRD)
ABSTAINS = answer()


def case(kind: str = "fact", line: int | None = 1, **fields: Any) -> Case:
    gold = frozenset([Place("a.txt", line)]) if line else frozenset[Place]()
    return Case(id="c", question="When did it open?", kind=kind, **({"gold": gold} | fields))


def scored(asked: Case, said: Answer, prediction: str | None = None, *places: int) -> CaseRow:
    meter = Thresholded.of(FixedJudge(), 0.5, 0.5)
    ranked = tuple(Place("a.txt", line) for line in places or (3, 1))
    files = {"a.txt": SOURCE.text.encode()}
    return score(asked, Reply(said, ranked, 0.1), meter, files, prediction)


@pytest.mark.parametrize(
    ("asked", "said", "right"),
    [
        (case(must=(("1932", "1933"),)), answer(OPENED), True),
        (case(must=(("1933",),)), answer(OPENED), False),
        (case(must=(("1932",),), line=5), answer(OPENED), False),  # no gold line is cited
        (case(must=(("1932",),)), ABSTAINS, False),
        (case("unanswerable", None), ABSTAINS, True),
        (case("unanswerable", None), answer(OPENED), False),
        (case("false_premise", must=(("1933",),)), ABSTAINS, True),
        (case("false_premise", must=(("1933",),)), answer(OPENED), False),
        (case("yes_no", verdict="no"), answer(OPENED, verdict="no"), True),
        (case("yes_no", verdict="no"), answer(OPENED, verdict="yes"), False),
        (case("yes_no", verdict="no"), answer(OPENED), False),
        (case(must=(("12",),)), answer(OPENED, short="12 May"), True),
    ],
)
def test_an_answer_is_right_by_what_its_kind_asks(asked: Case, said: Answer, right: bool) -> None:
    row = scored(asked, said)
    assert row.right is right
    assert (row.badness == 0) == right


def test_a_conflict_is_found_where_a_line_of_each_side_is_shown() -> None:
    sides = (frozenset([Place("a.txt", 1)]), frozenset([Place("a.txt", 3)]))
    asked = case("conflict", sides=sides)
    assert scored(asked, answer(OPENED, OTHERS)).right
    assert scored(asked, answer(OPENED, disagreements=(Disagreement(FIRST, SECOND, 0.9),))).right
    row = scored(asked, answer(OPENED))
    assert not row.right
    assert row.missed == ("side not shown: a.txt:3",)
    assert row.figures["disagreement_found"] == (0, 1)


def test_a_row_says_what_was_missed_and_whether_retrieval_is_to_blame() -> None:
    asked = case(must=(("Ann Lee", "A. Lee"),), line=5)
    assert scored(asked, ABSTAINS).missed == ("it abstains", "no gold line was found by retrieval")
    assert scored(asked, answer(OPENED), None, 3, 5).missed == (
        "fact missing: Ann Lee / A. Lee",
        "no gold line is cited",
        "a gold line was found: a.txt:5, line 2 of the retrieved",
    )


def test_a_verdict_is_right_wrong_or_withheld() -> None:
    asked = case("yes_no", verdict="yes")
    names = ("verdict_right", "verdict_wrong", "verdict_withheld")
    for said, expected in (
        (answer(OPENED, verdict="yes"), (1, 0, 0)),
        (answer(OPENED, verdict="no"), (0, 1, 0)),
        (answer(OPENED), (0, 0, 1)),
        (ABSTAINS, (0, 0, 1)),
    ):
        assert tuple(scored(asked, said).figures[name][0] for name in names) == expected


def test_abstention_figures_are_ratios_of_sums() -> None:
    rows = [
        scored(case("unanswerable", None), ABSTAINS),
        scored(case("unanswerable", None), answer(OPENED)),
        scored(case("unanswerable", None), answer(OPENED)),
        scored(case(), ABSTAINS),
        scored(case(), answer(OPENED)),
        scored(case("false_premise"), ABSTAINS),  # counts for neither
    ]
    figures = aggregate(rows)["overall"]
    assert figures["abstention_precision"].value == pytest.approx(1 / 2)
    assert figures["abstention_recall"].value == pytest.approx(1 / 3)
    assert figures["abstention_f1"].value == pytest.approx(2 / 5)  # 2 · 1/2 · 1/3 / (1/2 + 1/3)
    assert figures["answered"].value == pytest.approx(1 / 2)


def test_lines_cited_and_retrieved_are_held_against_gold() -> None:
    row = scored(
        case(gold=frozenset([Place("a.txt", 1), Place("a.txt", 5)])), answer(OPENED, OTHERS)
    )
    assert row.figures["gold_precision"] == (1, 2)
    assert row.figures["gold_recall"] == (1, 2)
    assert row.figures["hit_at_1"] == (0, 1)
    assert row.figures["hit_at_3"] == (1, 1)
    assert row.figures["mrr_at_10"] == (0.5, 1)


def test_nothing_retrieved_is_a_miss_and_not_left_out() -> None:
    meter = Thresholded.of(FixedJudge(), 0.5, 0.5)
    row = score(case(), Reply(ABSTAINS, (), 0.1), meter, {})
    assert row.figures["hit_at_10"] == (0, 1)


def test_statements_are_scored_with_their_citations() -> None:
    row = scored(case(), answer(OPENED, statement("It fell down.", FIRST), statement("No word.")))
    assert row.figures["coverage"] == (2, 3)
    assert row.figures["faithful"] == (1, 3)
    assert row.figures["pointers_valid"] == (2, 2)
    assert "statement 2 is not entailed by its cited lines" in row.missed
    assert "statement 3 has no citation" in row.missed
    assert [each.gold for each in row.statements[0].citations] == [True]


def test_a_broken_pointer_is_the_worst_that_can_be_said() -> None:
    meter = Thresholded.of(FixedJudge(), 0.5, 0.5)
    row = score(case(), Reply(answer(OPENED), (), 0.1), meter, {"a.txt": b"It opened in 1999.\n"})
    assert row.figures["pointers_valid"] == (0, 1)
    assert row.badness == 9
    assert row.missed[0] == "the pointer a.txt:1 does not hold its quote"


def test_short_answers_are_compared_as_squad_does() -> None:
    asked = case("answerable", answers=("1932", "in 1932"))
    row = scored(asked, answer(OPENED), "the 1932")
    assert row.right
    assert row.figures["exact_match"] == (1, 1)
    part = scored(asked, answer(OPENED), "opened in 1932")
    assert not part.right
    assert part.figures["token_f1"][0] == pytest.approx(0.8)
    none = scored(case("unanswerable", None), ABSTAINS, "")
    assert none.figures["exact_match"] == (1, 1)
    assert "exact_match" not in scored(case(), answer(OPENED)).figures


def test_a_failure_counts_as_neither_answered_nor_abstained() -> None:
    row = failed_row(case(), RuntimeError("broke\nin two"))
    assert row.error == "RuntimeError: broke"
    assert row.figures == {"failed": (1, 1), "right": (0, 1), "answered": (0, 1)}
    assert failed_row(case("unanswerable", None), OSError()).figures["abstention_recall"] == (0, 1)


def test_a_quote_as_long_as_a_file_is_shortened() -> None:
    long = document("long.txt", "word " * 1_000)
    said = statement("word", citation(long, long.text))
    meter = Thresholded.of(FixedJudge(), 0.5, 0.5)
    files = {"long.txt": long.text.encode()}
    row = score(case(line=None), Reply(answer(said), (), 0.1), meter, files)
    assert row.statements[0].citations[0].valid
    assert len(row.statements[0].citations[0].quote) < 1_100


def test_what_the_writer_said_without_a_quote_is_counted_as_left_out() -> None:
    said = answer(OPENED, engine="writer", unverified=(statement("It fell down."),))
    row = scored(case(), said)
    assert row.figures["left_out"] == (1, 2)
    assert row.figures["coverage"] == (1, 1)
    assert "left_out" not in scored(case(), answer(OPENED)).figures


def test_a_citation_knows_where_in_its_lines_the_quote_stands() -> None:
    source = document("w.txt", "so so\r\n\r\nit is, so\n")
    over_both = citation(source, "so\r\n\r\nit is")
    files = {"w.txt": source.text.encode()}
    meter = Thresholded.of(FixedJudge(), 0.5, 0.5)
    said = answer(statement("so", over_both), statement("so", citation(source, "so", 2)))
    row = score(case(line=None), Reply(said, (), 0.1), meter, files)
    both, one = (each.citations[0] for each in row.statements)
    assert (both.first_line, both.first_char, both.last_line, both.last_char) == (1, 3, 3, 5)
    assert (one.first_char, one.last_char) == (0, 2)
