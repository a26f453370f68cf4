"""Conversations in one SQLite file of the user's, which several processes may write.

A file that is damaged is put aside, and a new one begun; one that may not be written is read.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from summit_qa.app.database import Execute, NotKeptError, T

MOST_BYTES = 1 << 30  # of the file; what would make it larger is not kept
_PAGE = 4096  # bytes of SQLite's pages
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# Statements say ``rowid``, which is SQLite's other name of ``row``.
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


def default_file() -> Path:
    """Where a user's conversations are kept if nobody says where."""
    from platformdirs import user_data_path

    return user_data_path("summit-qa", appauthor=False) / "conversations.sqlite3"


class DatabaseFile:
    """Reads and writes the file (`Database`)."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._ready = False
        self._making = threading.Lock()

    def run(self, work: Callable[[Execute], T]) -> T:
        """What the work gives, in one transaction; NotKeptError where there is none."""
        found = 0
        try:
            self._prepare()
            found = self._inode()
            with closing(self._connected()) as database, database:

                def execute(statement: str, values: dict[str, Any]) -> Sequence[Sequence[Any]]:
                    return database.execute(statement, values).fetchall()

                return work(execute)
        except (sqlite3.Error, OSError, UnicodeError) as error:
            if _is_damage(error):
                self._put_aside(found)
            raise NotKeptError(str(error)) from None

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


def _is_damage(error: Exception) -> bool:
    """Whether SQLite says that the file itself is no good."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
