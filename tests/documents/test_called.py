"""A document is found by what it is called."""

from dataclasses import replace

import pytest

from summit_qa.documents.called import called, dated, named
from summit_qa.documents.corpus import make_document


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("README.md", "README md"),
        ("club/board-minutes_2024-03-05.md", "club board minutes 2024 03 05 md 5 March 2024"),
        ("annualReport 202111.txt", "annual Report 202111 txt November 2021"),
        ("scan20240230x.txt", "scan20240230x txt 30 February 2024"),  # no calendar is asked
        ("12345678901.txt", "12345678901 txt"),
    ],
)
def test_by_its_path(path: str, words: str) -> None:
    assert called(make_document(path, b"Text.")) == words


def test_by_the_title_and_date_that_it_states_itself() -> None:
    document = replace(make_document("a.txt", b"Text."), title="Harbour rules", date="2023-06-01")
    assert called(document) == "a txt Harbour rules 1 June 2023"


@pytest.mark.parametrize(
    ("path", "title", "name"),
    [
        ("office/travel-policy-2024.md", "Travel policy", "Travel policy (2024)"),
        ("travel-policy-2024.md", "Travel policy of 2024", "Travel policy of 2024"),
        ("minutes_2024-05-21.md", "Minutes", "Minutes (21 May 2024)"),
        ("price-list-2024.csv", "", "price list 2024"),
        ("scan-0017.txt", "", ""),
        ("notes.txt", "", ""),
    ],
)
def test_what_stands_in_front_of_a_line(path: str, title: str, name: str) -> None:
    assert named(path, title) == name


@pytest.mark.parametrize(
    ("path", "text", "date"),
    [
        ("minutes-2024-03-05.txt", "Text.", "2024-03-05"),
        ("minutes 202403.txt", "Text of 2020-01-01.", "2024-03"),
        ("a.txt", "A title\n2012-06-03\n\nText.", "2012-06-03"),
        ("travel-policy-2024.md", "Text.", "2024"),
        ("a.txt", "Text." + " " * 300 + "2012-06-03", ""),
        ("a.txt", "It was in 1999.", ""),
    ],
)
def test_it_is_from_the_day_that_its_path_or_its_first_lines_name(
    path: str, text: str, date: str
) -> None:
    assert dated(make_document(path, text.encode())) == date


def test_it_is_from_the_day_that_it_states_itself() -> None:
    document = replace(make_document("2020-01-01.txt", b"Text."), date="2023-06-01")
    assert dated(document) == "2023-06-01"
