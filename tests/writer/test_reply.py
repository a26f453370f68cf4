"""A reply is read while it arrives, in pieces of any size."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summit_qa.errors import WriterReplyError
from summit_qa.writer.reply import LONGEST_REPLY, Draft, DraftQuote, ReplyReader

texts = st.text(max_size=20) | st.sampled_from(['"', "\\", "{", "}", "]", '\\"', "…", "\U0001f333"])
statements = st.lists(
    st.fixed_dictionaries(
        {
            "quotes": st.lists(
                st.fixed_dictionaries({"source": st.integers(0, 9), "quote": texts}), max_size=3
            ),
            "text": texts,
        }
    ),
    max_size=4,
)


def read(text: str, size: int = 7) -> tuple[list[Draft], ReplyReader]:
    """All statements of a reply that comes in pieces, and the reader."""
    reader = ReplyReader()
    found = []
    for at in range(0, len(text), size):
        found += reader.feed(text[at : at + size])
    return found, reader


@given(statements, st.integers(1, 40), st.booleans(), st.booleans())
def test_pieces_of_any_size_give_the_same_statements_in_order(
    said: list[dict[str, object]], size: int, verdict_first: bool, ascii_only: bool
) -> None:
    told = {"verdict": None, "statements": said} if verdict_first else {"statements": said}
    found, reader = read(json.dumps(told, ensure_ascii=ascii_only), size)
    assert found == [
        Draft(
            str(item["text"]),
            tuple(DraftQuote(q["source"], q["quote"]) for q in item["quotes"]),  # type: ignore[attr-defined]
        )
        for item in said
    ]
    assert reader.finished
    reader.end()


@given(st.text(max_size=300), st.integers(1, 50))
def test_no_text_breaks_the_reader(text: str, size: int) -> None:
    _, reader = read(text, size)
    assert reader.verdict in (None, "yes", "no")


def test_a_statement_comes_as_soon_as_it_is_closed_and_not_before() -> None:
    reader = ReplyReader()
    assert (
        reader.feed('{"statements": [{"quotes": [{"source": 1, "quote": "a}]"}], "text": "b"') == []
    )
    assert reader.feed("}") == [Draft("b", (DraftQuote(1, "a}]"),))]
    assert reader.feed(", {}") == [], "what is no statement is passed over"
    assert not reader.finished


def test_the_verdict_counts_once_the_reply_is_finished() -> None:
    reader = ReplyReader()
    reader.feed('{"answered": true, "statements": [], "verdict": "yes"')
    assert (reader.answerable, reader.verdict) == (True, None)
    reader.feed("}")
    assert reader.verdict == "yes"


@pytest.mark.parametrize(
    ("said", "verdict"), [('"Yes"', "yes"), ('" no "', "no"), ('"maybe"', None), ("true", None)]
)
def test_only_yes_and_no_are_verdicts(said: str, verdict: str | None) -> None:
    _, reader = read(f'{{"statements": [], "verdict": {said}}}')
    assert reader.verdict == verdict


@pytest.mark.parametrize(
    "around",
    ["{}", "Sure! {}", "```json\n{}\n```", "{} I hope {{this}} helps.", "<think>{{x</think>{}"],
)
def test_words_around_the_object_do_not_matter(around: str) -> None:
    held = '{"statements": [{"quotes": [], "text": "It rained."}], "verdict": "no"}'
    found, reader = read(around.format(held))
    assert found == [Draft("It rained.", ())]
    assert reader.verdict == "no"
    reader.end()


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("2", 2),
        ('"2"', 2),
        ("true", 0),
        ("null", 0),
        ("1.5", 0),
        ('"[2]"', 0),
        (f'"{"9" * 50}"', 0),
    ],
)
def test_a_source_that_is_no_number_names_no_passage(source: str, number: int) -> None:
    found, _ = read(
        f'{{"statements": [{{"quotes": [{{"source": {source}, "quote": "q"}}], "text": "t"}}]}}'
    )
    assert found == [Draft("t", (DraftQuote(number, "q"),))]


@pytest.mark.parametrize(
    "reply", ["", "no JSON", "[1]", '{"statements": "none"}', '{"text": "a"}', "{", '{"statements"']
)
def test_a_reply_without_a_list_of_statements_is_an_error(reply: str) -> None:
    _, reader = read(reply)
    with pytest.raises(WriterReplyError, match="format"):
        reader.end()


def test_a_reply_that_does_not_end_is_an_error() -> None:
    reader = ReplyReader()
    reader.feed("x" * LONGEST_REPLY)
    with pytest.raises(WriterReplyError, match="longer"):
        reader.feed("x")


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_brackets_without_end_are_no_reply(opened: str) -> None:
    reader = ReplyReader()
    reader.feed('{"answered": ' + opened * 30_000)
    with pytest.raises(WriterReplyError, match="format"):
        reader.end()
