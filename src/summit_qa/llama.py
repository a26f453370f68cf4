"""The assistant as a LlamaIndex query engine, for programs built on LlamaIndex."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from summit_qa.documents.passages import passage_to_node
from summit_qa.types import Answer, Citation, EngineName, Hit, Passage

if TYPE_CHECKING:
    from summit_qa.index.generation import Generation
    from summit_qa.settings import Settings

_VERDICTS = {"yes": "Yes. ", "no": "No. "}


class Asked(Protocol):
    """What the engine needs of an assistant."""

    settings: Settings

    @property
    def generation(self) -> Generation:
        """The generation of the index that is served."""
        ...

    def ask(self, question: str, *, engine: EngineName | None = None) -> Answer:
        """The answer to a question."""
        ...

    def search(self, query: str, k: int = 10) -> Sequence[Hit]:
        """The k passages nearest to the query."""
        ...


class SummitQueryEngine(BaseQueryEngine):
    """Answers whose source nodes are the cited passages, not whatever was retrieved.

    A node's metadata has the passage's ``path``, ``start``, ``end``, ``start_line`` and
    ``end_line``, and ``citations``: number, location, span and quote of what is cited in it.
    Its score is the best support of these, or None. ``response.metadata`` is the answer as a
    dict (docs/json.md), its status and confidence included; an abstention has no source nodes and
    says its reason.
    """

    def __init__(self, assistant: Asked, engine: EngineName | None = None) -> None:
        super().__init__(callback_manager=None)
        self._assistant = assistant
        self._engine = engine

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """The passages nearest to the query, best first."""
        return [
            NodeWithScore(node=passage_to_node(hit.passage), score=hit.score)
            for hit in self._assistant.search(
                query_bundle.query_str, self._assistant.settings.passages
            )
        ]

    def _get_prompt_modules(self) -> dict[str, Any]:
        """None: the prompt is the writer's own, and its format is what the checks rest on."""
        return {}

    def _query(self, query_bundle: QueryBundle) -> Response:
        generation = self._assistant.generation
        answer = self._assistant.ask(query_bundle.query_str, engine=self._engine)
        return Response(
            response=_in_words(answer),
            source_nodes=_source_nodes(answer, generation),
            metadata=answer.to_dict(),
        )

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)


def _in_words(answer: Answer) -> str:
    if answer.abstained:
        return f"No answer: {answer.reason}"
    doubt = f"{answer.doubt} " if answer.doubt else ""
    return doubt + (_VERDICTS[answer.verdict] if answer.verdict else "") + answer.text


def _source_nodes(answer: Answer, generation: Generation) -> list[NodeWithScore]:
    """One node for each cited passage, in the order of the citations."""
    cited: dict[str, tuple[TextNode, list[Citation]]] = {}
    for citation in answer.citations:
        passage = _passage(citation, generation)
        node = passage_to_node(passage)
        cited.setdefault(passage.id, (node, []))[1].append(citation)
    nodes = []
    for node, citations in cited.values():
        node.metadata["citations"] = [
            {
                "number": citation.number,
                "location": citation.location,
                "start": citation.start_char,
                "end": citation.end_char,
                "start_line": citation.start_line,
                "end_line": citation.end_line,
                "quote": citation.quote,
            }
            for citation in citations
        ]
        node.excluded_embed_metadata_keys.append("citations")
        node.excluded_llm_metadata_keys.append("citations")
        known = [citation.support for citation in citations if citation.support is not None]
        nodes.append(NodeWithScore(node=node, score=max(known, default=None)))
    return nodes


def _passage(citation: Citation, generation: Generation) -> Passage:
    """The passage in which the quote begins; the quote itself where the index has moved on."""
    for passage in generation.passages_of(citation.file):
        span = passage.span
        at = citation.start_char - span.start
        if span.start <= citation.start_char < span.end and passage.text.startswith(
            citation.quote[: span.end - citation.start_char], at
        ):
            return passage
    identity = f"{citation.file}:{citation.start_char}-{citation.end_char}"
    return Passage(identity, citation.file, citation.span, citation.quote)
