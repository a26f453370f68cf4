"""The assistant as a LlamaIndex query engine: source nodes are what is cited."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.schema import QueryBundle

from doubles import write
from summit_qa.assistant import Assistant

OAK = "The old oak was planted in 1723. Storms bent it.\n\nIt is 31 metres tall.\n"


@pytest.fixture
def forest(quick: Assistant, tmp_path: Path) -> Assistant:
    write(tmp_path / "corpus", {"oak.txt": OAK, "mill.txt": "The mill burned down in 1846.\n"})
    quick.sync()
    return quick


def test_source_nodes_are_the_cited_passages_with_spans_and_lines(forest: Assistant) -> None:
    engine = forest.as_query_engine()
    assert isinstance(engine, BaseQueryEngine)
    response = engine.query("When was the old oak planted?")
    assert isinstance(response, Response)
    (source,) = response.source_nodes
    node, told = source.node, source.node.metadata
    assert (told["path"], told["start_line"], told["end_line"]) == ("oak.txt", 1, 3)
    assert OAK[told["start"] : told["end"]] == node.get_content()
    (cited,) = told["citations"]
    assert cited["location"] == "oak.txt:1"
    assert (
        OAK[cited["start"] : cited["end"]] == cited["quote"] == "The old oak was planted in 1723."
    )
    assert str(response) == "The old oak was planted in 1723. [1]"
    assert source.score == 1.0


def test_the_metadata_is_the_whole_answer(forest: Assistant) -> None:
    response = forest.as_query_engine().query("When was the old oak planted?")
    answer = forest.ask("When was the old oak planted?").to_dict()
    assert response.metadata is not None
    assert response.metadata.keys() == answer.keys()
    assert response.metadata["citations"] == answer["citations"]


def test_an_abstention_has_no_sources_and_says_why(forest: Assistant) -> None:
    response = forest.as_query_engine().query("Who is Ada Lovelace?")
    assert response.source_nodes == []
    assert str(response) == "No answer: “Ada Lovelace” is not mentioned in the files."


def test_retrieving_gives_the_nearest_passages(forest: Assistant) -> None:
    nodes = forest.as_query_engine().retrieve(QueryBundle("old oak"))
    assert nodes[0].node.metadata["path"] == "oak.txt"
    assert len(nodes) > 1


def test_it_can_be_awaited(forest: Assistant) -> None:
    response = asyncio.run(forest.as_query_engine().aquery("When was the old oak planted?"))
    assert str(response) == "The old oak was planted in 1723. [1]"


def test_what_is_cited_is_kept_from_prompts_of_other_engines(forest: Assistant) -> None:
    (source,) = forest.as_query_engine().query("When was the old oak planted?").source_nodes
    assert "quote" not in source.node.get_content(metadata_mode="embed")
