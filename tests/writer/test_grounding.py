"""Whatever a model says, a checked statement stands on words that are in the files."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summit_qa.documents.citations import Numbering, locate
from summit_qa.documents.sentences import sentence_spans
from summit_qa.models.thresholds import Thresholds
from summit_qa.writer.grounding import LONGEST_STATEMENT, Grounding
from summit_qa.writer.reply import Draft, DraftQuote
from verified import all_verified
from writing import DOCUMENTS, HITS, KEY, MILL, OAK, WordJudge, document, hits_of

slices = st.tuples(st.sampled_from([OAK, MILL]), st.integers(0, len(OAK)), st.integers(0, 60)).map(
    lambda found: found[0][found[1] : found[1] + found[2]]
)
pieces = slices | st.text(max_size=20) | st.sampled_from(["…", "[...]", "[1]", "“", KEY, "a.co/x"])
quotes = st.lists(pieces, max_size=3).map("".join)
numbers = st.sampled_from(["1.1", "2.2", "3.1", "9.9", "", "1", "x"]) | st.text(max_size=4)
drafts = st.builds(
    Draft,
    st.lists(pieces, max_size=4).map(" ".join),
    st.lists(st.builds(DraftQuote, st.integers(-1, 5), quotes), max_size=4).map(tuple),
    st.lists(numbers, max_size=3).map(tuple),
)


NUMBERS = ("1.1", "1.2", "2.1", "2.2", "3.1", "3.2")


def checking() -> Grounding:
    thresholds = Thresholds.load()
    return Grounding(HITS, DOCUMENTS, WordJudge(), thresholds, Numbering(), KEY)


@given(drafts)
def test_every_citation_was_named_or_quoted_or_is_the_sentence_that_was_copied(
    draft: Draft,
) -> None:
    grounding = checking()
    statements = grounding.check(draft)
    assert statements
    citations = [citation for statement in statements for citation in statement.citations]
    assert all_verified(citations, DOCUMENTS)
    named = [grounding.sentences[number].text for number in draft.cites if number in NUMBERS]
    for citation in citations:
        said = [quote.quote for quote in draft.quotes]
        copied = any(
            citation.quote.rstrip(".").lower() in statement.text.lower()
            for statement in statements
            if not draft.quotes and citation in statement.citations
        )
        held = any(citation.quote == sentence.text for sentence in grounding.sentences.values())
        assert (
            citation.quote in named
            or (copied and held)
            or any(locate(citation.quote, one) for one in said)
        )


@given(drafts)
def test_only_what_has_a_citation_is_verified(draft: Draft) -> None:
    for statement in checking().check(draft):
        assert (statement.status == "unverified") == (not statement.citations)


@given(drafts)
def test_no_text_holds_the_key_a_line_end_or_more_than_a_statement(draft: Draft) -> None:
    texts = [statement.text for statement in checking().check(draft)]
    assert KEY not in " ".join(texts)
    assert len(" ".join(texts)) <= LONGEST_STATEMENT
    assert all(len(text.splitlines()) <= 1 for text in texts)


@given(st.lists(drafts, max_size=4))
def test_numbers_run_from_one_without_gaps(said: list[Draft]) -> None:
    grounding = checking()
    statements = [statement for draft in said for statement in grounding.check(draft)]
    numbers = {c.number for statement in statements for c in statement.citations}
    assert numbers == set(range(1, len(numbers) + 1))


@given(drafts)
def test_what_is_rejected_or_moved_is_counted_once(draft: Draft) -> None:
    grounding = checking()
    grounding.check(draft)
    counts = grounding.counts
    copied = 0 if draft.quotes else len(sentence_spans(draft.text))
    assert 0 <= counts.misattributed <= len(draft.quotes) + copied
    assert counts.rejected + counts.misattributed <= len(draft.quotes) + len(draft.cites) + copied
    invented = sum(number not in NUMBERS for number in draft.cites)
    assert counts.rejected >= invented


@pytest.mark.parametrize(
    ("text", "cites", "places", "moved"),
    [
        ("It opened in May.", ("1.1",), ["It opened in May."], 1),  # under its neighbour's number
        ("it opened in May", ("1.1", "1.2"), ["It opened in May."], 0),  # and nothing beside it
        ("It opened late.", ("1.1",), [], 0),  # no copy
        ("May.", ("1.1",), [], 0),
        ("It opened in May.", ("9.9",), [], 0),  # nothing that there is was named
        (
            "The bridge was built. Ships wait.",
            ("1.1",),
            ["The bridge was built.", "Ships wait."],
            1,
        ),
    ],
)
def test_a_copied_sentence_is_cited_where_it_stands(
    text: str, cites: tuple[str, ...], places: list[str], moved: int
) -> None:
    held = document("bridge.txt", "The bridge was built.\nIt opened in May.\nShips wait.\n")
    grounding = Grounding(
        hits_of(held), {"bridge.txt": held}, WordJudge(), Thresholds.load(), Numbering()
    )
    found = grounding.check(Draft(text, (), cites))
    assert [c.quote for it in found for c in it.citations] == places
    assert grounding.counts.misattributed == moved


def test_what_stands_in_lines_that_are_not_cited_bears_nothing_out() -> None:
    held = document("keys.txt", "The bridge opened in 1931.\nIt cost five million crowns.\n")
    grounding = Grounding(
        hits_of(held), {"keys.txt": held}, WordJudge(), Thresholds.load(), Numbering()
    )
    draft = Draft("The bridge cost five million crowns.", (), ("1.1",))
    assert [it.status for it in grounding.check(draft)] == ["unverified"]
    both = replace(draft, cites=("1.1", "1.2"))
    assert [it.status for it in grounding.check(both)] == ["supported"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Each sentence with what bears it out, and the one that nothing bears out by itself.
        (
            "The bridge opened in 1931. Its toll is high.",
            [("The bridge opened in 1931. Its toll is high.", "partly", 2)],
        ),
        (
            "The bridge opened in 1931. Gas from Norwick lights all lamps. The toll is two crowns.",
            [
                ("The bridge opened in 1931.", "supported", 1),
                ("Gas from Norwick lights all lamps.", "unverified", 0),
                ("The toll is two crowns.", "supported", 1),
            ],
        ),
        (
            "The bridge opened in 1931. The toll is not two crowns.",
            [
                ("The bridge opened in 1931.", "supported", 1),
                ("The toll is not two crowns.", "contradicted", 2),
            ],
        ),
        (
            "Gas lights the lamps. Nobody pays.",
            [("Gas lights the lamps. Nobody pays.", "unverified", 0)],
        ),
    ],
)
def test_sentences_that_a_model_joins_are_judged_one_by_one_where_the_whole_is_not_borne_out(
    text: str, expected: list[tuple[str, str, int]]
) -> None:
    held = document("bridge.txt", "The bridge opened in 1931.\nThe toll is two crowns.\n")
    grounding = Grounding(
        hits_of(held), {"bridge.txt": held}, WordJudge(), Thresholds.load(), Numbering()
    )
    found = grounding.check(Draft(text, cites=("1.1", "1.2")))
    assert [(it.text, it.status, len(it.citations)) for it in found] == expected
    assert grounding.counts.unsupported == sum(status == "unverified" for _, status, _ in expected)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("more", ["Well, so it is. ", " ", "[1", "a.", "-", "(see ", "/", "9."])
def test_a_statement_of_endless_length_is_neither_shown_nor_slow(more: str) -> None:
    endless = more * (150_000 // len(more))
    grounding = checking()
    quote = DraftQuote(1, "planted in 1723")
    draft = Draft(f"The oak was planted in 1723. {endless} So.", (quote, DraftQuote(1, endless)))
    statement, *_ = grounding.check(draft)
    assert grounding.counts.rejected == 1
    if more == " ":
        assert statement.text == "The oak was planted in 1723. So."
        return
    assert statement.status == "unverified"
    assert len(statement.text) <= LONGEST_STATEMENT
