"""The stock LlamaIndex pipeline for questions with citations, over the same embedder.

SentenceSplitter, VectorStoreIndex and CitationQueryEngine with their defaults. Its ``[n]`` names
a source of up to 512 tokens, so a citation here points to all the lines of that source. Where no
language model is given, a stand-in writes in its place: the sentence of the sources that shares
most words with the question, followed by the number of its source. With it, the figures are those
of the splitting, the retrieval and the citations; what a language model would write is not in
them.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llama_index.core import Document as LlamaIndexDocument
from llama_index.core import VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.types import CompletionResponse, LLMMetadata
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.schema import MetadataMode, NodeWithScore
from pydantic import PrivateAttr

from summit_qa.documents.citations import Numbering, compose_text, unique
from summit_qa.documents.sentences import sentence_spans
from summit_qa.evaluation.baselines import STOCK
from summit_qa.evaluation.cases import Case, Place
from summit_qa.evaluation.engines import RETRIEVED, Reply, lines_of
from summit_qa.evaluation.memory import Vectors
from summit_qa.evaluation.metrics import distinct
from summit_qa.language.lexicon import overlap
from summit_qa.types import Answer, Citation, Document, Span, Statement, Usage

if TYPE_CHECKING:
    from openai import OpenAI

_SOURCE = re.compile(r"^Source (\d+):\n", re.MULTILINE)
_CITED = re.compile(r"\s*\[(\d+(?:\s*,\s*\d+)*)\]")
_SAYS_NO = re.compile(
    r"^Empty Response$|none of the (?:provided )?sources|"
    r"(?:sources?|context|information) (?:do|does) not|"
    r"(?:is|are) not (?:mentioned|provided|specified)|no information|cannot be determined|"
    r"not contain",
    re.IGNORECASE,
)


class StandIn(CustomLLM):
    """Writes the sentence of the numbered sources that shares most words with the query."""

    @property
    def metadata(self) -> LLMMetadata:
        """A context window like that of a small model."""
        return LLMMetadata(context_window=8_192, num_output=256, model_name="stand-in")

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """The sentence and the number of its source."""
        sources, _, rest = prompt.rpartition("\n------\n")
        sources = sources.rpartition("\n------\n")[2]
        asked = rest.partition("Query: ")[2].rpartition("\nAnswer:")[0]
        pieces = _SOURCE.split(sources)[1:]
        sentences = [
            (source[first:last], number)
            for number, source in zip(pieces[::2], pieces[1::2], strict=True)
            for first, last in sentence_spans(source)
        ]
        scores = overlap(asked, [text for text, _ in sentences])
        if not len(scores) or float(scores.max()) == 0:
            return CompletionResponse(text="None of the sources are helpful.")
        text, number = sentences[int(scores.argmax())]
        return CompletionResponse(text=f"{' '.join(text.split())} [{number}]")

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        """As ``complete``, in one piece."""
        yield self.complete(prompt, formatted)


class EndpointLLM(CustomLLM):
    """An OpenAI-compatible model as LlamaIndex needs it; counts the tokens."""

    model: str
    temperature: float = 0.0
    max_tokens: int = 1_200
    _client: Any = PrivateAttr()
    _spent: list[tuple[int, int]] = PrivateAttr(default_factory=list)

    def __init__(self, client: OpenAI, model: str, temperature: float, max_tokens: int) -> None:
        super().__init__(model=model, temperature=temperature, max_tokens=max_tokens)
        self._client = client

    @property
    def metadata(self) -> LLMMetadata:
        """The model's name."""
        return LLMMetadata(context_window=8_192, num_output=self.max_tokens, model_name=self.model)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """One chat completion."""
        reply = self._client.chat.completions.create(
            model=self.model,
            messages=[{"role": "user", "content": prompt}],
            temperature=self.temperature,
            max_tokens=self.max_tokens,
        )
        usage = reply.usage
        if usage is not None:
            self._spent.append((usage.prompt_tokens, usage.completion_tokens))
        return CompletionResponse(text=reply.choices[0].message.content or "")

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        """As ``complete``, in one piece."""
        yield self.complete(prompt, formatted)

    def take_spent(self) -> Usage:
        """The usage since it was last asked."""
        spent, self._spent = self._spent, []
        return Usage(len(spent), sum(one for one, _ in spent), sum(two for _, two in spent))


class VectorsEmbedding(BaseEmbedding):
    """The product's own encoder as LlamaIndex needs it; remembers the vectors of texts."""

    _vectors: Vectors = PrivateAttr()

    def __init__(self, vectors: Vectors) -> None:
        super().__init__(model_name=vectors.encoder.fingerprint)
        self._vectors = vectors

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._vectors.of(texts).tolist()
        return vectors

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._vectors.encoder.embed_query(query).tolist()
        return vector

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


