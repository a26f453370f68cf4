from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summit_qa.app import cards, panels
from summit_qa.app.folder import Facts
from summit_qa.app.history import Kept
from summit_qa.app.options import AppOptions
from summit_qa.app.rail import rail
from summit_qa.app.sessions import Turn
from summit_qa.app.source import source
from summit_qa.app.welcome import welcome
from summit_qa.documents.citations import cite
from summit_qa.documents.corpus import make_document
from summit_qa.documents.rows import with_columns
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
    html = panels.answer_html(answered(), 1, DOCUMENTS)
    assert html.index("Yes.") < html.index("was signed") < html.index('data-mark="1-1"')
    assert "<strong>pact</strong>" in html


def test_a_statement_that_its_source_contradicts_is_labelled() -> None:
    answer = answered()
    partly = replace(answer.statements[0], status="contradicted")
    html = panels.answer_html(replace(answer, statements=(partly,)), 1, DOCUMENTS)
    assert "contradicted by its own source" in html


def test_an_abstention_gives_its_reason_and_the_nearest_lines_beside_it() -> None:
    passage = Passage("p", "pact.txt", Span(0, 16, 1, 1), "One stands here.")
    answer = answered(
        verdict=None, statements=(), citations=(), status="declined", reason="Nobody says.",
        nearest=(Hit(passage, 0.1),),
    )  # fmt: skip
    page = Page(panels.answer_html(answer, 1, DOCUMENTS))
    assert "No answer in the files." in page.text
    assert "Nobody says." in page.text
    beside = Page(cards.evidence([turn(answer)], DOCUMENTS))
    assert "Nearest to the question" in beside.text
    assert "pact.txtline 1" in beside.text
    assert "One stands here." in beside.text


def test_a_tentative_answer_looks_tentative_and_says_how_sure_it_is() -> None:
    html = panels.answer_html(answered(status="tentative", confidence=0.41), 1, DOCUMENTS)
    assert html.startswith('<div class="tentative">')
    assert "Not sure, but this may answer it:" in Page(html).text
    assert "41" in html
    assert "tentative" not in panels.answer_html(answered(confidence=0.93), 1, DOCUMENTS)
    assert "93" in panels.answer_html(answered(confidence=0.93), 1, DOCUMENTS)


def test_rows_and_code_keep_their_columns() -> None:
    log = make_document("app.log", b"12:01  disk   full\n12:02  disk   empty\n")
    start = log.text.index("12:02")
    citation = cite(log, start, len(log.text) - 1, number=1)
    statement = Statement(citation.quote, (citation,), "supported", 0.9)
    answer = answered(statements=(statement,), citations=(citation,))
    assert 'class="fixed">12:02  disk   empty' in panels.answer_html(answer, 1, {"app.log": log})
    assert "cited fixed" in cards.evidence_cards(answer, 1, {"app.log": log})
    joined = replace(statement, text="12:02 disk empty", highlight=((6, 16),))  # as it is read
    html = panels.answer_html(answered(statements=(joined,)), 1, {"app.log": log})
    assert 'class="fixed">12:02  <strong>disk   empty</strong>' in html
    assert 'class="fixed"' not in panels.answer_html(answered(), 1, DOCUMENTS)


def test_a_row_of_a_table_is_shown_as_one_with_the_cell_that_answers_marked() -> None:
    table = make_document("a.csv", b"boat,,crew\nHeron,,4\n")
    start = table.text.index("Heron")
    citation = cite(table, start, start + len("Heron,,4"), number=1)
    said = with_columns(table, table.blocks[1])
    at = said.index("4")
    statement = Statement(said, (citation,), "supported", 0.9, ((at, at + 1),))
    answer = answered(statements=(statement,), citations=(citation,))
    html = panels.answer_html(answer, 1, {"a.csv": table})
    assert '<th scope="col">boat</th><th scope="col"></th><th scope="col">crew</th>' in html
    assert "<td>Heron</td><td></td><td><strong>4</strong></td>" in html
    assert 'data-mark="1-1"' in html
    assert '<p class="under fixed" dir="auto">boat,,crew</p>' in cards.evidence_cards(
        answer, 1, {"a.csv": table}
    )
    other = replace(statement, text="The Heron has 4.")  # what a language model makes of it
    html = panels.answer_html(answered(statements=(other,)), 1, {"a.csv": table})
    assert "The Heron has 4." in html


