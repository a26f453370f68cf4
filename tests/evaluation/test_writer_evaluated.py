"""The writer, the stock pipeline and the second judge in one run, over a scripted server."""

from __future__ import annotations

from pathlib import Path

import pytest

from summit_qa.assistant import Assistant
from summit_qa.evaluation.language_judge import LanguageJudge, with_second_opinion
from summit_qa.evaluation.runner import Depth, evaluate
from summit_qa.testing import Quoted, Reply, Request, ScriptedServer, Stated


def says(request: Request) -> Reply:
    """Answers as each of the three would be answered."""
    if "Does the evidence support the claim?" in request.prompt:
        return Reply.whole('{"label": "entailed"}')
    if "Source 1:" in request.prompt:
        return Reply.whole("Ann Lee built the bridge [1].")
    return Reply.of(
        Stated("Ann Lee built it.", Quoted(1, "Ann Lee built the bridge.")),
        Stated("It is made of cheese.", Quoted(1, "made of cheese")),
    )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> ScriptedServer:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return ScriptedServer(says)


def test_all_that_write_take_part_in_one_run(
    bridges: Assistant, tmp_path: Path, server: ScriptedServer
) -> None:
    with server:
        asked = bridges.with_settings(
            engine="writer", llm="scripted", openai_base_url=server.url, openai_api_key="k"
        )
        report = evaluate(
            asked,
            questions=tmp_path / "questions.yaml",
            engines=("writer", "stock-llamaindex"),
            depth=Depth(reliance=1, again=0),
        )
        report = with_second_opinion(report, LanguageJudge.named("openai:scripted", asked.settings))
    writer, stock = report.engines
    who = next(row for row in writer.cases if row.id == "who")
    assert [each.text for each in who.statements] == ["Ann Lee built it."]
    assert who.right
    assert who.input_tokens > 0
    assert who.figures["left_out"] == (1, 2)
    assert who.statements[0].language_model == "entailed"
    assert not who.statements[0].entailed  # the bundled judge's double knows equal texts alone
    assert writer.figures["overall"]["pointers_valid"].value == 1
    assert [row.error for engine in report.engines for row in engine.cases] == [None] * 8
    assert "scripted writes" in stock.about
    assert stock.cost.output_tokens > 0
    # Whatever is done to the files, this model says the same.
    removed = next(each for each in stock.reliance if each.kind == "removed")
    assert not removed.relies
