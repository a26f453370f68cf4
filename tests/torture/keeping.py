"""What processes do that keep conversations and settings; each may be killed at any moment."""

from __future__ import annotations

import os
import resource
from multiprocessing.connection import Connection
from pathlib import Path

from processes import give_up_rights

from doubles import document
from summit_qa.app.history import History
from summit_qa.app.sessions import Turn
from summit_qa.documents.citations import cite
from summit_qa.errors import SummitQAError
from summit_qa.settings import Settings, keep_settings
from summit_qa.types import Answer, Statement

OWNER = "ann"
_DOCUMENT = document("tower.txt", "The tower was finished in 1801.")
_CITATION = cite(_DOCUMENT, 0, 31, number=1)


def answered(question: str) -> Turn:
    """A turn with an answer."""
    statement = Statement("The tower was finished in 1801.", (_CITATION,), "supported", 0.9)
    answer = Answer(
        question, "The tower was finished in 1801. [1]", None, (statement,), (_CITATION,),
        "answered", None,
    )  # fmt: skip
    return Turn(1, question, "done", answer)


def keep_for_ever(file: Path, folder: Path, begin: int, answer: Connection) -> None:
    """Send the number of this process, then of each turn that is kept, five a conversation."""
    history, named, number = History(file, folder), "", begin
    answer.send(os.getpid())
    while True:
        named, row = history.keep(OWNER, "" if number % 5 == 0 else named, answered(f"{number}?"))
        answer.send(number if row else f"{number} was not kept")
        number += 1


def keep_some(file: Path, folder: Path, begin: int, count: int, answer: Connection) -> None:
    """Keep so many turns in conversations of their own; send how many were kept."""
    history = History(file, folder)
    numbers = range(begin, begin + count)
    answer.send(sum(bool(history.keep(OWNER, "", answered(f"{n}?"))[1]) for n in numbers))


def keep_starved(file: Path, folder: Path, most_bytes: int | None, answer: Connection) -> None:
    """Without a superuser's rights or room: send how many are read, and whether one more is kept.

    What is sent is (questions read before, whether kept, questions read after).
    """
    if most_bytes is None:
        give_up_rights()
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    history = History(file, folder)
    before = len(asked(history))
    kept = bool(history.keep(OWNER, "", answered("One more?"))[1])
    answer.send((before, kept, len(asked(history))))


def asked(history: History) -> list[str]:
    """All questions that are kept, each of a turn that is whole."""
    found = []
    for item in history.all(OWNER):
        for turn in history.turns(OWNER, item.id) or ():
            assert turn == Turn(
                turn.number, turn.question, "done", answered(turn.question).answer, row=turn.row
            ), turn
            found.append(turn.question)
    return found


def choose_for_ever(file: Path, begin: int, answer: Connection) -> None:
    """Send the number of this process, then of each model that stands in the settings."""
    os.environ["SUMMIT_QA_SETTINGS"] = str(file)
    number = begin
    answer.send(os.getpid())
    while True:
        keep_settings({"llm": f"model-{number}", "base_url": f"http://{number}.example/v1"})
        answer.send(number)
        number += 1


def choose_one(file: Path, name: str, count: int, answer: Connection) -> None:
    """Keep values of one setting, the last of them ``count``."""
    os.environ["SUMMIT_QA_SETTINGS"] = str(file)
    for number in range(1, count + 1):
        keep_settings({name: str(number)})
    answer.send("done")


def choose_starved(file: Path, most_bytes: int | None, answer: Connection) -> None:
    """Without rights or room: send the error of a write (None without), and the model then."""
    os.environ["SUMMIT_QA_SETTINGS"] = str(file)
    if most_bytes is None:
        give_up_rights()
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    said = None
    try:
        keep_settings({"llm": "one more"})
    except SummitQAError as error:
        said = str(error)
    try:
        answer.send((said, Settings.load().llm))
    except SummitQAError as error:
        answer.send((said, str(error)))
