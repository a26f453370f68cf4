"""LlamaIndex's own evaluators over the assistant, as docs/evaluation.md shows them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from llama_index.core.base.llms.types import CompletionResponse, LLMMetadata
from llama_index.core.evaluation import FaithfulnessEvaluator, RetrieverEvaluator
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_completion_callback

from summit_qa.assistant import Assistant
from summit_qa.retriever import HybridRetriever


class HoldsTheName(CustomLLM):
    """Stands in for a model: YES where the evidence of the prompt names Ann Lee."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=8_192, num_output=16)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        context = prompt.rpartition("Context:")[2] or prompt
        return CompletionResponse(text="YES" if "Ann Lee" in context else "NO")

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        yield self.complete(prompt, formatted)


def test_an_answer_is_held_against_the_passages_that_it_cites(bridges: Assistant) -> None:
    response = bridges.as_query_engine().query("Who built the bridge?")
    evaluator = FaithfulnessEvaluator(llm=HoldsTheName())
    result = asyncio.run(evaluator.aevaluate_response(response=response))
    assert result.passing
    assert result.contexts == [node.get_content() for node in response.source_nodes]
    for node in response.source_nodes:
        source = bridges.documents[node.metadata["path"]]
        text = source.text[node.metadata["start"] : node.metadata["end"]]
        assert text in (result.contexts or [])
        assert node.metadata["citations"][0]["quote"] in text


def test_a_retriever_is_evaluated_on_passages_by_their_ids(bridges: Assistant) -> None:
    generation = bridges.generation
    wanted = [it.id for it in generation.passages.values() if "Ann Lee" in it.text]
    retriever = HybridRetriever(lambda: generation, bridges.encoder, k=3)
    evaluator = RetrieverEvaluator.from_metric_names(["hit_rate", "mrr"], retriever=retriever)
    result = asyncio.run(evaluator.aevaluate("Who built the bridge?", wanted))
    assert result.metric_vals_dict["hit_rate"] == pytest.approx(1)
    assert result.metric_vals_dict["mrr"] == pytest.approx(1)
