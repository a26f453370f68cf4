"""A hit opens at its sentence that shares most words with the query."""

from doubles import document
from summit_qa.documents.passages import passages_of
from summit_qa.retrieval.focus import focused
from summit_qa.types import Hit

LEASE = document(
    "lease.txt",
    "The flat is on the second floor.\nIt has three rooms.\nThe lease of the flat ends in May.\n",
)


def lines(query: str) -> list[int]:
    hits = [Hit(passage, 1.0) for passage in passages_of(LEASE)]
    return [hit.line for hit in focused(query, hits, {"lease.txt": LEASE})]


def test_the_line_with_the_words_is_shown_and_not_the_first_of_its_passage() -> None:
    assert lines("When does the lease end?") == [3]
    assert lines("three rooms") == [2]


def test_a_rare_word_weighs_more_than_one_that_every_line_has() -> None:
    assert lines("the flat and its rooms") == [2]


def test_a_passage_that_shares_no_word_opens_at_its_first_line() -> None:
    (hit,) = focused("Wer war das?", [Hit(passages_of(LEASE)[0], 1.0)], {"lease.txt": LEASE})
    assert hit.focus is None
    assert hit.location == "lease.txt:1"
    assert focused("anything", [], {}) == []


def test_the_focus_is_in_the_location_and_the_json() -> None:
    (hit,) = focused("the end", [Hit(passages_of(LEASE)[0], 1.0)], {"lease.txt": LEASE})
    assert hit.location == "lease.txt:3"
    told = hit.to_dict()
    assert (told["location"], told["line"]) == ("lease.txt:3", 3)
    assert (told["start_line"], told["end_line"]) == (1, 3)
