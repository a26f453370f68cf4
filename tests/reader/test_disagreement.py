import pytest

from doubles import FixedJudge
from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of, sentences_of
from summit_qa.reader.disagreement import differing_values, find_differences
from summit_qa.types import Sentence


@pytest.mark.parametrize(
    ("one", "two", "about"),
    [
        ("Rent rose 5% last year.", "Rent rose by 7 percent.", "the number: “5%” and “7 percent”"),
        ("Rent rose 5 %.", "Rent rose 5 per cent.", ""),
        ("Rent rose 5% and heating 9%.", "Rent rose 7%.", ""),
        ("He left on May 5, 2023.", "He left on May 12, 2023.",
         "the date: “May 5, 2023” and “May 12, 2023”"),
        ("He left on May 5, 2023.", "He left in May 2023.", ""),
        ("He left on 2023-05-05.", "He left on May 5, 2023.", ""),
        ("He left in June 2023.", "He left in May 2023.",
         "the date: “June 2023” and “May 2023”"),
        ("Three ministers met.", "The four ministers met.",
         "the number: “Three ministers” and “four ministers”"),
        ("In 2023, 14 members left.", "In 2023, 12 members left.",
         "the number: “14 members” and “12 members”"),
        ("It runs every four hours.", "It runs at 0, 4, 8 and 20 hours.", ""),
        ("It takes 7 days.", "It takes 5 to 10 days.", ""),
        ("It takes 7 days.", "It takes 5–10 days.", ""),
        ("It takes 7 days.", "It takes five or six days.", ""),
        ("It takes 7 days.", "It took 5 days, then 9 days.", ""),
    ],
)  # fmt: skip
def test_what_differs_is_told_in_words(one: str, two: str, about: str) -> None:
    assert differing_values(one, two) == about


OPEN, SHUT = "The ferry office opens every Monday.", "The ferry office stays shut every Monday."


def sentence(path: str, text: str) -> Sentence:
    document = make_document(path, text.encode())
    ((only,),) = [sentences_of(passage, document) for passage in passages_of(document)]
    return only


@pytest.mark.parametrize(
    ("there", "back", "asked", "differ"),
    [(0.95, 0.9, 2, True), (0.95, 0.6, 2, False), (0.6, 0.99, 1, False)],
)
def test_the_judge_is_asked_the_other_way_only_where_that_may_settle_it(
    there: float, back: float, asked: int, differ: bool
) -> None:
    scores = {(OPEN, SHUT): (0.0, 1 - there, there), (SHUT, OPEN): (0.0, 1 - back, back)}
    judge = FixedJudge(scores)
    found = find_differences([sentence("a.txt", OPEN), sentence("b.txt", SHUT)], judge, 0.6)
    assert (len(judge.asked), bool(found)) == (asked, differ)
