"""Questions about the whole folder or a file are told from questions about what is in it."""

import pytest

from summit_qa.language.overviews import Overview, iso_date, overview


@pytest.mark.parametrize(
    "question",
    [
        "What is this folder about?",
        "What are these files about?",
        "what's in this folder",
        "What do these documents contain?",
        "Summarise the articles.",
        "Please summarize all the documents",
        "Give me a short overview of my notes",
        "What kind of documents are these?",
    ],
)
def test_the_whole_folder_is_asked_about(question: str) -> None:
    assert overview(question) == Overview("extract")


def test_a_file_is_asked_about_by_what_it_is_called() -> None:
    assert overview("Summarise the board minutes") == Overview("extract", "board minutes")
    assert overview("What is report.pdf about?") == Overview("extract", "report.pdf")


def test_files_are_counted_by_what_they_mention() -> None:
    assert overview("How many files mention Taiwan?") == Overview("mention", "Taiwan")
    assert overview("In how many articles is the hotline mentioned?") == Overview(
        "mention", "hotline"
    )


@pytest.mark.parametrize(
    ("question", "date"),
    [
        ("Which documents are from March?", "????-03"),
        ("Which files are dated 2024?", "2024"),
        ("How many letters are from 5 March 2024?", "2024-03-05"),
        ("Which minutes are of March 2024?", "2024-03"),
    ],
)
def test_files_are_found_by_their_date(question: str, date: str) -> None:
    assert overview(question) == Overview("dated", date=date)


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote the report?",
        "What is the pledge about to change?",
        "How many files does the tenant have to bring?",
        "Which documents are from the bank?",
        "What is a folder?",
        "Summarise",
        "Which articles mention Taiwan?",
        "How many people are mentioned in the minutes?",
    ],
)
def test_other_questions_are_left_alone(question: str) -> None:
    found = overview(question)
    assert found is None or found.of


@pytest.mark.parametrize(
    ("words", "date"),
    [
        ("May", "????-05"),
        ("2023-11-05", "2023-11-05"),
        ("the bank", None),
        ("June 3rd", "????-06-03"),
    ],
)
def test_a_date_in_words_is_a_date(words: str, date: str | None) -> None:
    assert iso_date(words) == date
