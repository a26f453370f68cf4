"""A first set of evaluation questions of a folder, for a person to correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from summit_qa.app.folder import Folder
from summit_qa.app.questions import Candidate
from summit_qa.documents.lines import line_text
from summit_qa.errors import EvaluationError
from summit_qa.evaluation.cases import contains
from summit_qa.settings import alone

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant

_HEAD = """\
# A first set of questions, made from the sentences of the files by rules. Correct it: remove what
# nobody would ask, ask it as people do, add what the files do not answer (kind: unanswerable,
# without gold lines). `gold` are all the lines that answer a question; a fact of `must` is a list
# of wordings, one of which has to be in the answer and in a gold line. Then: summit-qa eval
"""
_UNCERTAIN = ("asked", "how", "about")  # shapes whose answer stands nobody knows where


def write_first_set(assistant: Assistant, file: Path) -> int:
    """Write questions that the folder was found to answer; gives how many.

    Raises EvaluationError where the file is there already, none was found, or it cannot be
    written.
    """
    _refuse(file)
    folder = Folder(assistant, lambda: True)
    folder.learn()
    cases = [_case(number, it, assistant) for number, it in enumerate(_certain(folder), 1)]
    if not cases:
        raise EvaluationError("No question could be made of these files; write some by hand.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvaluationError(f"{file} cannot be written: {error.strerror}.") from None
    with alone(file.parent):
        _refuse(file)  # another may have made one meanwhile
        write_set(file, cases)
    return len(cases)


def _refuse(file: Path) -> None:
    if file.exists():
        raise EvaluationError(f"{file} is there already; remove it to begin anew.")


def write_set(file: Path, questions: Sequence[Mapping[str, Any]]) -> None:
    """Write a set, whole or not at all; EvaluationError where it cannot be written."""
    listed = {"questions": list(questions)}
    body = yaml.safe_dump(listed, allow_unicode=True, sort_keys=False, width=100)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_suffix(".part")
        aside.write_text(_HEAD + body, encoding="utf-8")
        aside.replace(file)
    except OSError as error:
        raise EvaluationError(f"{file} cannot be written: {error.strerror}.") from None


def _certain(folder: Folder) -> list[Candidate]:
    return [it for it in folder.tried() if it.shape not in _UNCERTAIN]


def _case(number: int, candidate: Candidate, assistant: Assistant) -> dict[str, Any]:
    document = assistant.documents[candidate.path]
    span = candidate.span
    lines = [
        line
        for line in range(span.start_line, span.end_line + 1)
        if line_text(document, line).strip()
    ]
    case: dict[str, Any] = {
        "id": f"q{number:03}",
        "question": candidate.question,
        "kind": "yes_no" if candidate.verdict else "fact",
        "gold": [{"file": candidate.path, "line": line} for line in lines],
    }
    if candidate.verdict:
        case["verdict"] = candidate.verdict
    elif candidate.expected and contains(
        " ".join(line_text(document, line) for line in lines), [candidate.expected]
    ):
        case["must"] = [[candidate.expected]]
    return case
