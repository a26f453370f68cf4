"""A language model as a second judge, and as the writer of the stock pipeline; no network."""

import json
from collections.abc import Callable

import httpx
import openai
import pytest
from making import report, row

from doubles import WordEncoder, document, settings
from summit_qa.errors import ConfigurationError
from summit_qa.evaluation.cases import Case
from summit_qa.evaluation.language_judge import LanguageJudge, client_of, with_second_opinion
from summit_qa.evaluation.memory import Vectors
from summit_qa.evaluation.results import CitationRow, StatementRow
from summit_qa.evaluation.stock import EndpointLLM, StockLlamaIndex
from summit_qa.types import Usage

Asked = list[dict[str, str]]


def client(said: Callable[[Asked], str]) -> openai.OpenAI:
    """A client whose model says what the function makes of the messages."""

    def answer(request: httpx.Request) -> httpx.Response:
        messages = json.loads(request.content)["messages"]
        text = said(messages)
        if text == "fail":
            return httpx.Response(500)
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant"}}
        choice["message"] = {"role": "assistant", "content": text}
        usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
        body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
        return httpx.Response(200, json={**body, "choices": [choice], "usage": usage})

    return openai.OpenAI(
        api_key="none",
        base_url="http://model.test/v1",
        max_retries=0,
        http_client=httpx.Client(transport=httpx.MockTransport(answer)),
    )


def statement(text: str, line: int, *, valid: bool = True) -> StatementRow:
    citation = CitationRow(
        number=1,
        file="a.txt",
        first_line=line,
        last_line=line,
        quote="x",
        valid=valid,
        gold=False,
    )
    return StatementRow(
        text=text, citations=(citation,), entailed=True, contradicted=False, probability=0.9
    )


def test_a_second_opinion_stands_beside_the_first_and_is_never_mixed_in() -> None:
    seen: list[dict[str, str]] = []

    def says(messages: Asked) -> str:
        seen.append(json.loads(messages[-1]["content"]))
        return '{"label": "contradicted"}' if "Bob" in seen[-1]["claim"] else '{"label":"entailed"}'

    rows = [
        row("a", statements=(statement("Ann came.", 1), statement("Bob came.", 1))),
        row("b", statements=(statement("Ann came.", 1),)),
    ]
    first = report({"reader": rows}, lines={"a.txt:1": "Ann came."})
    second = with_second_opinion(first, LanguageJudge(client(says), "m"))
    labels = [each.language_model for case in second.engines[0].cases for each in case.statements]
    assert labels == ["entailed", "contradicted", "entailed"]
    assert [each.entailed for each in second.engines[0].cases[0].statements] == [True, True]
    figures = second.engines[0].figures["overall"]
    assert figures["language_model_faithful"].value == pytest.approx(2 / 3)
    assert figures["language_model_contradicted"].value == pytest.approx(1 / 3)
    assert figures["right"] == first.engines[0].figures["overall"]["right"]
    assert seen == [  # the same pair is asked once
        {"evidence": "Ann came.", "claim": "Ann came."},
        {"evidence": "Ann came.", "claim": "Bob came."},
    ]
    assert second.models["second judge"] == "openai:m"


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ('{"label": "neutral"}', "neutral"),
        ("Entailed.", "entailed"),
        ("entailed or contradicted", "error: no label in the reply"),
        ("", "error: no label in the reply"),
        ("fail", "error: InternalServerError"),
    ],
)
def test_a_reply_without_one_label_is_an_error_and_not_a_guess(said: str, label: str) -> None:
    assert LanguageJudge(client(lambda _: said), "m").label("x", "y") == label


def test_errors_of_the_model_count_neither_way() -> None:
    first = report({"reader": [row("a", statements=(statement("x", 1),))]}, lines={"a.txt:1": "x"})
    second = with_second_opinion(first, LanguageJudge(client(lambda _: "fail"), "m"))
    assert second.engines[0].cases[0].statements[0].language_model == "error: InternalServerError"
    assert "language_model_faithful" not in second.engines[0].figures["overall"]


def test_a_statement_without_a_valid_line_is_not_sent_to_the_model() -> None:
    def never(messages: Asked) -> str:
        raise AssertionError(messages)

    said = row("a", statements=(statement("x", 1, valid=False),))
    first = report({"reader": [said]}, lines={"a.txt:1": "x"})
    second = with_second_opinion(first, LanguageJudge(client(never), "m"))
    assert second.engines[0].cases[0].statements[0].language_model == "neutral"


def test_a_judge_is_named_by_provider_and_model() -> None:
    chosen = settings(openai_base_url="http://127.0.0.1:9/v1")
    assert LanguageJudge.named("openai:small", chosen).model == "small"
    for name in ("small", "openai:", "other:small"):
        with pytest.raises(ConfigurationError, match="write openai:<model>"):
            LanguageJudge.named(name, chosen)


def test_a_model_needs_a_key_or_an_endpoint() -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        client_of(settings())


def test_the_stock_pipeline_writes_with_a_model_where_there_is_one() -> None:
    prompts: list[str] = []

    def says(messages: Asked) -> str:
        prompts.append(messages[-1]["content"])
        return "Ann Lee built it [1]."

    llm = EndpointLLM(client(says), "m", 0.0, 64)
    source = document("a.txt", "Ann Lee built the bridge.\n")
    engine = StockLlamaIndex([source], Vectors(WordEncoder()), llm)
    answer = engine.reply(Case(id="c", question="Who built it?", kind="fact")).answer
    assert answer.statements[0].text == "Ann Lee built it."
    assert answer.citations[0].location == "a.txt:1"
    assert answer.usage == Usage(requests=1, input_tokens=7, output_tokens=3)
    assert "Source 1:\nAnn Lee built the bridge." in prompts[0]
