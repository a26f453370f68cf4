"""A folder's own set of evaluation questions, as a person goes through it and corrects it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from summit_qa.app.first_set import write_first_set, write_set
from summit_qa.errors import EvaluationError
from summit_qa.evaluation.cases import checked_question, read_bytes
from summit_qa.settings import alone

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant

Question = dict[str, Any]  # as the file holds it


class QuestionSet:
    """Reads the file anew each time, so that what was written by hand or elsewhere counts.

    A change names the question by its id and by the state in which it was shown, so that two
    people, or two tabs, never undo each other's work unseen.
    """

    def __init__(self, assistant: Assistant, file: Path) -> None:
        self._assistant = assistant
        self.file = file
        self._lock = threading.Lock()

    def all(self) -> list[Question]:
        """The questions in order; EvaluationError where the file cannot be read."""
        try:
            content = yaml.load(
                read_bytes(self.file),
                getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # noqa: S506
            )
        except yaml.YAMLError:
            raise EvaluationError("The file of questions is not YAML any more.") from None
        questions = content.get("questions") if isinstance(content, dict) else None
        if not isinstance(questions, list):
            raise EvaluationError("The file of questions has no list of them.")
        return [it for it in questions if isinstance(it, dict) and isinstance(it.get("id"), str)]

    def make(self) -> int:
        """Write a first set; gives how many questions. EvaluationError where none was found."""
        with self._lock:
            return write_first_set(self._assistant, self.file)

    def keep(self, named: str, state: str, changes: Mapping[str, Any]) -> None:
        """Correct a question and mark it as looked at.

        Raises EvaluationError where it breaks a rule of such files, or is another by now.
        """

        def changed(question: Question) -> list[Question]:
            corrected = {key: it for key, it in {**question, **changes}.items() if it or it == 0}
            checked_question(corrected, self._assistant.documents)
            return [{**corrected, "checked": True}]

        self._change(named, state, changed)

    def drop(self, named: str, state: str) -> None:
        """Take a question away; EvaluationError where it is another by now."""
        if len(self.all()) == 1:
            raise EvaluationError("It is the last question of the set; a set holds one at least.")
        self._change(named, state, lambda question: [])

    def restore(self, question: Question, at: int) -> None:
        """Put a question back where it stood before it was dropped."""
        with self._lock, alone(self.file.parent):
            questions = self.all()
            if all(it["id"] != question["id"] for it in questions):
                write_set(self.file, [*questions[:at], question, *questions[at:]])

    def _change(self, named: str, state: str, change: Callable[[Question], list[Question]]) -> None:
        # Another process may serve the same folder.
        with self._lock, alone(self.file.parent):
            questions = self.all()
            at = next((at for at, it in enumerate(questions) if it["id"] == named), None)
            if at is None or state_of(questions[at]) != state:
                raise EvaluationError("This question was changed elsewhere; here it is now.")
            write_set(self.file, [*questions[:at], *change(questions[at]), *questions[at + 1 :]])


def state_of(question: Question) -> str:
    """A digest of a question, by which a later change is noticed."""
    said = json.dumps(question, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
