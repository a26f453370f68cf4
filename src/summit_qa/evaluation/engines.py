"""What is asked: an engine answers a case and says which lines it found on the way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from summit_qa.evaluation.cases import Case, Place
from summit_qa.evaluation.metrics import distinct
from summit_qa.types import Answer, Document, Hit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from summit_qa.assistant import Assistant, EngineName

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
        hits = self._assistant.search(answer.rewritten or case.question, RETRIEVED)
        return Reply(answer, ranked_lines(hits, self._assistant.documents), seconds)


def ranked_lines(hits: Sequence[Hit], documents: Mapping[str, Document]) -> tuple[Place, ...]:
    """The lines that the hits stand on, each at its first place only; blank lines left out."""
    return tuple(
        distinct(
            place
            for hit in hits
            for place in lines_of(
                documents[hit.passage.path], hit.passage.span.start_line, hit.passage.span.end_line
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
