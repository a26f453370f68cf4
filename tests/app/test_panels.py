from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summit_qa.app import panels
from summit_qa.app.sessions import Turn
from summit_qa.documents.citations import cite
from summit_qa.documents.corpus import make_document
from summit_qa.types import (
    Answer,
    Citation,
    Disagreement,
    Document,
    Hit,
    Passage,
    Span,
    Statement,
    Usage,
)

TEXT = "One stands here.\n\nThe pact was signed. It holds.\n\nThree ends it."
DOCUMENT = make_document("pact.txt", TEXT.encode())
DOCUMENTS = {"pact.txt": DOCUMENT}
HOSTILE = (
    "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>[x](javascript:alert(1))&lt;b&gt;"
)


def cited(quote: str, number: int = 1, document: Document = DOCUMENT) -> Citation:
    start = document.text.index(quote)
    return cite(document, start, start + len(quote), number=number)


def answered(**changes: object) -> Answer:
    citation = cited("The pact was signed.")
    statement = Statement("The pact was signed.", (citation,), "supported", 0.9, ((4, 8),))
    answer = Answer(
        "Was it signed?",
        "The pact was signed. [1]",
        "yes",
        (statement,),
        (citation,),
        "answered",
        None,
    )
    return replace(answer, **changes)  # type: ignore[arg-type]


def turn(answer: Answer | None = None, **changes: object) -> Turn:
    made = Turn(1, "Was it signed?", "done", answer or answered())
    for name, value in changes.items():
        setattr(made, name, value)
    return made


