import pytest

from summit_qa.reader.disagreement import differing_values


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
    ],
)  # fmt: skip
def test_what_differs_is_told_in_words(one: str, two: str, about: str) -> None:
    assert differing_values(one, two) == about