def test_what_neighbours_stand_under_is_said_once() -> None:
    under = replace(cited("The pact was signed.", 1), context="Minutes of May")
    one = Statement("The pact was signed.", (under,), "supported", 0.9)
    html = panels.answer_html(answered(statements=(one, one)), 1, DOCUMENTS)
    assert html.count("Minutes of May") == 1
    other = replace(one, citations=(replace(under, context="Minutes of June"),))
    html = panels.answer_html(answered(statements=(one, other, one)), 1, DOCUMENTS)
    assert html.count("Minutes of May") == 2


def test_an_answer_of_some_files_says_so() -> None:
    within = turn(within="Asked only of a.txt")
    assert "Asked only of a.txt" in panels.turn_html(within, DOCUMENTS, is_last=True)


def test_a_long_question_is_folded() -> None:
    long = turn(question="Was it signed? " * 30)
    assert "Show all of it" in panels.turn_html(long, DOCUMENTS, is_last=True)
    assert "Show all of it" not in panels.turn_html(turn(), DOCUMENTS, is_last=True)


def test_a_disagreement_shows_both_quotes_with_their_marks() -> None:
    both = Disagreement(cited("The pact was signed.", 1), cited("Three ends it.", 2), 0.9, "dates")
    html = panels.answer_html(answered(disagreements=(both,)), 4, DOCUMENTS)
    assert "The sources disagree on dates" in html
    assert 'data-mark="4-1"' in html
    assert 'data-mark="4-2"' in html
    beside = cards.evidence_cards(answered(disagreements=(both,)), 4, DOCUMENTS)
    assert 'data-card="4-2"' in beside


def test_what_the_answer_says_and_a_disagreement_repeats_is_shown_once() -> None:
    first, second = cited("The pact was signed.", 1), cited("Three ends it.", 2)
    both = Disagreement(first, second, 0.9)
    own = Statement("The pact was signed.", (first,), "supported", 0.9, ((4, 8),), (second,))
    other = Statement("Someone signed.", (first,), "supported", 0.9)  # in words of its own
    html = panels.answer_html(
        answered(statements=(own, other), disagreements=(both,)), 4, DOCUMENTS
    )
    assert html.count("was signed.") == 1
    assert "The <strong>pact</strong> was signed.</blockquote>" in html
    assert html.count('data-mark="4-2"') == 2  # it says so too; and its own side
    assert '<p class="statement"><span dir="auto">Someone signed.' in html


def test_what_was_not_verified_is_folded_away_and_not_an_answer() -> None:
    loose = Statement("The moon is a cheese.", (), "unverified")
    html = panels.answer_html(answered(unverified=(loose,)), 1, DOCUMENTS)
    before, after = html.split('<details class="unverified">')
    assert "cheese" not in before
    assert "cheese" in after


def test_a_follow_up_shows_how_it_was_asked() -> None:
    html = panels.answer_html(answered(rewritten="Was the pact signed?"), 1, DOCUMENTS)
    assert "Asked as: <q>Was the pact signed?</q>" in html


def test_a_card_marks_exactly_the_quote_in_the_whole_line() -> None:
    html = cards.evidence_cards(answered(), 1, DOCUMENTS)
    assert (
        '<span class="cited" dir="auto"><mark>The pact was signed.</mark> It holds.</span>' in html
    )
    assert "line 3" in html


def test_a_card_has_the_lines_before_and_after_with_their_numbers_and_its_own_once() -> None:
    html = cards.evidence_cards(answered(), 1, DOCUMENTS)
    numbers = re.findall(r'class="line-number">(\d+)<', html)
    assert numbers == ["1", "3", "5"]
    assert html.count("It holds.") == 1
    assert html.index("One stands here.") < html.index("It holds.") < html.index("Three ends")


def test_lines_of_one_wrapped_paragraph_join_in_a_card() -> None:
    wrapped = make_document(
        "w.txt",
        b"The pact of Norwick was signed on a cold morning in the month of\n"
        b"March, and it has held ever since without a single complaint by\nanybody.\n",
    )
    citation = cite(wrapped, 0, len(wrapped.text) - 1, number=1)
    html = cards.evidence_cards(
        answered(statements=(), citations=(citation,)), 1, {"w.txt": wrapped}
    )
    assert 'class="cited joined"' in html


def test_a_citation_of_a_file_that_was_changed_says_so() -> None:
    stale = replace(cited("The pact was signed."), stale=True)
    html = cards.evidence_cards(answered(citations=(stale,)), 1, DOCUMENTS)
    assert "changed or removed after it was read" in html


