"""A set of questions, one at a time: what is asked, what answers it, and from which lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from summit_qa.app.markup import icon, many, message, name, send, text
from summit_qa.app.question_set import Question, state_of
from summit_qa.documents.lines import line_count, line_text
from summit_qa.errors import EvaluationError
from summit_qa.evaluation.cases import contains
from summit_qa.types import Document

Documents = Mapping[str, Document]
_AROUND = 3  # lines before and after a gold line, to tick
_LONGEST = 500  # characters of a line that are shown
KINDS = {
    "fact": "a fact",
    "yes_no": "yes or no",
    "explanation": "an explanation",
    "quotation": "what somebody said",
    "comparison": "a comparison",
    "time": "a time",
    "unanswerable": "nothing: the files do not say",
}


def invitation(can_make: bool) -> str:
    """What stands there before the folder has questions of its own."""
    if not can_make:
        return ""
    return (
        '<section class="walk"><h2>How good are the answers from this folder?</h2>'
        "<p>A first set of questions can be made from what the files say. You look at each, "
        "correct it, and then see how many are answered, and from the right lines.</p>"
        f'<button class="primary" {send("make")}>Make a first set</button></section>'
    )


def summary(questions: Sequence[Question]) -> str:
    """How far it is, and the way on."""
    done = sum(bool(it.get("checked")) for it in questions)
    at = next((at for at, it in enumerate(questions) if not it.get("checked")), 0)
    words = (
        "Go through them" if not done else "Go on" if done < len(questions) else "See them again"
    )
    return (
        '<section class="walk"><h2>Questions on this folder</h2>'
        f'<p class="summary">{many(len(questions), "question")}, {done:,} looked at</p>'
        f'<button class="{"quiet" if done == len(questions) else "primary"}" '
        f"{send('turn', at=at)}>{words}</button></section>"
    )


def step(
    questions: Sequence[Question],
    at: int,
    documents: Documents,
    told: str = "",
    undo: str = "",
    typed: Question | None = None,
) -> str:
    """One question to look at; ``told`` is what went wrong, ``undo`` the way to take back a drop.

    ``typed`` is what somebody made of it that could not be kept.
    """
    at = max(0, min(at, len(questions) - 1))
    question = questions[at]
    now = {**question, **(typed or {})}
    done = sum(bool(it.get("checked")) for it in questions)
    payload = json.dumps({"id": question["id"], "state": state_of(question), "at": at})
    shown = message(told, "error") if told else undo
    return (
        '<section class="walk" aria-labelledby="walk-title"><header>'
        f'<h2 id="walk-title">Question {at + 1:,} of {len(questions):,}</h2>'
        f'<span class="summary">{done:,} looked at</span>'
        f'<meter min="0" max="{len(questions)}" value="{done}" aria-label="Looked at"></meter>'
        f'<button class="quiet" {send("turn", at=-1)}>Close</button></header>{shown}'
        f'<form data-send-form="keep" data-payload="{text(payload)}">'
        f"{_asked(now)}{_expected(now)}{_sources(now, documents)}"
        f"{_buttons(question, at, len(questions))}</form></section>"
    )


def _asked(question: Question) -> str:
    kind = str(question.get("kind", "fact"))
    kinds = {**KINDS, kind: KINDS.get(kind, kind.replace("_", " "))}
    options = "".join(
        f'<option value="{text(key)}"{" selected" if key == kind else ""}>{text(said)}</option>'
        for key, said in kinds.items()
    )
    checked = ' <span class="badge">looked at</span>' if question.get("checked") else ""
    return (
        f'<label for="walk-question">Question{checked}</label><textarea id="walk-question" '
        f'name="question" rows="2" maxlength="4000" dir="auto">'
        f"{text(str(question.get('question', '')))}</textarea>"
        f'<label for="walk-kind">It asks for</label><select id="walk-kind" name="kind">{options}'
        "</select>"
    )


def _expected(question: Question) -> str:
    """The expected answer: yes or no, or the facts that an answer has to hold."""
    verdict = question.get("verdict")
    ticks = "".join(
        f'<label class="choice"><input type="radio" name="verdict" value="{it}"'
        f"{' checked' if it == verdict else ''}> {it}</label>"
        for it in ("yes", "no")
    )
    facts = "\n".join(" / ".join(map(str, fact)) for fact in question.get("must", ()))
    return (
        f'<fieldset class="for-verdict"><legend>Expected answer</legend>{ticks}</fieldset>'
        '<div class="for-facts"><label for="walk-facts">Expected answer</label>'
        f'<textarea id="walk-facts" name="facts" rows="2" dir="auto">{text(facts)}</textarea>'
        "<small>A fact on each line, in words of the ticked lines; “/” between wordings of which "
        "one is enough. Empty: only the source counts.</small></div>"
    )


def _sources(question: Question, documents: Documents) -> str:
    """The lines that answer it, ticked, among those around them."""
    gold: dict[str, set[int]] = {}
    for place in question.get("gold", ()):
        gold.setdefault(place["file"], set()).add(place["line"])
    parts = [_file(file, lines, documents.get(file)) for file, lines in gold.items()]
    return (
        '<fieldset class="for-source"><legend>Lines that answer it</legend>'
        f"{''.join(parts)}"
        '<label for="walk-place">Another place</label><input id="walk-place" name="place" '
        'placeholder="file.txt:12" autocomplete="off" maxlength="400"></fieldset>'
    )


def _file(file: str, lines: set[int], document: Document | None) -> str:
    if document is None:
        return message(f"{file} is not in the folder any more.", "error")
    count = line_count(document)
    near = sorted(
        {
            number
            for line in lines
            for number in range(line - _AROUND, line + _AROUND + 1)
            if 1 <= number <= count and (number in lines or line_text(document, number).strip())
        }
    )
    rows = []
    for before, number in zip((None, *near), near, strict=False):
        shown = line_text(document, number)
        shown = shown if len(shown) <= _LONGEST else shown[:_LONGEST].rsplit(" ", 1)[0] + "…"
        ticked = " checked" if number in lines else ""
        gap = ' class="gap"' if before is not None and number - before > _AROUND else ""
        rows.append(
            f'<label{gap}><input type="checkbox" name="lines[]" '
            f'value="{text(f"{file}:{number}")}"{ticked}>'
            f'<span class="line-number">{number}</span>'
            f'<span dir="auto">{text(shown)}</span></label>'
        )
    opens = send("open", file=file, line=min(lines))
    return (
        f'<div class="walk-file"><button class="place" {opens}>{name(file)} {icon("open")}</button>'
        f"{''.join(rows)}</div>"
    )


def _buttons(question: Question, at: int, total: int) -> str:
    named = {"id": question["id"], "state": state_of(question), "at": at}
    back = " disabled" if at == 0 else ""
    on = " disabled" if at + 1 >= total else ""
    return (
        '<div class="walk-buttons"><button type="submit" class="primary">Keep</button>'
        f'<button class="quiet bad" {send("drop", **named)}>Drop</button>'
        f'<button class="quiet" {send("turn", at=at - 1)}{back}>Back</button>'
        f'<button class="quiet" {send("turn", at=at + 1)}{on}>Skip</button></div>'
    )


def undone(question: Question, at: int) -> str:
    """What is told after a drop, with the way to take it back."""
    payload = {"question": json.dumps(question, default=str), "at": at}
    return (
        f'<p class="message" role="status">Dropped: {text(str(question.get("question", "")))} '
        f'<button class="quiet" {send("undo", **payload)}>Undo</button></p>'
    )


def typed(fields: Mapping[str, Any]) -> Question:
    """What stands in the form, right or wrong."""
    facts = _field(fields, "facts").splitlines()
    return {
        "question": _field(fields, "question"),
        "kind": _field(fields, "kind") or "fact",
        "verdict": _field(fields, "verdict"),
        "must": [line.split(" / ") for line in facts if line.strip()],
    }


def corrected(fields: Mapping[str, Any], documents: Documents) -> Question:
    """What the form says of a question, as the file holds it.

    Raises EvaluationError where a place is none, or an expected word stands in no ticked line.
    """
    kind = _field(fields, "kind") or "fact"
    asked = " ".join(_field(fields, "question").split())
    if not any(character.isalnum() for character in asked):
        raise EvaluationError("Type the question, or drop it.")
    places = [it for it in fields.get("lines", ()) if isinstance(it, str)]
    places += [it for it in (_field(fields, "place").strip(),) if it]
    gold = [] if kind == "unanswerable" else [_place(it, documents) for it in places]
    if not gold and kind != "unanswerable":
        raise EvaluationError("Tick the lines that answer it, or say that the files do not.")
    verdict = _field(fields, "verdict") if kind == "yes_no" else ""
    if kind == "yes_no" and verdict not in ("yes", "no"):
        raise EvaluationError("Say whether the answer is yes or no.")
    facts = [
        [wording.strip() for wording in line.split(" / ") if wording.strip()]
        for line in _field(fields, "facts").splitlines()
    ]
    must = [it for it in facts if it] if kind not in ("yes_no", "unanswerable") else []
    said = " ".join(line_text(documents[it["file"]], it["line"]) for it in gold)
    for fact in must:
        if not contains(said, fact):
            raise EvaluationError(f"“{' / '.join(fact)}” stands in none of the ticked lines.")
    return {
        "question": asked, "kind": kind, "gold": gold, "verdict": verdict, "must": must,
    }  # fmt: skip


def _field(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return value[:8_000] if isinstance(value, str) else ""


def _place(said: str, documents: Documents) -> dict[str, Any]:
    file, _, line = said.rpartition(":")
    document = documents.get(file)
    if document is None or not (line.isascii() and line.isdigit()):
        raise EvaluationError(f"“{said}” is no place: write a file and a line, as notes.txt:12.")
    if not 1 <= int(line) <= line_count(document):
        raise EvaluationError(f"{file} has the lines 1 to {line_count(document)}.")
    return {"file": file, "line": int(line)}
