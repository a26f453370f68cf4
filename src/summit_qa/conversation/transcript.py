"""A conversation as Markdown; corpus text is escaped, so that it shows as it stands in the file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from summit_qa.types import Answer, Citation, Statement

_VERDICTS = {"yes": "**Yes.** ", "no": "**No.** "}
_PUNCTUATION = re.compile(r"[\\`*_{}\[\]()<>&|~$@#!^=]")
_LINK = re.compile(r":(?=//)|(?<=\bmailto):|(?<=\bxmpp):|(?<=\bwww)\.", re.IGNORECASE)
_START = re.compile(r"^(\s*)(?:([-+])|(\d{1,9})([.)]))")


def escaped(text: str) -> str:
    """One line of Markdown that shows the text and is nothing else: no link, image or markup.

    Line ends become spaces; control and format characters become U+FFFD.
    """
    line = "".join(
        " "
        if character in "\t\n\r\x0b\x0c\x85\u2028\u2029"
        else "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")
        else character
        for character in text
    ).strip()
    line = _PUNCTUATION.sub(r"\\\g<0>", line)
    line = _LINK.sub(lambda found: "\\" + found.group(), line)
    return _START.sub(
        lambda found: (
            f"{found[1]}\\{found[2]}" if found[2] else f"{found[1]}{found[3]}\\{found[4]}"
        ),
        line,
    )


def to_markdown(turns: Sequence[Answer]) -> str:
    """Questions, answers, citations and quotes; numbers are those of the conversation."""
    parts = ["# Conversation"]
    for number, answer in enumerate(turns, 1):
        parts += _turn(number, answer)
    return "\n\n".join(parts) + "\n"


def _turn(number: int, answer: Answer) -> list[str]:
    parts = [f"## {number}. {escaped(answer.question)}"]
    if answer.rewritten and answer.rewritten != answer.question:
        parts.append(f"Asked as: {escaped(answer.rewritten)}")
    if answer.abstained:
        parts.append(f"No answer: {escaped(answer.reason or '')}")
    if answer.doubt:
        parts.append(escaped(answer.doubt))
    verdict = _VERDICTS[answer.verdict] if answer.verdict else ""
    short = f"{escaped(answer.short)} — " if answer.short else ""
    said = "".join(
        f"{_under(statement, before)}{_statement(statement)}"
        for statement, before in zip(answer.statements, (None, *answer.statements), strict=False)
    )
    if verdict or said:
        parts.append(f"{verdict}{short}{said}".strip())
    parts += [_citation(citation) for citation in answer.citations]
    for disagreement in answer.disagreements:
        about = f" ({escaped(disagreement.about)})" if disagreement.about else ""
        parts.append(f"The sources disagree{about}:")
        parts += [_citation(disagreement.first), _citation(disagreement.second)]
    parts += [f"Note: {escaped(note)}" for note in answer.notes]
    model = f" ({escaped(answer.model)})" if answer.model else ""
    parts.append(f"Answered by the {answer.engine}{model}.")
    return parts


def _under(statement: Statement, before: Statement | None) -> str:
    """What goes before a statement: a space, or on lines of its own what it is read under."""
    if statement.under and (before is None or before.under != statement.under):
        return ("\n\n" if before else "") + f"*{escaped(statement.under)}*\n\n"
    return " " if before else ""


def _statement(statement: Statement) -> str:
    marks = "".join(f"\\[{number}\\]" for number in statement.numbers)
    before = "Contradicted by its own source: " if statement.status == "contradicted" else ""
    after = " (partly supported)" if statement.status == "partly" else ""
    return f"{before}{escaped(statement.text)}{after} {marks}"


def _citation(citation: Citation) -> str:
    under = f" ({escaped(citation.context)})" if citation.context else ""
    place = f"\\[{citation.number}\\] {escaped(citation.location)}{under}"
    return f"{place}\n\n> {escaped(citation.quote)}"