class Page(HTMLParser):
    """Tags with their attributes, and the text, of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_verdict_comes_before_the_statements_and_their_marks() -> None:
    html = panels.answer_html(answered(), 1)
    assert html.index("Yes.") < html.index("was signed") < html.index('data-mark="1-1"')
    assert "<strong>pact</strong>" in html


def test_a_statement_that_its_source_contradicts_is_labelled() -> None:
    answer = answered()
    partly = replace(answer.statements[0], status="contradicted")
    html = panels.answer_html(replace(answer, statements=(partly,)), 1)
    assert "contradicted by its own source" in html


def test_an_abstention_gives_its_reason_and_the_nearest_passages() -> None:
    passage = Passage("p", "pact.txt", Span(0, 16, 1, 1), "One stands here.")
    answer = answered(
        verdict=None, statements=(), citations=(), status="declined", reason="Nobody says.",
        nearest=(Hit(passage, 0.1),),
    )  # fmt: skip
    page = Page(panels.answer_html(answer, 1))
    assert "No answer in the files." in page.text
    assert "Nobody says." in page.text
    assert "pact.txt:1" in page.text
    assert "One stands here." in page.text


def test_a_disagreement_shows_both_quotes_with_their_marks() -> None:
    both = Disagreement(cited("The pact was signed.", 1), cited("Three ends it.", 2), 0.9, "dates")
    html = panels.answer_html(answered(disagreements=(both,)), 4)
    assert "The sources disagree on dates" in html
    assert 'data-mark="4-1"' in html
    assert 'data-mark="4-2"' in html
    cards = panels.evidence_cards(answered(disagreements=(both,)), 4, DOCUMENTS)
    assert 'data-card="4-2"' in cards


def test_what_was_not_verified_is_folded_away_and_not_an_answer() -> None:
    loose = Statement("The moon is a cheese.", (), "unverified")
    html = panels.answer_html(answered(unverified=(loose,)), 1)
    before, after = html.split('<details class="unverified">')
    assert "cheese" not in before
    assert "cheese" in after


def test_a_follow_up_shows_how_it_was_asked() -> None:
    html = panels.answer_html(answered(rewritten="Was the pact signed?"), 1)
    assert "Asked as: <q>Was the pact signed?</q>" in html


def test_a_card_marks_exactly_the_quote_in_the_whole_line() -> None:
    html = panels.evidence_cards(answered(), 1, DOCUMENTS)
    assert '<p class="cited" dir="auto"><mark>The pact was signed.</mark> It holds.</p>' in html
    assert "line 3" in html


def test_a_card_offers_the_lines_before_and_after() -> None:
    html = panels.evidence_cards(answered(), 1, DOCUMENTS)
    context = html.split("<summary>The lines around it</summary>")[1]
    assert (
        context.index("One stands here.") < context.index("It holds.") < context.index("Three ends")
    )


def test_where_the_file_has_changed_the_card_shows_what_was_indexed() -> None:
    changed = {"pact.txt": make_document("pact.txt", b"Something else.")}
    html = panels.evidence_cards(answered(), 1, changed)
    assert "<mark>The pact was signed.</mark> It holds." in html
    assert "Something else" not in html
    assert "<mark>" in panels.evidence_cards(answered(), 1, {})


def test_two_quotes_of_a_line_share_a_card() -> None:
    answer = answered(citations=(cited("The pact was signed."), cited("It holds.")))
    html = panels.evidence_cards(answer, 1, DOCUMENTS)
    assert html.count("<article") == 1
    assert "<mark>The pact was signed.</mark> <mark>It holds.</mark>" in html


def test_a_quote_over_lines_is_marked_over_its_lines() -> None:
    quote = TEXT[TEXT.index("It holds.") : TEXT.index(" ends it")]
    answer = answered(statements=(), citations=(cited(quote),))
    html = panels.evidence_cards(answer, 1, DOCUMENTS)
    assert "lines 3–5" in html
    assert f"<mark>{quote}</mark>" in html


def test_support_is_told_in_words_and_as_a_bar() -> None:
    weaker = replace(cited("The pact was signed."), support=0.734)
    other = Statement("A pact exists.", (weaker,), "supported", 0.734)
    html = panels.evidence_cards(answered(statements=(other,), citations=(weaker,)), 1, DOCUMENTS)
    assert "73&nbsp;%" in html
    assert 'value="73"' in html
    assert "word for word" in panels.evidence_cards(answered(), 1, DOCUMENTS)


def test_a_very_long_line_is_cut_around_its_quote() -> None:
    text = "x " * 20_000 + "The pact was signed." + " y" * 20_000
    document = make_document("long.txt", text.encode())
    answer = answered(citations=(cited("The pact was signed.", 1, document),), statements=())
    html = panels.evidence_cards(answer, 1, {"long.txt": document})
    assert "<mark>The pact was signed.</mark>" in html
    assert len(html) < 20_000


def test_the_evidence_of_the_last_question_is_the_one_that_is_shown() -> None:
    first, second = turn(), turn()
    second.number = 2
    html = panels.evidence((first, second), DOCUMENTS)
    assert re.findall(r'data-cards="(\d)"[^>]*?( hidden)?>', html) == [("1", " hidden"), ("2", "")]


def test_a_question_without_evidence_says_so_beside_earlier_evidence() -> None:
    second = Turn(2, "And?", "done", answered(statements=(), citations=(), status="declined"))
    html = panels.evidence((turn(), second), DOCUMENTS)
    assert "This question has no evidence." in html


def test_only_the_last_turn_can_be_asked_again_or_changed() -> None:
    first, second = turn(), turn()
    second.number = 2
    html = panels.conversation((first, second), ())
    assert html.count('data-send="retry"') == 1
    assert html.count('data-send="edit"') == 1
    assert html.count("data-copy=") == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "waiting", "answer": None, "ahead": 3}, "Waiting: 3 before yours"),
        ({"state": "waiting", "answer": None}, "Reading the files"),
        ({"state": "running"}, "Answering"),
        ({"state": "stopped"}, "Stopped."),
        ({"state": "failed", "answer": None, "error": "Too long."}, "Too long."),
    ],
)
def test_the_state_of_a_turn_is_told_in_words(changes: dict[str, object], words: str) -> None:
    assert words in Page(panels.turn_html(turn(**changes), is_last=True)).text


def test_a_rating_asks_for_a_comment_once() -> None:
    assert 'data-send-form="comment"' not in panels.turn_html(turn(), is_last=True)
    rated = panels.turn_html(turn(rating="down"), is_last=True)
    assert 'data-send-form="comment"' in rated
    assert 'aria-label="Poor answer" title="Poor answer" aria-pressed="true"' in rated
    assert "Thank you" in panels.turn_html(turn(rating="down", commented=True), is_last=True)


def test_what_is_copied_carries_its_sources() -> None:
    assert panels.plain(answered()) == (
        "Yes. The pact was signed. [1]\n\n[1] pact.txt:3 “The pact was signed.”"
    )


def test_a_screen_reader_hears_the_verdict_first() -> None:
    assert panels.announcement(turn()) == "Yes. The pact was signed. 1 line of evidence."
    assert panels.announcement(turn(state="running")) == ""


def test_tokens_and_rejected_quotes_are_told() -> None:
    html = panels.turn_html(
        turn(answered(engine="writer", model="m", usage=Usage(1, 900, 100, rejected_quotes=2))),
        is_last=True,
    )
    assert "writer (m)" in html
    assert "1,000 tokens" in html
    assert "2 quotes rejected" in html


ALLOWED = {
    "article", "blockquote", "button", "details", "div", "figcaption", "figure", "form", "h2",
    "h3", "header", "input", "label", "li", "mark", "meter", "nav", "p", "path", "q", "section",
    "small", "span", "strong", "summary", "svg", "ul",
}  # fmt: skip


# Control characters make a file binary, which no corpus holds; markup.py has tests of them.
WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.just(HOSTILE), WORDS))
def test_nothing_that_comes_from_outside_becomes_markup(words: str) -> None:
    document = make_document(f"{words[:40]}.txt".replace("/", "_"), f"Fact: {words} end.".encode())
    start = document.text.index("Fact")
    citation = cite(document, start, len(document.text), number=1)
    statement = Statement(words, (citation,), "partly", 0.5, ((0, 2),), (citation,))
    passage = Passage("p", document.path, Span(0, 4, 1, 1), words)
    answer = Answer(
        words, words, "no", (statement,), (citation,), "declined", words, short=words,
        disagreements=(Disagreement(citation, citation, 0.9, words),),
        unverified=(statement,), nearest=(Hit(passage, 0.1),), notes=(words,),
        rewritten=words + "?", model=words,
    )  # fmt: skip
    shown = Turn(1, words, "done", answer, rating="up", suggestions=(words,))
    failed = Turn(2, words, "failed", error=words)
    html = (
        panels.conversation((shown, failed), (words,))
        + panels.conversation((), (words,))
        + panels.evidence((shown,), {document.path: document})
    )
    page = Page(html)
    assert {tag for tag, _ in page.tags} <= ALLOWED
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "href")]