def test_where_the_file_has_changed_the_card_shows_what_was_indexed() -> None:
    changed = {"pact.txt": make_document("pact.txt", b"Something else.")}
    html = cards.evidence_cards(answered(), 1, changed)
    assert "<mark>The pact was signed.</mark> It holds." in html
    assert "Something else" not in html
    assert "<mark>" in cards.evidence_cards(answered(), 1, {})


def test_two_quotes_of_a_line_share_a_card() -> None:
    answer = answered(citations=(cited("The pact was signed."), cited("It holds.")))
    html = cards.evidence_cards(answer, 1, DOCUMENTS)
    assert html.count("<article") == 1
    assert "<mark>The pact was signed.</mark> <mark>It holds.</mark>" in html


def test_a_quote_over_lines_is_marked_over_its_lines() -> None:
    quote = TEXT[TEXT.index("It holds.") : TEXT.index(" ends it")]
    answer = answered(statements=(), citations=(cited(quote),))
    html = cards.evidence_cards(answer, 1, DOCUMENTS)
    assert "lines 3–5" in html
    assert f"<mark>{quote}</mark>" in html


def test_support_is_told_in_words_and_as_a_bar() -> None:
    weaker = replace(cited("The pact was signed."), support=0.734)
    other = Statement("A pact exists.", (weaker,), "supported", 0.734)
    html = cards.evidence_cards(answered(statements=(other,), citations=(weaker,)), 1, DOCUMENTS)
    assert "73&nbsp;%" in html
    assert 'value="73"' in html
    assert "word for word" in cards.evidence_cards(answered(), 1, DOCUMENTS)


def test_a_very_long_line_is_cut_around_its_quote() -> None:
    text = "x " * 20_000 + "The pact was signed." + " y" * 20_000
    document = make_document("long.txt", text.encode())
    answer = answered(citations=(cited("The pact was signed.", 1, document),), statements=())
    html = cards.evidence_cards(answer, 1, {"long.txt": document})
    assert "<mark>The pact was signed.</mark>" in html
    assert len(html) < 20_000


def test_the_evidence_of_the_last_question_is_the_one_that_is_shown() -> None:
    first, second = turn(), turn()
    second.number = 2
    html = cards.evidence((first, second), DOCUMENTS)
    assert re.findall(r'data-cards="(\d)"[^>]*?( hidden)?>', html) == [("1", " hidden"), ("2", "")]


def test_a_question_without_evidence_says_so_beside_earlier_evidence() -> None:
    second = Turn(2, "And?", "done", answered(statements=(), citations=(), status="declined"))
    html = cards.evidence((turn(), second), DOCUMENTS)
    assert "This question has no evidence." in html


def test_only_the_last_turn_can_be_asked_again_but_any_can_be_changed() -> None:
    first, second = turn(), turn()
    second.number = 2
    html = panels.conversation((first, second), DOCUMENTS)
    assert html.count('data-send="retry"') == 1
    assert html.count('data-send-form="amend"') == 2
    assert html.count('data-hide="change-1"') == 1
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
    assert words in Page(panels.turn_html(turn(**changes), documents=DOCUMENTS, is_last=True)).text


def test_a_rating_asks_for_a_comment_once() -> None:
    assert 'data-send-form="comment"' not in panels.turn_html(
        turn(), documents=DOCUMENTS, is_last=True
    )
    rated = panels.turn_html(turn(rating="down"), documents=DOCUMENTS, is_last=True)
    assert 'data-send-form="comment"' in rated
    assert 'aria-label="Poor answer" title="Poor answer" aria-pressed="true"' in rated
    assert "Thank you" in panels.turn_html(
        turn(rating="down", commented=True), documents=DOCUMENTS, is_last=True
    )


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
        DOCUMENTS,
        is_last=True,
    )
    assert "with m" in html
    assert "writer" not in html
    assert "1,000 tokens" in html
    assert "2 quotes rejected" in html


ALLOWED = {
    "article", "blockquote", "button", "details", "div", "figcaption", "figure", "form", "h2",
    "h3", "header", "input", "label", "li", "mark", "meter", "nav", "p", "path", "q", "section",
    "small", "span", "strong", "summary", "svg", "textarea", "ul", "wbr",
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
        panels.conversation((shown, failed), {document.path: document})
        + welcome(words, Facts(1, 2, 3), (words,), AppOptions())
        + cards.evidence((shown,), {document.path: document})
        + source(document, 1, [(0, 4)], beside=True)
        + rail([Kept("id", words, 0.0)], "id", now=0.0)
    )
    page = Page(html)
    assert {tag for tag, _ in page.tags} <= ALLOWED
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "href")]
