"""Whether answers rest on what they cite: the evidence is altered and the question asked again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from summit_qa.documents.corpus import make_document
from summit_qa.documents.lines import line_starts
from summit_qa.errors import CorpusError
from summit_qa.evaluation.cases import Case, Place
from summit_qa.evaluation.engines import Engine
from summit_qa.language.lexicon import MONTHS, NUMBER_WORDS, words
from summit_qa.language.names import names_in
from summit_qa.types import Answer, Document

if TYPE_CHECKING:
    from summit_qa.types import Progress

_FIGURES = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w-])")
_NUMBER_NAMES = {value: word for word, value in NUMBER_WORDS.items()}


@dataclass(frozen=True, slots=True)
class Reliance:
    """One alteration and whether the answer followed it."""

    case: str
    kind: Literal["removed", "changed"]
    what: str  # the lines that were removed, or the old and new value
    before: str
    after: str
    relies: bool


def measure_reliance(
    cases: Sequence[Case],
    answers: Mapping[str, Answer],
    documents: Mapping[str, Document],
    engine_over: Callable[[Sequence[Document]], Engine],
    *,
    most: int,
    progress: Progress | None = None,
) -> list[Reliance]:
    """Alter the corpus under up to ``most`` answers and ask again; evenly spread over the cases.

    *removed*: every line that the answer cites is blanked; the answer must change or abstain.
    *changed*: a number or name of its first statement, not one of the question's, is replaced by
    another in every file, so that nothing holds the old one any more; it must not be stated again.
    An alteration under which the engine fails is left out.
    """
    answered = [c for c in cases if c.id in answers and answers[c.id].statements]
    chosen = _spread(answered, most)
    found: list[Reliance] = []
    for done, case in enumerate(chosen, 1):
        answer = answers[case.id]
        for alteration in (_removed, _changed):
            try:
                altered = alteration(case, answer, documents, engine_over)
            except Exception:  # noqa: S112 - an engine that fails tells nothing of reliance
                continue
            if altered is not None:
                found.append(altered)
        if progress:
            progress(done, len(chosen), "answers put to the test")
    return found


def without_lines(document: Document, lines: set[int]) -> Document:
    """The document with the lines blanked, so that all others keep their numbers."""
    starts = (*document.line_starts, len(document.text))
    pieces = []
    for number in range(1, len(starts)):
        line = document.text[starts[number - 1] : starts[number]]
        end = line[len(line.rstrip("\r\n")) :]
        pieces.append(end if number in lines else line)
    return _document(document.path, "".join(pieces))


def replaced(document: Document, old: str, new: str) -> Document:
    """The document with one value in the place of another, as whole words."""
    text = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, document.text)
    return _document(document.path, text)


def value_to_change(statement: str, asked: str) -> tuple[str, str] | None:
    """A number, month or name of the statement that the question does not hold, and another."""
    held = set(words(asked))
    for match in _FIGURES.finditer(statement):
        figure = match.group().rstrip(",")
        if figure.lower() not in held and figure.replace(",", "").isdigit():
            return figure, str(int(figure.replace(",", "")) + 7)
    for word in statement.split():
        plain = word.strip(".,;:“”\"'’()")
        bare = plain.lower()
        if bare in held:
            continue
        if plain == bare and 2 <= NUMBER_WORDS.get(bare, 0) <= 13:
            return plain, _NUMBER_NAMES[NUMBER_WORDS[bare] + 7]
        if plain != bare and bare in MONTHS and len(bare) > 3:
            return plain, "October" if plain != "October" else "December"
    for name in names_in("It is " + statement):
        last = name.split()[-1].strip(".’'")
        if last.isalpha() and len(last) > 3 and not held & set(words(name)):
            return last, "Quarles"
    return None


def _removed(
    case: Case,
    answer: Answer,
    documents: Mapping[str, Document],
    engine_over: Callable[[Sequence[Document]], Engine],
) -> Reliance:
    cited = {
        Place(citation.file, line)
        for statement in answer.statements
        for citation in statement.pointers
        for line in range(citation.start_line, citation.end_line + 1)
    }
    altered = [
        without_lines(document, {place.line for place in cited if place.file == document.path})
        for document in documents.values()
    ]
    after = _asked(engine_over, altered, case)
    relies = after is None or after.abstained or _told(after) != _told(answer)
    places = ", ".join(str(place) for place in sorted(cited))
    return Reliance(case.id, "removed", places, _told(answer), _shown(after), relies)


def _changed(
    case: Case,
    answer: Answer,
    documents: Mapping[str, Document],
    engine_over: Callable[[Sequence[Document]], Engine],
) -> Reliance | None:
    asked = " ".join([*case.history, case.question])
    value = value_to_change(answer.statements[0].text, asked)
    if value is None:
        return None
    old, new = value
    altered = [replaced(document, old, new) for document in documents.values()]
    after = _asked(engine_over, altered, case)
    relies = after is None or not re.search(rf"(?<!\w){re.escape(old)}(?!\w)", _told(after))
    what = f"{old} → {new}"
    return Reliance(case.id, "changed", what, _told(answer), _shown(after), relies)


def _asked(
    engine_over: Callable[[Sequence[Document]], Engine], altered: Sequence[Document], case: Case
) -> Answer | None:
    """The answer over the altered corpus; None where nothing is left of it to be read."""
    try:
        with closing(engine_over(altered)) as engine:
            return engine.reply(case).answer
    except CorpusError:
        return None


def _told(answer: Answer) -> str:
    return " ".join(statement.text for statement in answer.statements)


def _shown(answer: Answer | None) -> str:
    if answer is None:
        return "(no answer)"
    return f"(abstained: {answer.reason})" if answer.abstained else _told(answer)


def _document(path: str, text: str) -> Document:
    made = make_document(path, text.encode("utf-8"))
    assert made.line_starts == line_starts(text)
    return made


def _spread(cases: Sequence[Case], most: int) -> list[Case]:
    """At most ``most`` cases, at equal distances, so that all kinds take part."""
    if len(cases) <= most:
        return list(cases)
    return [cases[at * len(cases) // most] for at in range(most)]
