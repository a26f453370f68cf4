"""Hybrid search as a LlamaIndex retriever, for programs built on LlamaIndex."""

from __future__ import annotations

from collections.abc import Callable

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from summit_qa.documents.passages import passage_to_node
from summit_qa.index.generation import Generation
from summit_qa.models.encoding import Encoder, as_encoder
from summit_qa.retrieval.fusion import HybridSearch
from summit_qa.types import Hit


class HybridRetriever(BaseRetriever):
    """A LlamaIndex retriever whose nodes carry path, characters and lines in their metadata."""

    def __init__(
        self,
        generation: Callable[[], Generation],
        embedder: object,
        *,
        candidates: int = 50,
        k: int = 8,
    ) -> None:
        """``generation`` says what is served; ``embedder`` is the one that it was built with."""
        encoder: Encoder = as_encoder(embedder)
        self._search = HybridSearch(generation, encoder, candidates=candidates, k=k)
        super().__init__()

    def search(self, query: str, k: int | None = None) -> list[Hit]:
        """The k best passages as hits, best first."""
        return self._search.search(query, k)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [
            NodeWithScore(node=passage_to_node(hit.passage), score=hit.score)
            for hit in self._search.search(query_bundle.query_str)
        ]
