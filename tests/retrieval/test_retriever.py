"""Retriever and node parser are LlamaIndex objects whose nodes say where they stand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle

from doubles import WordEncoder, settings, write
from summit_qa.index.sync import Index
from summit_qa.retrieval.retriever import HybridRetriever

FILES = {
    "a.txt": "Rain fell all day.\n\nA hotline will connect the three.\n",
    "b/c.md": "Shares fell.\n",
}


@pytest.fixture
def index(tmp_path: Path, checked_in_process: None) -> Iterator[Index]:
    opened = Index(tmp_path / "index", embedder=WordEncoder(), settings=settings(passage_chars=50))
    opened.sync(write(tmp_path / "corpus", FILES))
    yield opened
    opened.close()


@pytest.fixture
def retriever(index: Index) -> HybridRetriever:
    return HybridRetriever(index.current, WordEncoder(), k=2)


def test_it_is_a_llama_index_retriever(retriever: HybridRetriever) -> None:
    assert isinstance(retriever, BaseRetriever)
    found = retriever.retrieve("Who gets a hotline?")
    assert all(isinstance(item, NodeWithScore) for item in found)
    assert len(found) == 2
    assert found[0].node.get_content() == "A hotline will connect the three."


def test_nodes_carry_path_characters_and_lines(retriever: HybridRetriever, index: Index) -> None:
    node = retriever.retrieve(QueryBundle("hotline"))[0].node
    assert node.metadata == {
        "path": "a.txt",
        "start": 20,
        "end": 53,
        "start_line": 3,
        "end_line": 3,
        "page": None,
        "context": "",
    }
    assert index.current().documents["a.txt"].text[20:53] == node.get_content()
    assert node.get_content() == index.current().passages[node.node_id].text
    assert "start" not in node.get_content(MetadataMode.EMBED)


def test_hits_and_nodes_are_the_same(retriever: HybridRetriever) -> None:
    hits, nodes = retriever.search("hotline"), retriever.retrieve("hotline")
    assert [hit.passage.id for hit in hits] == [item.node.node_id for item in nodes]
    assert [hit.score for hit in hits] == [item.score for item in nodes]
    assert len(retriever.search("hotline", 1)) == 1


def test_it_follows_the_index(retriever: HybridRetriever, index: Index, tmp_path: Path) -> None:
    write(tmp_path / "corpus", {"d.txt": "The hotline, the hotline.\n"})
    index.sync(tmp_path / "corpus")
    assert retriever.retrieve("hotline")[0].node.metadata["path"] == "d.txt"


async def _aretrieve(retriever: HybridRetriever) -> list[NodeWithScore]:
    return await retriever.aretrieve("hotline")


def test_it_can_be_awaited(retriever: HybridRetriever) -> None:
    import asyncio

    assert len(asyncio.run(_aretrieve(retriever))) == 2
