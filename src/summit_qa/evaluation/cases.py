"""The questions of an evaluation: loaded, checked against their schema and against the files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from summit_qa.documents.citations import fold
from summit_qa.documents.lines import line_count, line_text
from summit_qa.errors import EvaluationError
from summit_qa.types import Document, Verdict

QUESTIONS = Path("eval/questions.yaml")  # of this repository
Item = TypeVar("Item")
Kind = Literal[
    "yes_no",
    "fact",
    "explanation",
    "quotation",
    "comparison",
    "conflict",
    "time",
    "follow_up",
    "unanswerable",
    "false_premise",
]


class Place(NamedTuple):
    """A line of a file, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Case:
    """A question, what was asked before it, and what a right answer must hold."""

    id: str
    question: str
    kind: str
    history: tuple[str, ...] = ()  # earlier questions of the same conversation, in order
    gold: frozenset[Place] = frozenset()  # all lines that answer it
    verdict: Verdict | None = None
    must: tuple[tuple[str, ...], ...] = ()  # facts, each with its wordings
    sides: tuple[frozenset[Place], ...] = ()  # two, where the sources disagree
    answers: tuple[str, ...] = ()  # wordings of the whole answer, for exact match and F1
    why: str = ""
    corpus: str = ""  # which of the dataset's small corpora it is asked of; none: the folder

    @property
    def answerable(self) -> bool | None:
        """Whether the corpus answers it; None where abstaining is as right as answering."""
        return None if self.kind == "false_premise" else self.kind != "unanswerable"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Cases, and the small corpora that some are asked of, by name."""

    name: str
    format: str
    sha256: str
    cases: tuple[Case, ...]
    corpora: Mapping[str, tuple[Document, ...]] = field(default_factory=dict)

    def limited(self, limit: int | None) -> Dataset:
        """At most ``limit`` cases, at equal distances so that all kinds take part."""
        chosen = spread(self.cases, limit)
        return self if chosen is self.cases else replace(self, cases=tuple(chosen))


def spread(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """At most ``limit`` of the items, at equal distances."""
    if limit is None or len(items) <= limit:
        return items
    return [items[at * len(items) // limit] for at in range(limit)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Line(_Strict):
    file: str
    line: int = Field(ge=1)

    def place(self) -> Place:
        return Place(self.file, self.line)


class _Question(_Strict):
    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    kind: Kind
    follows: str | None = None
    history: list[str] = []
    gold: list[_Line] = []
    verdict: Literal["yes", "no"] | None = None
    must: list[list[str]] = []
    sides: list[list[_Line]] = []
    why: str = ""
    checked: bool = False  # a person has looked at it


class _Questions(_Strict):
    questions: list[_Question] = Field(min_length=1)


def load_native(path: Path, documents: Mapping[str, Document]) -> Dataset:
    """The questions in a YAML file; EvaluationError in one line where anything is amiss."""
    data = read_bytes(path)
    try:
        content = yaml.load(data, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise EvaluationError(f"{path} is not YAML{where}.") from None
    try:
        questions = _Questions.model_validate(content).questions
    except ValidationError as error:
        raise EvaluationError(f"{path}: {_first_problem(error, content)}.") from None
    cases: dict[str, Case] = {}
    for question in questions:
        try:
            cases[question.id] = _case(question, cases, documents)
        except EvaluationError as error:
            raise EvaluationError(f"{path}: question {question.id!r}: {error}.") from None
    return Dataset(path.stem, "native", hashlib.sha256(data).hexdigest(), tuple(cases.values()))


def checked_question(content: Mapping[str, Any], files: Mapping[str, Document]) -> Case:
    """A question as such a file holds it, by itself; EvaluationError says which rule it breaks."""
    try:
        question = _Questions.model_validate({"questions": [content]}).questions[0]
    except ValidationError as error:
        raise EvaluationError(_first_problem(error, None)) from None
    before = {}
    if question.follows is not None:  # the one before is not looked at here
        before[question.follows] = Case(question.follows, "", "fact")
    return _case(question, before, files)


def own_questions(index: Path) -> Path:
    """Where the questions of a folder are kept that `summit-qa eval --init` made for it."""
    return index / "evaluation" / "questions.yaml"


def read_bytes(path: Path) -> bytes:
    """The file's bytes; EvaluationError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror}.") from None


def contains(text: str, wordings: Sequence[str]) -> bool:
    """Whether one wording occurs in the text; case, white space and typographic marks aside."""
    folded = fold(text)[0].casefold()
    return any(fold(wording)[0].casefold() in folded for wording in wordings)


def _case(question: _Question, earlier: Mapping[str, Case], files: Mapping[str, Document]) -> Case:
    """The question with its history; raises EvaluationError where a rule is broken."""
    if question.id in earlier:
        raise EvaluationError("its id is not unique")
    if (question.kind == "follow_up") != (question.follows is not None or bool(question.history)):
        raise EvaluationError("'follows' and the kind follow_up belong together, or 'history'")
    if question.follows is not None and question.history:
        raise EvaluationError("it has both 'follows' and 'history'")
    if question.follows is not None and question.follows not in earlier:
        raise EvaluationError(f"it follows {question.follows!r}, which does not stand before it")
    if (question.kind == "unanswerable") != (not question.gold):
        raise EvaluationError("unanswerable questions have no gold lines, and all others have")
    if question.kind == "unanswerable" and (question.verdict or question.must):
        raise EvaluationError("an unanswerable question has neither verdict nor facts")
    if question.kind == "yes_no" and question.verdict is None:
        raise EvaluationError("a yes/no question needs its verdict")
    two_sides = len(question.sides) == 2 and all(question.sides)
    if not two_sides if question.kind == "conflict" else question.sides:
        raise EvaluationError("'sides' are two lists of lines, for the kind conflict alone")
    gold = frozenset(line.place() for line in question.gold)
    sides = tuple(frozenset(line.place() for line in side) for side in question.sides)
    for place in sorted(gold.union(*sides)):
        _check_line(place, files)
    said = " ".join(line_text(files[place.file], place.line) for place in sorted(gold))
    for number, wordings in enumerate(question.must, 1):
        if not any(wording.strip() for wording in wordings):
            raise EvaluationError(f"fact {number} has no wording")
        if not contains(said, wordings):
            raise EvaluationError(f"fact {number} ({wordings[0]!r}, …) stands in no gold line")
    before = earlier[question.follows] if question.follows is not None else None
    return Case(
        id=question.id,
        question=question.question,
        kind=question.kind,
        history=(*before.history, before.question) if before else tuple(question.history),
        gold=gold,
        verdict=question.verdict,
        must=tuple(tuple(wordings) for wordings in question.must),
        sides=sides,
        why=question.why,
    )


def _check_line(place: Place, files: Mapping[str, Document]) -> None:
    document = files.get(place.file)
    if document is None:
        raise EvaluationError(f"the corpus has no file {place.file!r}")
    if place.line > line_count(document) or not line_text(document, place.line).strip():
        raise EvaluationError(f"{place} is empty or past the end of the file")


def _first_problem(error: ValidationError, content: Any) -> str:
    """The first thing that the schema minds, with the question's id where it has one."""
    first = error.errors()[0]
    where = list(first["loc"])
    try:
        name = content["questions"][where[1]]["id"]
    except (KeyError, IndexError, TypeError):
        name = None
    rest = ".".join(str(part) for part in (where[2:] if name else where))
    subject = f"question {name!r}: " if name else ""
    return f"{subject}{rest}: {first['msg']}" if rest else f"{subject}{first['msg']}"
