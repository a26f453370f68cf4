"""Which engines there are, and how each is made: over the served index or over documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from summit_qa.assistant import Assistant
from summit_qa.errors import ConfigurationError
from summit_qa.evaluation.baselines import BM25, FIRST, STOCK, BM25TopSentence, FirstLines
from summit_qa.evaluation.cases import Case
from summit_qa.evaluation.engines import AssistantEngine, Engine, Reply
from summit_qa.evaluation.memory import Vectors, memory_assistant
from summit_qa.types import Document

BASELINES = (STOCK, BM25, FIRST)
DEFAULT = ("reader", *BASELINES)
NAMES = ("reader", "writer", *BASELINES)


class Lineup:
    """Makes engines of one assistant's models, settings and embedder."""

    def __init__(self, assistant: Assistant, names: Sequence[str]) -> None:
        """Raises ConfigurationError for a name that is none, or a writer that is not set up."""
        for name in names:
            if name not in NAMES:
                raise ConfigurationError(f"No engine {name!r}; there are {', '.join(NAMES)}.")
        if "writer" in names and not assistant.settings.writer_configured:
            raise ConfigurationError(f"No writer: {assistant.engines()[1].detail}.")
        self.names = tuple(dict.fromkeys(names))
        self._assistant = assistant
        self._vectors = Vectors(assistant.encoder)

    @property
    def documents(self) -> Mapping[str, Document]:
        """The corpus that the assistant serves."""
        return self._assistant.documents

    def served(self, name: str) -> Engine:
        """The engine over the corpus that the assistant serves."""
        match name:
            case "reader" | "writer":
                return AssistantEngine(self._assistant, name)
        return self.over(name, list(self._assistant.documents.values()))

    def over(self, name: str, documents: Sequence[Document]) -> Engine:
        """The engine over documents that stand in no folder."""
        match name:
            case "reader" | "writer":
                made = memory_assistant(
                    documents, self._vectors, self._assistant.settings, self._assistant.models
                )
                return AssistantEngine(made, name, owned=True)
            case "stock-llamaindex":
                from summit_qa.evaluation.stock import StockLlamaIndex

                return StockLlamaIndex(documents, self._vectors, self._language_model())
            case "bm25-top-sentence":
                return BM25TopSentence(documents)
            case "first-lines":
                return FirstLines(documents)
        raise ConfigurationError(f"No engine {name!r}; there are {', '.join(NAMES)}.")

    def about(self, name: str) -> str:
        """What the engine is, in words."""
        model = self._assistant.settings.llm
        match name:
            case "reader":
                return "offline: quotes the sentences that answer"
            case "writer":
                return f"{model} writes, code checks every quote"
            case "stock-llamaindex" if "writer" in self.names:
                return f"SentenceSplitter, VectorStoreIndex, CitationQueryEngine; {model} writes"
            case "stock-llamaindex":
                return (
                    "SentenceSplitter, VectorStoreIndex, CitationQueryEngine; no language model: "
                    "a stand-in quotes the sentence of its sources that shares most words with "
                    "the question"
                )
            case "bm25-top-sentence":
                return "the sentence whose words fit best (BM25), whatever it says"
        return "the first sentence of the first three files, whatever is asked"

    def _language_model(self) -> Any:
        """The writer's model for the stock pipeline, where the writer takes part."""
        if "writer" not in self.names:
            return None
        from summit_qa.evaluation.language_judge import client_of
        from summit_qa.evaluation.stock import EndpointLLM

        settings = self._assistant.settings
        return EndpointLLM(
            client_of(settings),
            settings.llm or "",
            settings.llm_temperature,
            settings.llm_max_tokens,
        )


class EachItsOwn:
    """Asks every case of its own small corpus; cases of the same corpus follow each other."""

    def __init__(
        self,
        name: str,
        corpora: Mapping[str, tuple[Document, ...]],
        over: Callable[[Sequence[Document]], Engine],
    ) -> None:
        self.name = name
        self.index_bytes = None
        self._corpora = corpora
        self._over = over
        self._made: tuple[str, Engine] | None = None

    def reply(self, case: Case) -> Reply:
        """The answer from the case's own documents."""
        if self._made is None or self._made[0] != case.corpus:
            self.close()
            self._made = case.corpus, self._over(self._corpora[case.corpus])
        return self._made[1].reply(case)

    def close(self) -> None:
        """Close the engine over the last corpus."""
        if self._made is not None:
            self._made[1].close()
            self._made = None
