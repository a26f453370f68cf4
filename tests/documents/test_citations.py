"""Law 2: a quote counts only where it stands letter for letter, and code says where that is."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from summit_qa.documents.citations import (
    Numbering,
    cite,
    compose_text,
    fold,
    locate,
    unique,
    verify,
)
from summit_qa.documents.corpus import make_document
from summit_qa.documents.lines import line_at, line_text
from summit_qa.types import Citation, Document, Span, Statement
from verified import all_verified

TEXT = (
    "Leaders of the three countries – meeting at “Camp David” – agreed on Friday.\r\n"
    "\r\n"
    "It isn’t a treaty, one official said:  “We don’t call it that.”\n"
    "Spending rose by 1.5 percent, to $1,500 a head."
)
VARIANTS = {
    " ": [" ", "  ", "\n", "\r\n", "\t", "\u00a0", " \u2009", "\u200b ", " \u00ad "],
    "'": ["'", "’", "‘", "ʼ", "`"],
    '"': ['"', "“", "”", "«", "″"],
    "-": ["-", "–", "—", "‑", "−"],
}
INVISIBLE = ["", "", "", "\u200b", "\u00ad", "\ufeff", "\u2060"]
WORDS = st.lists(
    st.sampled_from(["leaders", "met", "Größe", "日本", "don't", '"Yes"', "-", "1.5", "É", "x"]),
    min_size=1,
    max_size=12,
)


def document_of(text: str, path: str = "a.txt") -> Document:
    return make_document(path, text.encode())


def slices(quote: str, text: str) -> list[str]:
    return [text[start:end] for start, end in locate(quote, text)]


@st.composite
def varied(draw: st.DrawFn, plain: str) -> str:
    """The text with white space, quotes, dashes and invisible characters of other shapes."""
    parts = []
    for character in plain:
        parts.append(draw(st.sampled_from(VARIANTS.get(character, [character]))))
        parts.append(draw(st.sampled_from(INVISIBLE)))
    return "".join(parts)


@given(st.data(), WORDS)
def test_a_quote_is_found_whatever_its_spaces_quotes_dashes_and_invisible_characters(
    data: st.DataObject, words: list[str]
) -> None:
    plain = " ".join(words)
    quote = data.draw(varied(plain))
    inside = data.draw(varied(plain))
    text = f"Before. {inside} After."
    found = locate(quote, text)
    assert found
    for start, end in found:
        assert fold(text[start:end])[0].strip() == fold(plain)[0].strip()


@given(WORDS, WORDS, st.integers(0, 200), st.characters(categories=["Ll", "Lu", "Nd"]))
def test_a_quote_with_another_letter_is_never_found(
    words: list[str], around: list[str], at: int, other: str
) -> None:
    quote = " ".join(words)
    at %= len(quote)
    assume(quote[at].isalnum() and quote[at] != other)
    text = f"{' '.join(around)}. {quote}. {' '.join(around)}"
    changed = quote[:at] + other + quote[at + 1 :]
    assume(fold(changed)[0] not in fold(text)[0])
    assert locate(changed, text) == []


@given(st.text(max_size=40), st.text(max_size=200))
def test_what_is_found_folds_to_the_quote(quote: str, text: str) -> None:
    for start, end in locate(quote, text):
        assert 0 <= start < end <= len(text)
        assert fold(text[start:end])[0].strip() == fold(quote)[0].strip()


@given(st.text(max_size=200))
def test_folding_remembers_where_each_character_stood(text: str) -> None:
    folded, places = fold(text)
    assert len(folded) == len(places)
    assert places == sorted(set(places))
    for character, place in zip(folded, places, strict=True):
        assert fold(text[place])[0] == character
    assert fold(folded)[0] == folded


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("meeting at \"Camp David\" - agreed", "meeting at “Camp David” – agreed"),
        ("isn't a treaty", "isn’t a treaty"),
        ("said: “We don’t", "said:  “We don’t"),
        ("on Friday. It isn't", "on Friday.\r\n\r\nIt isn’t"),
        ("  agreed  ", "agreed"),
        ("1.5 percent, to $1,500 a head.", "1.5 percent, to $1,500 a head."),
    ],
)  # fmt: skip
def test_the_words_of_the_file_are_given_back(quote: str, stands: str) -> None:
    assert slices(quote, TEXT) == [stands]


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "   ",
        "\u200b",
        "meeting at Camp David",  # without its quotation marks
        "Meeting at “Camp David”",  # another letter
        "meeting at “Camp David” agreed",  # a dash left out
        "leaders of the three countries",
        "eaders of the three",  # cuts a word
        "Leaders of the thre",
        "isn’t a treaty one official said",  # a comma left out
        "rose by 1",  # cuts a number
        "5 percent",
        "$1",
        "500 a head",
        "Leaders of the three countries … agreed",
    ],
)
def test_nothing_is_found_that_does_not_stand_there(quote: str) -> None:
    assert locate(quote, TEXT) == []


def test_a_letter_is_not_found_without_its_accent() -> None:
    apart = unicodedata.normalize("NFD", "They met at the café.")
    assert locate("at the cafe", apart) == []
    assert slices(unicodedata.normalize("NFD", "the café"), apart) != []


def test_every_place_is_found() -> None:
    assert slices("it is", "it is what it is") == ["it is", "it is"]
    assert locate("a a", "a a a") == [(0, 3), (2, 5)]


@given(st.text(st.sampled_from("aé🙂 \n\r\t.“"), min_size=1, max_size=80), st.data())
def test_a_citation_is_what_the_file_holds(text: str, data: st.DataObject) -> None:
    document = document_of(text)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    citation = cite(document, start, end, number=3)
    assert citation.quote == text[start:end]
    assert verify(citation, document)
    at = citation.line_offset
    assert citation.line_text[at : at + len(citation.quote)] == citation.quote
    for line in range(citation.start_line, citation.end_line + 1):
        assert line_text(document, line) in citation.line_text
    assert line_at(document, start - at) == citation.start_line
    assert (citation.start_char, citation.end_char) == (start, end)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (-1, 3), (3, 2), (0, 10_000), (500, 501)])
def test_an_impossible_range_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=r"a\.txt has no characters"):
        cite(document_of(TEXT), start, end, number=1)


def test_verify_finds_every_kind_of_untruth() -> None:
    document = document_of(TEXT)
    start, end = locate("a treaty", TEXT)[0]
    true = cite(document, start, end, number=1)
    assert verify(true, document)
    span = true.span
    lies = [
        replace(true, quote="an treaty"),
        replace(true, file="b.txt"),
        replace(true, span=replace(span, start=span.start + 1)),
        replace(true, span=replace(span, start_line=span.start_line - 1)),
        replace(true, span=replace(span, end_line=span.end_line + 1)),
        replace(true, span=Span(len(TEXT), len(TEXT) + 5, 4, 4)),
        replace(true, span=Span(0, 0, 1, 1), quote=""),
    ]
    assert [verify(lie, document) for lie in lies] == [False] * len(lies)
    assert all_verified([true], {"a.txt": document})
    assert not all_verified([true, lies[0]], {"a.txt": document})
    assert not all_verified([true], {})


def test_a_location_names_one_line_or_several() -> None:
    document = document_of(TEXT)
    assert cite(document, 0, 7, number=1).location == "a.txt:1"
    assert cite(document, 0, len(TEXT), number=1).location == "a.txt:1-4"


def test_a_line_keeps_its_number_and_other_lines_get_the_next() -> None:
    numbering = Numbering()
    one, two = document_of(TEXT), document_of(TEXT, "b.txt")
    numbers = [
        numbering.cite(document, start, end).number
        for document, start, end in ((one, 0, 7), (two, 0, 7), (one, 8, 10), (one, 81, 90))
    ]
    assert numbers == [1, 2, 1, 3]


def test_a_place_is_listed_once_in_order_of_number() -> None:
    document = document_of(TEXT)
    later, first, again = (
        cite(document, 8, 10, number=2),
        cite(document, 0, 7, number=1),
        replace(cite(document, 8, 10, number=2), support=0.5),
    )
    assert unique([later, first, again]) == (first, later)


def test_the_text_is_made_of_the_statements_and_their_numbers() -> None:
    def citation(number: int) -> Citation:
        return cite(document_of(TEXT), 0, 7, number=number)

    one = Statement("They met.", (citation(1),), "supported", further=(citation(3), citation(1)))
    two = Statement("They agreed.", (citation(2),), "supported")
    assert compose_text([one, two]) == "They met. [1][3] They agreed. [2]"
    assert compose_text([]) == ""
