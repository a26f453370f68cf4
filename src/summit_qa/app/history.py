"""Conversations that are kept, in one place that several processes may write (`Database`).

Each belongs to an owner (a user name, or the browser's secret cookie as a digest) and to a folder.
What cannot be kept is logged and costs nobody an answer.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from summit_qa.app.database import Database, Execute, NotKeptError, T
from summit_qa.app.database_file import DatabaseFile
from summit_qa.app.revive import from_plain, to_plain
from summit_qa.app.sessions import State, Turn
from summit_qa.types import Answer

MOST = 500  # conversations of an owner; those unused for longest go
_TITLE = 80
_HOLDS = (  # the word, in whatever case
    " AND (LOWER(title) LIKE LOWER(:word) ESCAPE '!' OR EXISTS (SELECT 1 FROM turns t"
    " WHERE t.conversation = c.id AND (LOWER(t.question) LIKE LOWER(:word) ESCAPE '!'"
    " OR LOWER(t.said) LIKE LOWER(:word) ESCAPE '!')))"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A conversation in the list: its name, and when it was last used (seconds since 1970)."""

    id: str
    title: str
    updated: float


class History:
    """Reads and writes conversations; every method may be called from any thread."""

    def __init__(self, place: Path | Database, folder: Path) -> None:
        """``place`` is a file or a database; ``folder`` is the corpus that conversations are of."""
        self.database = DatabaseFile(place) if isinstance(place, Path) else place
        self._folder = str(folder.resolve())
        self.away = False  # whether the database could not be had when it was last asked

    def all(self, owner: str, words: str = "") -> list[Kept]:
        """The owner's conversations, the latest first; only those that hold all the words."""
        statement = (
            "SELECT id, title, updated FROM conversations c"
            " WHERE owner = :owner AND folder = :folder"
        )
        values = {"owner": owner, "folder": self._folder}
        for number, word in enumerate(storable(words).split()[:8]):
            for special in "!%_":
                word = word.replace(special, f"!{special}")
            statement += _HOLDS.replace(":word", f":word{number}")
            values[f"word{number}"] = f"%{word}%"

        def read(execute: Execute) -> list[Kept]:
            return [Kept(*row) for row in execute(f"{statement} ORDER BY updated DESC", values)]

        return self._done(read, [])

    def keep(self, owner: str, conversation: str, turn: Turn) -> tuple[str, int]:
        """Keep a turn that is over, in a new conversation where none is named.

        Gives the conversation's id and the turn's row; ("", 0) where it could not be kept, and
        for a visitor who cannot be told from others.
        """
        if not owner:
            return "", 0
        answer = turn.answer
        record = {"answer": to_plain(answer) if answer else None, "error": turn.error,
                  "rating": turn.rating, "within": turn.within}  # fmt: skip
        kept = storable(json.dumps(record, ensure_ascii=False))  # the escape is JSON's own
        said = storable(f"{answer.short or ''} {answer.text}" if answer else "")

        def write(execute: Execute) -> tuple[str, int]:
            now, named = time.time(), conversation
            if not (named and self._owns(execute, owner, named)):
                named = secrets.token_urlsafe(12)
                execute(
                    "INSERT INTO conversations (id, owner, folder, title, updated)"
                    " VALUES (:id, :owner, :folder, :title, :now)",
                    {"id": named, "owner": owner, "folder": self._folder,
                     "title": _title(turn.question), "now": now},
                )  # fmt: skip
                self._drop_oldest(execute, owner)
            # Whoever else adds to this conversation waits from here until we are done.
            execute("UPDATE conversations SET updated = :now WHERE id = :id",
                    {"now": now, "id": named})  # fmt: skip
            if turn.row:
                execute(
                    "UPDATE turns SET kept = :kept WHERE rowid = :row AND conversation = :id",
                    {"kept": kept, "row": turn.row, "id": named},
                )
                return named, turn.row
            execute(
                "INSERT INTO turns (conversation, question, state, said, kept)"
                " VALUES (:id, :question, :state, :said, :kept)",
                {"id": named, "question": storable(turn.question), "state": turn.state,
                 "said": said, "kept": kept},
            )  # fmt: skip
            last = execute("SELECT MAX(rowid) FROM turns WHERE conversation = :id", {"id": named})
            return named, int(last[0][0])

        return self._done(write, ("", 0))

    def turns(self, owner: str, conversation: str) -> list[Turn] | None:
        """The turns of a conversation, numbered from 1; None where the owner has no such one."""

        def read(execute: Execute) -> list[Turn] | None:
            if not self._owns(execute, owner, conversation):
                return None
            rows = execute(
                "SELECT rowid, question, state, kept FROM turns WHERE conversation = :id"
                " ORDER BY rowid",
                {"id": conversation},
            )
            return [_turn(number, *row) for number, row in enumerate(rows, 1)]

        return self._done(read, None)

    def rows(self, owner: str, conversation: str) -> list[int] | None:
        """Where its turns are kept, in order; None where the owner has no such conversation."""

        def read(execute: Execute) -> list[int] | None:
            if not self._owns(execute, owner, conversation):
                return None
            statement = "SELECT rowid FROM turns WHERE conversation = :id ORDER BY rowid"
            return [row for (row,) in execute(statement, {"id": conversation})]

        return self._done(read, None)

    def forget_turns(self, owner: str, conversation: str, rows: Sequence[int]) -> None:
        """Take turns back, as they were taken back on the page."""

        def write(execute: Execute) -> None:
            if self._owns(execute, owner, conversation):
                for row in rows:
                    execute(
                        "DELETE FROM turns WHERE rowid = :row AND conversation = :id",
                        {"row": row, "id": conversation},
                    )

        self._done(write, None)

    def rename(self, owner: str, conversation: str, title: str) -> None:
        """Give it another name; an empty one changes nothing."""
        if wanted := _title(title):
            self._change(
                "UPDATE conversations SET title = :title WHERE id = :id AND owner = :owner",
                {"title": wanted, "id": conversation, "owner": owner},
            )

    def remove(self, owner: str, conversation: str) -> None:
        """Delete it with all its turns."""
        self._change(
            "DELETE FROM conversations WHERE id = :id AND owner = :owner",
            {"id": conversation, "owner": owner},
        )

    def _change(self, statement: str, values: dict[str, object]) -> None:
        self._done(lambda execute: bool(execute(statement, values)), False)

    def _done(self, work: Callable[[Execute], T], otherwise: T) -> T:
        """What the work gives, in one transaction; ``otherwise``, and a line in the log, where
        the database fails."""
        try:
            given = self.database.run(work)
        except NotKeptError as error:
            self.away = True
            _log.warning("conversations cannot be kept: %s", error)
            return otherwise
        self.away = False
        return given

    def _owns(self, execute: Execute, owner: str, conversation: str) -> bool:
        found = execute(
            "SELECT 1 FROM conversations WHERE id = :id AND owner = :owner AND folder = :folder",
            {"id": conversation, "owner": owner, "folder": self._folder},
        )
        return bool(found)

    def _drop_oldest(self, execute: Execute, owner: str) -> None:
        mine = execute(
            "SELECT id FROM conversations WHERE owner = :owner ORDER BY updated DESC",
            {"owner": owner},
        )
        for (identity,) in mine[MOST:]:
            execute("DELETE FROM conversations WHERE id = :id", {"id": identity})


def storable(said: str) -> str:
    """The text with half characters and zeros escaped, which not every database takes."""
    return said.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _turn(number: int, row: int, question: object, state: object, kept: object) -> Turn:
    turn = Turn(number, question if isinstance(question, str) else "", row=row)
    try:
        record = json.loads(str(kept))
        if state not in get_args(State):
            raise ValueError(state)
        turn.state = state  # type: ignore[assignment]
        turn.answer = from_plain(Answer, record["answer"]) if record["answer"] else None
        turn.error, turn.rating = record["error"], record["rating"]
        turn.within = record.get("within", "")
        turn.commented = turn.rating is not None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        turn.state = "failed"
        turn.error = "This answer was kept by another version and cannot be shown; ask again."
    return turn


def _title(question: str) -> str:
    """A name for a conversation: its first question on one line, cut at a word."""
    words = " ".join(storable(question).split())
    return words if len(words) <= _TITLE else words[:_TITLE].rsplit(" ", 1)[0] + "…"
