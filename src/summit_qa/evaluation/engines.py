"""What is asked: an engine answers a case and says which lines it found on the way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from summit_qa.documents.passages import sentences_of
from summit_qa.evaluation.cases import Case, Place
from summit_qa.evaluation.memory import Vectors
from summit_qa.evaluation.metrics import distinct
from summit_qa.language.lexicon import overlap
from summit_qa.types import Answer, Document, EngineName, Hit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from summit_qa.assistant import Assistant

RETRIEVED = 10  # passages looked at for the figures of retrieval


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, the lines that retrieval ranked for it (best first), and the time it took."""

    answer: Answer
    ranked: tuple[Place, ...]
    seconds: float


class Engine(Protocol):
    """Anything that answers cases."""

    @property
    def name(self) -> str:
        """What the engine is called in reports."""
        ...

    @property
    def index_bytes(self) -> int | None:
        """The size of what it searches, where it is known."""
        ...

    def reply(self, case: Case) -> Reply:
        """The answer to the case's question, after its earlier questions."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class AssistantEngine:
    """The product itself: the reader, or the writer with its language model."""

    def __init__(self, assistant: Assistant, engine: EngineName, *, owned: bool = False) -> None:
        """``owned``: the assistant is closed with the engine."""
        self._assistant = assistant
        self._engine = engine
        self._owned = owned
        self._vectors = Vectors(assistant.encoder)

    @property
    def name(self) -> str:
        """``reader``, ``writer`` or ``auto``."""
        return self._engine

    @property
    def index_bytes(self) -> int | None:
        """The size of the generation on disk."""
        return self._assistant.generation.size_bytes or None

    def close(self) -> None:
        """Close the assistant, if it is the engine's own."""
        if self._owned:
            self._assistant.close()

    def reply(self, case: Case) -> Reply:
        """Ask, in a conversation where the case follows on others."""
        if not case.history:
            began = time.perf_counter()
            answer = self._assistant.ask(case.question, engine=self._engine)
            seconds = time.perf_counter() - began
        else:
            with self._assistant.conversation(self._engine) as conversation:
                for question in case.history:
                    conversation.ask(question)
                began = time.perf_counter()
                answer = conversation.ask(case.question)
                seconds = time.perf_counter() - began
        query, documents = answer.rewritten or case.question, self._assistant.documents
        hits = self._assistant.search(query, RETRIEVED)
        return Reply(answer, ranked_lines(query, hits, documents, self._vectors), seconds)


def ranked_lines(
    query: str, hits: Sequence[Hit], documents: Mapping[str, Document], vectors: Vectors
) -> tuple[Place, ...]:
    """The lines of the hits, those first whose sentences the reader would read first.

    That is by cosine and shared words. A passage has many lines, so its place alone orders
    nothing; a sentence is what the baselines rank as well. Each line stands once; no blank ones.
    """
    sentences = [s for hit in hits for s in sentences_of(hit.passage, documents[hit.passage.path])]
    if not sentences:
        return ()
    texts = [sentence.text for sentence in sentences]
    near = vectors.of(texts) @ vectors.encoder.embed_query(query) + overlap(query, texts)
    return tuple(
        distinct(
            place
            for at in np.argsort(-near, kind="stable")
            for place in lines_of(
                documents[sentences[at].passage.path],
                sentences[at].span.start_line,
                sentences[at].span.end_line,
            )
        )
    )


def lines_of(document: Document, first: int, last: int) -> list[Place]:
    """The lines from first to last (inclusive) that are not blank."""
    from summit_qa.documents.lines import line_text

    return [
        Place(document.path, line)
        for line in range(first, last + 1)
        if line_text(document, line).strip()
    ]
