"""The interface for other front ends, asked with OpenAI's own client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from httpx import Client

from doubles import write
from serving import Served, chat
from summit_qa.app.openai_api import begins, footnotes, markdown, pieces, statement_text
from summit_qa.documents.citations import cite
from summit_qa.documents.corpus import make_document
from summit_qa.types import Answer, Statement

FILES = {
    "bridge.txt": (
        "The harbour bridge of Norwick opened on 3 May 1931 after six years of work.\n\n"
        "It carries trams, cars and people on foot. The mayor of Norwick cut the ribbon.\n"
    ),
    "market.md": "# Market\n\nThe market hall of Norwick sells fish on Fridays only.\n",
}
OPENED = "When did the harbour bridge of Norwick open?"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("openai")
    corpus = folder / "files"
    corpus.mkdir()
    write(corpus, FILES)
    options = ("--openai", "--no-history", "--auth", "ann:secret words")
    with chat(corpus, folder, *options) as address:
        yield Served(address, corpus, folder)


@pytest.fixture
def client(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{served.address}/v1", api_key="ann:secret words", max_retries=0
    ) as made:
        yield made


def ask(client: openai.OpenAI, *questions: str, **more: Any) -> Any:
    messages: list[Any] = []
    for question in questions[:-1]:
        messages += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": "Something."},
        ]
    messages.append({"role": "user", "content": questions[-1]})
    return client.chat.completions.create(model="summit-qa", messages=messages, **more)


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["summit-qa", "summit-qa-offline"]


def test_an_answer_has_its_citations_as_footnotes_and_as_a_field(client: openai.OpenAI) -> None:
    reply = ask(client, OPENED)
    message = reply.choices[0].message
    assert "3 May 1931" in message.content
    assert "[^1]: `bridge.txt:1` “The harbour bridge of Norwick opened" in message.content
    assert message.citations[0]["location"] == "bridge.txt:1"
    assert reply.answer["status"] == "answered"
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.total_tokens == 0


def test_a_stream_says_the_same(client: openai.OpenAI) -> None:
    whole = ask(client, OPENED)
    chunks = list(ask(client, OPENED, stream=True, stream_options={"include_usage": True}))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said.strip() == whole.choices[0].message.content.strip()
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-2].choices[0].delta.citations[0]["file"] == "bridge.txt"
    assert chunks[-1].usage.total_tokens == 0


def test_what_the_files_do_not_say_is_not_answered(client: openai.OpenAI) -> None:
    reply = ask(client, "Who invented the telephone of Mars?")
    assert "No answer in the files." in reply.choices[0].message.content
    assert reply.choices[0].message.citations == []
    assert reply.answer["abstained"] is True


def test_a_follow_up_is_understood_also_where_nothing_is_remembered(
    client: openai.OpenAI,
) -> None:
    reply = ask(client, "Who cut the ribbon of the bridge of Norwick?", "When did it open?")
    assert reply.answer["rewritten"]
    assert "it open" not in reply.answer["rewritten"]


def test_content_in_parts_is_read(client: openai.OpenAI) -> None:
    parts: Any = [{"type": "text", "text": OPENED}]
    reply = client.chat.completions.create(
        model="summit-qa-offline", messages=[{"role": "user", "content": parts}]
    )
    assert "1931" in (reply.choices[0].message.content or "")


def test_mistakes_are_told_as_openai_tells_them(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="no such model"):
        client.chat.completions.create(
            model="gpt-4", messages=[{"role": "user", "content": OPENED}]
        )
    with pytest.raises(openai.BadRequestError, match="empty"):
        ask(client, "?!")
    with pytest.raises(openai.BadRequestError, match="empty"):
        ask(client, "?!", stream=True)
    with pytest.raises(openai.BadRequestError, match="messages"):
        client.chat.completions.create(model="summit-qa", messages=[])
    with pytest.raises(openai.BadRequestError, match="the user's"):
        client.chat.completions.create(
            model="summit-qa", messages=[{"role": "assistant", "content": "Hello"}]
        )


def test_it_is_behind_the_same_guard(served: Served) -> None:
    with openai.OpenAI(base_url=f"{served.address}/v1", api_key="x", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError):
            stranger.models.list()
        with pytest.raises(openai.AuthenticationError):
            ask(stranger, OPENED)
    key = {"Authorization": "Bearer ann:secret words"}
    with Client(base_url=served.address, headers=key) as http:
        assert http.get("/v1/models").status_code == 200
        other = {"Origin": "https://evil.example"}
        assert http.get("/v1/models", headers=other).status_code == 403
        assert http.get("/v1/models", headers={"Host": "evil.example"}).status_code == 400
        assert http.get("/v1/files").status_code == 404
        assert http.post("/v1/chat/completions", content=b"x" * 300_000).status_code == 413
        assert http.post("/v1/chat/completions", content=b"{").status_code == 400


HOSTILE = "![x](https://evil.example/?q=1) <img src=//evil.example> [^1]: `code` [a](b)"
DOCUMENT = make_document("a`b.txt", HOSTILE.encode())


def hostile() -> Answer:
    citation = cite(DOCUMENT, 0, len(HOSTILE), number=1)
    statement = Statement(HOSTILE, (citation,), "supported")
    return Answer("Q?", "", "yes", (statement,), (citation,), "answered", None, short=HOSTILE)


def test_documents_are_no_markup_of_the_front_end() -> None:
    said = markdown(hostile())
    assert "![x](" not in said
    assert re.search(r"(?<!\\)<", said) is None
    assert "https://" not in said
    assert "`aˋb.txt:1`" in said


def test_what_was_sent_is_not_taken_back_where_a_verdict_comes_late() -> None:
    whole = hostile()
    early = Answer("Q?", "", None, whole.statements, whole.citations, "answered", None)
    said = [words for words, _ in pieces(iter([early, whole]))]
    assert said == [begins(early), statement_text(whole.statements[0]), begins(whole),
                    footnotes(whole) + "\n"]  # fmt: skip
    assert "".join(words for words, _ in pieces(iter([whole]))).strip() == markdown(whole).strip()
    assert list(pieces(iter(()))) == []
