"""An extract stands for folder or file, grouped by file; counts come from the index."""

from doubles import WordEncoder
from summit_qa.documents.citations import Numbering
from summit_qa.documents.corpus import make_document
from summit_qa.language.overviews import Overview
from summit_qa.reader.overview import answer_overview
from summit_qa.types import Answer
from verified import all_verified

FILES = {
    "lease.md": "# Lease of the kiosk\n\nWho may rent it? The kiosk is let to the gardening club "
    "for three years.\n\nThe rent of the kiosk is due on the first of each month.\n",
    "minutes-2024-03-05.md": "# Minutes\n\nThe board met in the reading room on Tuesday.\n\n"
    "The board wants the kiosk to be painted before May.\n",
    "prices.csv": "item,price\nrake,12\nspade,15\n",
}
HELD = {name: make_document(name, text.encode()) for name, text in sorted(FILES.items())}


def asked(overview: Overview) -> Answer | None:
    answer = answer_overview("?", overview, HELD, WordEncoder(), Numbering())
    if answer is not None:
        assert all_verified(answer.citations, HELD)
        assert answer.abstained == (not answer.statements)
    return answer


def test_an_extract_has_a_sentence_of_every_file_under_its_title_and_says_what_it_is() -> None:
    answer = asked(Overview("extract"))
    assert answer is not None
    under = list(dict.fromkeys(statement.under for statement in answer.statements))
    assert under == ["Lease of the kiosk", "Minutes", "prices.csv"]
    assert {citation.file for citation in answer.citations} == set(FILES)
    assert "lease.md:1" in [citation.location for citation in answer.citations]
    assert "extract" in answer.notes[0]
    assert not any(statement.text.endswith("?") for statement in answer.statements)


def test_a_file_is_named_in_words_and_has_more_sentences() -> None:
    answer = asked(Overview("extract", "minutes"))
    assert answer is not None
    assert {citation.file for citation in answer.citations} == {"minutes-2024-03-05.md"}
    assert len(answer.statements) == 2


def test_what_names_no_file_is_no_overview() -> None:
    assert asked(Overview("extract", "dispute with the neighbours")) is None


def test_files_that_mention_something_are_counted_each_with_its_line() -> None:
    answer = asked(Overview("mention", "kiosk"))
    assert answer is not None
    assert answer.short == "2 of 3 files"
    assert [statement.under for statement in answer.statements] == [
        "lease.md", "minutes-2024-03-05.md",
    ]  # fmt: skip
    silent = asked(Overview("mention", "harbour"))
    assert silent is not None
    assert silent.reason == "None of the 3 files mentions “harbour”."


def test_files_of_a_date_are_found_by_their_name() -> None:
    answer = asked(Overview("dated", date="????-03"))
    assert answer is not None
    assert [citation.file for citation in answer.citations] == ["minutes-2024-03-05.md"]


def test_the_title_is_cited_first() -> None:
    answer = asked(Overview("extract", "lease"))
    assert answer is not None
    assert answer.citations[0].location == "lease.md:1"


def test_small_words_do_not_count_in_what_a_file_is_called() -> None:
    answer = asked(Overview("extract", "the lease of a kiosk"))
    assert answer is not None
    assert {citation.file for citation in answer.citations} == {"lease.md"}