class StockLlamaIndex:
    """The pipeline as an engine; follow-ups are asked as they stand."""

    name = STOCK

    def __init__(
        self, documents: Sequence[Document], vectors: Vectors, llm: CustomLLM | None = None
    ) -> None:
        self._documents = {document.path: document for document in documents}
        self._llm = llm or StandIn()
        index = VectorStoreIndex.from_documents(
            [
                LlamaIndexDocument(text=document.text, doc_id=document.path)
                for document in documents
            ],
            transformations=[SentenceSplitter()],
            embed_model=VectorsEmbedding(vectors),
        )
        self._index = index
        self._retriever = index.as_retriever(similarity_top_k=RETRIEVED)
        self._engine = CitationQueryEngine.from_args(index, llm=self._llm)

    @property
    def index_bytes(self) -> int | None:
        """The size of its index when it is stored."""
        with tempfile.TemporaryDirectory(prefix="summit-qa-") as folder:
            self._index.storage_context.persist(folder)
            return sum(path.stat().st_size for path in Path(folder).iterdir())

    def reply(self, case: Case) -> Reply:
        """Ask it, and look up where the sources that it cites stand in the files."""
        began = time.perf_counter()
        response = self._engine.query(case.question)
        seconds = time.perf_counter() - began
        usage = self._llm.take_spent() if isinstance(self._llm, EndpointLLM) else Usage()
        answer = self._answer(case.question, str(response), response.source_nodes, usage)
        nodes = self._retriever.retrieve(case.question)
        return Reply(answer, tuple(distinct(self._lines(nodes))), seconds)

    def close(self) -> None:
        """Nothing."""

    def _answer(
        self, question: str, text: str, sources: Sequence[NodeWithScore], usage: Usage
    ) -> Answer:
        numbering = Numbering()
        statements = tuple(
            Statement(
                text=" ".join(_CITED.sub("", sentence).split()),
                citations=tuple(
                    self._citation(sources[number - 1], numbering)
                    for number in _numbers(sentence)
                    if 0 < number <= len(sources)
                ),
                status="unverified",
            )
            for sentence in _sentences(text)
        )
        declined = not statements or (
            bool(_SAYS_NO.search(text)) and not any(each.citations for each in statements)
        )
        if declined:
            reason = text.strip() or "It wrote nothing."
            return Answer(question, "", None, (), (), "declined", reason, usage=usage)
        return Answer(
            question=question,
            text=compose_text(statements),
            verdict=_verdict(text),
            statements=statements,
            citations=unique(c for statement in statements for c in statement.citations),
            status="answered",
            reason=None,
            usage=usage,
        )

    def _citation(self, source: NodeWithScore, numbering: Numbering) -> Citation:
        """Where the source stands; its splitter may have altered it, then it stands nowhere."""
        text = _SOURCE.sub("", source.node.get_content(metadata_mode=MetadataMode.NONE), count=1)
        text = text.rstrip("\n")
        document = self._documents[source.node.ref_doc_id or ""]
        start = document.text.find(text)
        if start >= 0 and text:
            return numbering.cite(document, start, start + len(text))
        span = Span(0, 0, 1, 1)
        return Citation(numbering.number(document.path, span), document.path, span, text)

    def _lines(self, nodes: Sequence[NodeWithScore]) -> list[Place]:
        found: list[Place] = []
        for node in nodes:
            document = self._documents[node.node.ref_doc_id or ""]
            text = node.node.get_content(metadata_mode=MetadataMode.NONE)
            start = document.text.find(text)
            if start >= 0 and text:
                cited = Numbering().cite(document, start, start + len(text))
                found += lines_of(document, cited.start_line, cited.end_line)
        return found


def _sentences(text: str) -> list[str]:
    """Sentences of the answer, each with the [n] that follow it."""
    moved = re.sub(r"([.!?”\"]+)((?:\s*\[\d+(?:\s*,\s*\d+)*\])+)", r"\2\1", text.strip())
    return [moved[first:last] for first, last in sentence_spans(moved)]


def _numbers(sentence: str) -> list[int]:
    found = [int(n) for match in _CITED.finditer(sentence) for n in match.group(1).split(",")]
    return list(dict.fromkeys(found))


def _verdict(text: str) -> Any:
    match = re.match(r"\W*(yes|no)\b[,.:;!–—]", text, re.IGNORECASE)
    return match.group(1).lower() if match else None
