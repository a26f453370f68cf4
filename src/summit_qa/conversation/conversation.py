"""Conversations: follow-ups stand on their own, and the same line keeps its citation number."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from summit_qa.conversation.followup import stand_alone, subject_of
from summit_qa.errors import QuestionError
from summit_qa.types import Answer, Citation, Usage

_REMEMBERED = 3  # turns whose evidence is a candidate again
_EVIDENCE = 8  # … and at most this many citations of them, the latest first


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A question made to stand on its own, and what a language model spent on it, if one did.

    ``about`` is what to search for as well: what the conversation is about, where the question
    does not name it.
    """

    question: str
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    about: str = ""


# The question as it is asked of the corpus, evidence of earlier turns, and what was spent on
# the rewriting, which counts towards the same budget.
Answers = Callable[[str, Sequence[Citation], Rewriting], Iterator[Answer]]
Rewrite = Callable[[str, Sequence[Answer]], Rewriting | None]


class Conversation:
    """Questions that may lean on the ones before. Ask one at a time; not for several threads."""

    def __init__(
        self,
        answers: Answers,
        *,
        rewrite: Rewrite | None = None,
        stopped: threading.Event | None = None,
        earlier: Sequence[Answer] = (),
    ) -> None:
        """``rewrite`` asks a language model; where it is None or fails, the rules rewrite.

        ``stopped`` is what ``answers`` and ``rewrite`` look at to end early; ``earlier`` are the
        turns of a conversation that is gone on with.
        """
        self._answers = answers
        self._rewrite = rewrite
        self._stopped = stopped or threading.Event()
        self._turns: list[Answer] = list(earlier)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    @property
    def turns(self) -> tuple[Answer, ...]:
        """The answers so far, in order; each carries its question as it was asked."""
        return tuple(self._turns)

    def ask(self, question: str) -> Answer:
        """The answer to a question, which may be a follow-up; errors as `Assistant.ask`."""
        *_, answer = self.stream(question)
        return answer

    def stream(self, question: str) -> Generator[Answer]:
        """Snapshots of the answer; the last one is the answer and becomes part of the turns.

        Closing the iterator ends the answer; what was said until then is kept as the turn.
        """
        if not isinstance(question, str):
            raise QuestionError("A question is text.")
        self._stopped.clear()
        asked = question.strip()
        rewriting = self._stand_alone(asked)
        rewriting = replace(rewriting, about=subject_of(rewriting.question, self._turns))
        rewritten = None if rewriting.question == asked else rewriting.question
        last: Answer | None = None
        answers = _generator(self._answers(rewriting.question, self._evidence(), rewriting))
        try:
            with closing(answers):
                for answer in answers:
                    last = replace(answer, question=asked, rewritten=rewritten)
                    yield last
        except GeneratorExit:
            self._keep(last)
            raise
        self._keep(last)

    def cancel(self) -> None:
        """End the answer that is being made, from any thread; its request is closed at once.

        Whoever waits for it gets a WriterError; the reader's answers are too quick to be ended.
        """
        self._stopped.set()

    def undo(self) -> None:
        """Forget the last turn; its citations keep their numbers."""
        if self._turns:
            self._turns.pop()

    def export(self, kind: Literal["markdown", "json"] = "markdown") -> str:
        """Questions, answers, citations and quotes as Markdown or JSON."""
        match kind:
            case "json":
                turns = [answer.to_dict() for answer in self._turns]
                return json.dumps({"turns": turns}, ensure_ascii=False, indent=2) + "\n"
            case "markdown":
                from summit_qa.conversation.transcript import to_markdown

                return to_markdown(self._turns)
        raise ValueError(f"No export {kind!r}; there are markdown and json.")

    def _keep(self, last: Answer | None) -> None:
        if last is not None:
            self._turns.append(last)

    def _stand_alone(self, question: str) -> Rewriting:
        """The question as it is to be asked of the corpus."""
        by_rules = stand_alone(question, self._turns)
        if by_rules is None:
            return Rewriting(question)
        written = self._rewrite(question, self._turns) if self._rewrite else None
        if written is None:
            return Rewriting(by_rules)
        return written if written.question else replace(written, question=by_rules)

    def _evidence(self) -> list[Citation]:
        """What earlier turns cited, the latest first."""
        cited = [
            citation for turn in self._turns[: -_REMEMBERED - 1 : -1] for citation in turn.citations
        ]
        return cited[:_EVIDENCE]


def _generator(answers: Iterator[Answer]) -> Generator[Answer]:
    """The iterator as a generator, which can be closed."""
    yield from answers
