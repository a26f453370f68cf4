"""Conversations that are kept: one SQLite file of the user's, which several processes may write.

Each belongs to an owner (a user name, or the browser's secret cookie as a digest) and to a folder.
What cannot be kept is logged and costs nobody an answer. A file that is damaged is put aside, and a
new one begun; one that may not be written is read.
"""

from __future__ import annotations

import json
import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from summit_qa.app.revive import from_plain, to_plain
from summit_qa.app.sessions import State, Turn
from summit_qa.types import Answer

MOST = 500  # conversations of an owner; those unused for longest go
MOST_BYTES = 1 << 30  # of the file; what would make it larger is not kept
_PAGE = 4096  # bytes of SQLite's pages
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_TITLE = 80
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, folder TEXT NOT NULL, title TEXT NOT NULL,
    updated REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS conversations_by_owner ON conversations (owner, folder, updated);
CREATE TABLE IF NOT EXISTS turns (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    question TEXT NOT NULL, state TEXT NOT NULL, said TEXT NOT NULL, kept TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS turns_by_conversation ON turns (conversation);
"""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A conversation in the list: its name, and when it was last used (seconds since 1970)."""

    id: str
    title: str
    updated: float


def default_file() -> Path:
    """Where a user's conversations are kept if nobody says where."""
    from platformdirs import user_data_path

    return user_data_path("summit-qa", appauthor=False) / "conversations.sqlite3"


class History:
    """Reads and writes the file; every method may be called from any thread."""

    def __init__(self, file: Path, folder: Path) -> None:
        """``folder`` is the corpus whose conversations are shown."""
        self.file = file
        self._folder = str(folder.resolve())
        self._ready = False
        self._making = threading.Lock()

    def all(self, owner: str, words: str = "") -> list[Kept]:
        """The owner's conversations, the latest first; only those that hold all the words."""
        statement = "SELECT id, title, updated FROM conversations c WHERE owner = ? AND folder = ?"
        values: list[object] = [owner, self._folder]
        for word in _storable(words).split()[:8]:
            like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            statement += (
                " AND (title LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM turns t WHERE"
                " t.conversation = c.id AND (t.question LIKE ? ESCAPE '\\'"
                " OR t.said LIKE ? ESCAPE '\\')))"
            )
            values += [like, like, like]
        found: list[Kept] = []
        with self._open() as database:
            if database is not None:
                rows = database.execute(f"{statement} ORDER BY updated DESC", values).fetchall()
                found = [Kept(*row) for row in rows]
        return found

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
        kept = _storable(json.dumps(record, ensure_ascii=False))  # the escape is JSON's own
        said = _storable(f"{answer.short or ''} {answer.text}" if answer else "")
        found: list[tuple[str, int]] = []
        with self._open() as database:
            if database is None:
                return "", 0
            now = time.time()
            if not (conversation and self._owns(database, owner, conversation)):
                conversation = secrets.token_urlsafe(12)
                database.execute(
                    "INSERT INTO conversations VALUES (?, ?, ?, ?, ?)",
                    (conversation, owner, self._folder, _title(turn.question), now),
                )
                self._drop_oldest(database, owner)
            database.execute(
                "UPDATE conversations SET updated = ? WHERE id = ?", (now, conversation)
            )
            if row := turn.row:
                database.execute(
                    "UPDATE turns SET kept = ? WHERE row = ? AND conversation = ?",
                    (kept, row, conversation),
                )
            else:
                written = database.execute(
                    "INSERT INTO turns (conversation, question, state, said, kept)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (conversation, _storable(turn.question), turn.state, said, kept),
                )
                row = int(written.lastrowid or 0)
            found.append((conversation, row))
        return found[0] if found else ("", 0)

    def turns(self, owner: str, conversation: str) -> list[Turn] | None:
        """The turns of a conversation, numbered from 1; None where the owner has no such one."""
        found: list[Turn] | None = None
        with self._open() as database:
            if database is not None and self._owns(database, owner, conversation):
                rows = database.execute(
                    "SELECT row, CAST(question AS TEXT), CAST(state AS TEXT), CAST(kept AS TEXT)"
                    " FROM turns WHERE conversation = ?"
                    " ORDER BY row",
                    (conversation,),
                ).fetchall()
                found = [_turn(number, *row) for number, row in enumerate(rows, 1)]
        return found

    def rows(self, owner: str, conversation: str) -> list[int] | None:
        """Where its turns are kept, in order; None where the owner has no such conversation."""
        found: list[int] | None = None
        with self._open() as database:
            if database is not None and self._owns(database, owner, conversation):
                kept = database.execute(
                    "SELECT row FROM turns WHERE conversation = ? ORDER BY row", (conversation,)
                )
                found = [row for (row,) in kept]
        return found

    def forget_turns(self, owner: str, conversation: str, rows: Sequence[int]) -> None:
        """Take turns back, as they were taken back on the page."""
        with self._open() as database:
            if database is not None and self._owns(database, owner, conversation):
                database.executemany(
                    "DELETE FROM turns WHERE row = ? AND conversation = ?",
                    [(row, conversation) for row in rows],
                )

    def rename(self, owner: str, conversation: str, title: str) -> None:
        """Give it another name; an empty one changes nothing."""
        if not (wanted := _title(title)):
            return
        with self._open() as database:
            if database is not None:
                database.execute(
                    "UPDATE conversations SET title = ? WHERE id = ? AND owner = ?",
                    (wanted, conversation, owner),
                )

    def remove(self, owner: str, conversation: str) -> None:
        """Delete it with all its turns."""
        with self._open() as database:
            if database is not None:
                database.execute(
                    "DELETE FROM conversations WHERE id = ? AND owner = ?", (conversation, owner)
                )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection | None]:
        """A connection in a transaction; None where there is none to be had.

        What fails inside the block is logged, undone, and ends the block.
        """
        found = 0
        try:
            self._prepare()
            found = self._inode()
            database = self._connected()
        except (sqlite3.Error, OSError) as error:
            _log.warning("conversations cannot be kept: %s", error)
            if _is_damage(error):
                self._put_aside(found)
            yield None
            return
        try:
            with closing(database), database:
                yield database
        except (sqlite3.Error, UnicodeError) as error:
            _log.warning("a conversation could not be kept: %s", error)
            if _is_damage(error):
                self._put_aside(found)

    def _connected(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.file, timeout=5)
        database.text_factory = lambda data: data.decode("utf-8", "replace")
        try:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute(f"PRAGMA max_page_count = {MOST_BYTES // _PAGE}")
        except BaseException:
            database.close()
            raise
        return database

    def _prepare(self) -> None:
        """Make the file where there is none; sqlite3.Error or OSError where that fails."""
        with self._making:
            if self._ready and self.file.exists():
                return
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = self._inode()
            try:
                self._make()
            except (sqlite3.Error, OSError) as error:
                if not _is_damage(error):
                    if self.file.is_file():
                        return  # it may not be written now, but perhaps read
                    raise
                self._put_aside(found)
                self._make()
            self._ready = True

    def _make(self) -> None:
        self.file.touch(mode=0o600)
        with closing(sqlite3.connect(self.file, timeout=5)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)

    def _inode(self) -> int:
        """Which file it is; 0 where there is none."""
        return self.file.stat().st_ino if self.file.exists() else 0

    def _put_aside(self, damaged: int) -> None:
        """Keep that file under another name, unless another process has put it aside already."""
        self._ready = False
        aside = self.file.with_name(f"{self.file.stem}.damaged{self.file.suffix}")
        with suppress(OSError):
            if self._inode() != damaged:
                return
            self.file.replace(aside)
            _log.warning("the conversations in %s are damaged; it is now %s", self.file, aside.name)
            for log in ("-wal", "-shm"):  # SQLite would apply them to the new file
                self.file.with_name(self.file.name + log).unlink(missing_ok=True)

    def _owns(self, database: sqlite3.Connection, owner: str, conversation: str) -> bool:
        found = database.execute(
            "SELECT 1 FROM conversations WHERE id = ? AND owner = ? AND folder = ?",
            (conversation, owner, self._folder),
        )
        return found.fetchone() is not None

    def _drop_oldest(self, database: sqlite3.Connection, owner: str) -> None:
        database.execute(
            "DELETE FROM conversations WHERE owner = ? AND id NOT IN (SELECT id FROM conversations"
            " WHERE owner = ? ORDER BY updated DESC LIMIT ?)",
            (owner, owner, MOST),
        )


def _turn(number: int, row: int, question: str, state: str, kept: str) -> Turn:
    turn = Turn(number, question, row=row)
    try:
        record = json.loads(kept)
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
    words = " ".join(_storable(question).split())
    return words if len(words) <= _TITLE else words[:_TITLE].rsplit(" ", 1)[0] + "…"


def _storable(said: str) -> str:
    """The text with half characters escaped, which no database takes."""
    return said.encode("utf-8", "backslashreplace").decode()


def _is_damage(error: Exception) -> bool:
    """Whether SQLite says that the file itself is no good."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
