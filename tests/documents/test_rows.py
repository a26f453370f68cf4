"""A model reads a row with the names of its columns, and a sentence below its context."""

from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of, sentences_of
from summit_qa.documents.rows import read_as, under_context
from summit_qa.types import Document, Sentence

MARKDOWN = """\
# Harbour

## Berths

| Berth | Length | Price |
|---|---|---|
| A1 | 12 m | 40 |
| B7 | 9 m | 28 |
"""


def sentence_in(path: str, text: str, words: str) -> tuple[Document, Sentence]:
    document = make_document(path, text.encode())
    sentences = [it for passage in passages_of(document) for it in sentences_of(passage, document)]
    return document, next(it for it in sentences if words in it.text)


def test_a_row_is_read_with_its_columns_and_the_header_is_no_context_any_more() -> None:
    document, row = sentence_in("a.md", MARKDOWN, "B7")
    assert "Price" in row.context_text
    assert read_as(document, row) == ("Harbour › Berths", "Berth: B7; Length: 9 m; Price: 28")


def test_a_row_without_a_header_keeps_its_context() -> None:
    document, row = sentence_in("a.csv", "12,40\n9,28\n", "9,28")
    assert read_as(document, row) == (row.context_text, "9 · 28")


def test_prose_is_read_as_it_stands_below_its_context() -> None:
    text = "# Harbour\n\n## Ferry\n\nIt was built in 1988. It leaks.\n"
    document, sentence = sentence_in("a.md", text, "1988")
    assert under_context(document, sentence) == "Harbour › Ferry\nIt was built in 1988."


def test_a_sentence_without_context_is_read_alone() -> None:
    document, sentence = sentence_in("a.txt", "Rain fell. Snow fell.", "Rain")
    assert under_context(document, sentence) == "Rain fell."


def test_under_nothing_but_a_title_prose_is_read_alone_and_an_item_is_not() -> None:
    text = "# Harbour\n\nRain fell on the quay.\n\n- ropes\n"
    document, sentence = sentence_in("a.md", text, "Rain")
    assert under_context(document, sentence) == "Rain fell on the quay."
    document, item = sentence_in("a.md", text, "ropes")
    assert under_context(document, item) == "Harbour\n- ropes"
