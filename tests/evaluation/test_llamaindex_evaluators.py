"""LlamaIndex's own evaluators over the assistant, as docs/evaluation.md shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import CompletionResponse, LLMMetadata
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_completion_callback

from summit_qa.assistant import Assistant


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


@pytest.fixture
def shown(bridges: Assistant) -> dict[str, Any]:
    """What the example in the documentation leaves behind, when it is run as it stands there."""
    page = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    example = page.split("<!-- llamaindex -->\n```python\n")[1].split("```")[0]
    names: dict[str, Any] = {"qa": bridges, "llm": HoldsTheName(), "print": lambda *_: None}
    exec(compile(example, "docs/evaluation.md", "exec"), names)
    return names


def test_an_answer_is_held_against_the_passages_that_it_cites(
    bridges: Assistant, shown: dict[str, Any]
) -> None:
    response, judged = shown["response"], shown["judged"]
    assert judged.passing
    assert judged.contexts == [node.get_content() for node in response.source_nodes]
    for node in response.source_nodes:
        source = bridges.documents[node.metadata["path"]]
        text = source.text[node.metadata["start"] : node.metadata["end"]]
        assert text in judged.contexts
        assert node.metadata["citations"][0]["quote"] in text


def test_a_retriever_is_evaluated_on_passages_by_their_ids(shown: dict[str, Any]) -> None:
    assert shown["ranked"].metric_vals_dict == {"hit_rate": 1, "mrr": 1}
