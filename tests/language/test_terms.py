"""What a search goes by: compounds meet however they are written, and codes are told from words."""

from collections import Counter

import pytest

from summit_qa.language.lexicon import stem
from summit_qa.language.terms import asked_terms, codes, terms


def found(question: str, *texts: str) -> list[int]:
    """The numbers of the texts that hold a term that the question is looked up by."""
    held = [set(terms(text)) for text in texts]
    count = Counter(term for each in held for term in each)
    asked = set(asked_terms(question, lambda term: count[term]))
    return [number for number, each in enumerate(held) if asked & each]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("max_file_bytes", "max-file-bytes"),
        ("max_file_bytes", "maxFileBytes"),
        ("maxFileBytes", "max-file-bytes"),
        ("AB-1234", "ab1234"),
        ("AB-1234", "AB_1234"),
        ("AB 1234", "AB1234"),
        ("AB1234", "AB 1234"),
        ("health care", "healthcare"),
        ("healthcare", "health care"),
        ("life-cycle", "lifecycle"),
        ("well known", "well-known"),
        ("1,000,000", "1000000"),
    ],
)
def test_ways_to_write_the_same_meet(one: str, other: str) -> None:
    assert found(one, f"There is {other} in it.", "There is nothing.") == [0]
    assert found(other, f"There is {one} in it.", "There is nothing.") == [0]


def test_words_are_looked_up_by_their_stems_and_stop_words_left_out() -> None:
    asked = asked_terms("What is in the agreements?", lambda _: 1)
    assert "agreement" in asked
    assert not {"what", "is", "in", "the"} & set(asked)
    assert asked_terms("is it", lambda _: 0) == {"is": None, "it": None}


def test_words_put_together_stand_beside_the_rarer_of_them() -> None:
    frequency = {"health": 9, "care": 40, "healthcar": 2}
    asked = asked_terms("health care", lambda term: frequency.get(term, 0))
    assert asked == {"health": None, "care": None, "healthcar": "health"}


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What does error E-1234 mean?", ["e1234"]),
        ("What is the price of part ab1234?", ["ab1234"]),
        ("Where is max_file_bytes set?", ["max_file_bytes"]),
        ("Is “python3.12” supported, or v1.2.3?", ["python3.12", "v1.2.3"]),
        ("What about 0815-XK?", ["0815-XK"]),
        ("When did 12.1.1 come out, and was it before 3.14 or 24.12.2024?", ["12.1.1"]),
        ("Who was an 18-year-old in the 1990s on the 2nd of May 2019?", []),
        ("How well-known is the mid-term plan?", []),
    ],
)
def test_codes_are_told_from_words_and_dates(question: str, named: list[str]) -> None:
    whole = [stem("".join(c for c in name.lower() if c.isalnum())) for name in named]
    assert codes(question) == whole


def test_a_code_is_a_term_of_the_text_that_holds_it() -> None:
    for code in ("E-1234", "ab1234", "max_file_bytes", "python3.12", "v1.2.3", "0815-XK"):
        (term,) = codes(f"What is {code}?")
        assert term in set(terms(f"Here is {code}, and more."))
