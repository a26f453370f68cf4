"""What cannot be the answer in short is told by its kind, whatever a model says."""

import pytest

from summit_qa.language.short_answers import can_be_short


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who hosted the summit?", "Joe Biden"),
        ("Who pays for the locks?", "the Contractor"),
        ("When did he become captain?", "May 1988"),
        ("Where is the key kept?", "in the shed"),
        ("How many sets of keys are there?", "four"),
        ("How much is a half plot?", "£34"),
        ("How long does it take?", "thirty days"),
        ("What is the phone number of the ward?", "01632 960 144"),
        ("Which country leads?", "South Korea"),
        ("Where do they meet?", "Camp David (Maryland)"),
        ("Who said so?", "J. R. Smith"),
        ("How many miles is it?", "just under five miles"),
    ],
)
def test_what_fits_may_be_given(question: str, answer: str) -> None:
    assert can_be_short(answer, question, f"It is {answer}.")


@pytest.mark.parametrize(
    ("question", "answer", "fault"),
    [
        ("Who hosted the summit?", "Which", "a question word"),
        ("Who hosted the summit?", "it", "a pronoun"),
        ("Who hosted the summit?", "He", "a pronoun"),
        ("Who hosted the summit?", "the summit", "the question's own words"),
        ("Which company built it?", "the company", "the question's own words"),
        ("Where is the office?", "Leeds (Yorkshire", "a bracket is open"),
        ("Where is the office?", "“Leeds", "a quotation mark is open"),
        ("Which country is it?", "U.S", "an abbreviation is cut"),
        ("Who signed?", "J", "an initial"),
        ("What is it?", "#", "a mark"),
        ("What is Python?", "language", "says nothing"),
        ("Who signed it?", "Who signed it?", "a question is quoted"),
        ("In which month was it?", "2021", "a year for a month"),
        ("What does the visit cost?", "thirty minutes", "a time for money"),
        ("What is the phone number?", "£35", "a price for a phone number"),
        ("What percentage voted for it?", "12 square miles", "an area for a share"),
        ("How many people came?", "14 days", "days for people"),
        ("How many people came?", "17:40", "a time for a number"),
        ("When did it open?", "£20", "money for a time"),
        ("How long is the term?", "on 8 May 1988", "a date for a length"),
        ("Who led the board?", "12", "a number for a person"),
        ("Where was it held?", "March 2024", "a date for a place"),
    ],
)
def test_what_does_not_fit_is_not_given(question: str, answer: str, fault: str) -> None:
    assert not can_be_short(answer, question, f"It is {answer}."), fault


def test_one_row_of_several_is_no_total() -> None:
    question = "How much did they spend in total?"
    assert not can_be_short("£120", question, "Paint: £120")
    assert can_be_short("£1,120", question, "Total: £1,120")
