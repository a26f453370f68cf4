"""Conversations in a database that several machines reach, by whatever URL SQLAlchemy knows.

What is asked of it is bounded in time: while it is away or slow, answers go on, and for some
seconds it is not asked again. Neither its password nor a word of a conversation is ever part of an
error, which drivers would have it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from summit_qa.app.database import Execute, NotKeptError, T
from summit_qa.deadline import within
from summit_qa.errors import ConfigurationError

if TYPE_CHECKING:
    import sqlalchemy
    from sqlalchemy.engine import URL

_PATIENCE = 5.0  # seconds that a visitor waits for it
_PAUSE = 10.0  # seconds for which it is not asked again after it has failed
_NAMES = 255  # characters of ids and of who somebody is
_LONG = (1 << 24) - 1  # bytes of a text
_SAID = 160  # characters of what a driver says
_log = logging.getLogger(__name__)


class SharedDatabase:
    """Reads and writes the database at the URL (`Database`); ``feedback`` is a table there, too."""

    def __init__(self, url: str) -> None:
        """Raises ConfigurationError where nothing can be reached by such a URL."""
        self._url = _url(url)
        self._engine = _engine(self._url)
        self._lock = threading.Lock()
        self._ready = False
        self._away_until = 0.0
        self._why = ""

    @property
    def address(self) -> str:
        """Where it is: the URL without names and passwords of users, and without its options."""
        url = self._url
        host = f"[{url.host}]" if ":" in (url.host or "") else url.host or ""
        return f"{url.drivername}://{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"

    def close(self) -> None:
        """Let go of its connections; the next question makes new ones."""
        self._engine.dispose()

    def run(self, work: Callable[[Execute], T]) -> T:
        """What the work gives, in one transaction; NotKeptError where there is none."""
        if time.monotonic() < self._away_until:
            raise NotKeptError(self._why)
        try:
            return within(_PATIENCE, lambda: self._run(work), "history")
        except NotKeptError:
            raise
        except Exception as error:
            raise self._failed(error) from None

    def _run(self, work: Callable[[Execute], T]) -> T:
        import sqlalchemy

        if not self._ready:
            with self._lock:
                self._make()
                self._ready = True
        with self._engine.begin() as connection:

            def execute(statement: str, values: dict[str, Any]) -> Sequence[Sequence[Any]]:
                done = connection.execute(sqlalchemy.text(statement), values)
                return list(done) if done.returns_rows else []

            return work(execute)

    def _make(self) -> None:
        """Make the tables that are not there; another front may be doing so at this moment."""
        import sqlalchemy

        tables = _tables()
        try:
            tables.create_all(self._engine)
        except sqlalchemy.exc.DBAPIError:
            time.sleep(0.2)
            tables.create_all(self._engine)

    def _failed(self, error: Exception) -> NotKeptError:
        """What went wrong, in a line; a database that is away is left alone for a while."""
        import sqlalchemy

        about_values = (sqlalchemy.exc.IntegrityError, sqlalchemy.exc.DataError, UnicodeError)
        if isinstance(error, TimeoutError):
            why = "takes too long to answer"
        elif isinstance(error, about_values):
            why = f"does not take it ({type(error).__name__})"  # more would tell what it was
        else:
            why = f"fails ({self._said(error)})"
        told = f"the database at {self.address} {why}"
        if not isinstance(error, about_values):
            self._why, self._away_until = told, time.monotonic() + _PAUSE
        return NotKeptError(told)

    def _said(self, error: Exception) -> str:
        """The kind of error and its first line, without secrets."""
        lines = str(getattr(error, "orig", None) or "").splitlines()
        said = next((line.strip() for line in lines if line.strip()), "")
        secrets = [self._url.username, self._url.password]
        for value in self._url.query.values():
            secrets += [value] if isinstance(value, str) else value
        for secret in sorted(filter(None, map(str, secrets)), key=len, reverse=True):
            said = said.replace(secret, "…")
        kind = type(error).__name__
        return f"{kind}: {said[:_SAID]}" if said else kind


def _url(url: str) -> URL:
    try:
        import sqlalchemy
    except ImportError:
        raise _lacking() from None
    try:
        return sqlalchemy.make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise ConfigurationError(
            "Setting 'history': give a database as SQLAlchemy names it, such as "
            "postgresql+psycopg://USER:PASSWORD@HOST/NAME."
        ) from None


def _engine(url: URL) -> sqlalchemy.Engine:
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except ImportError:
        raise _lacking() from None
    except Exception as error:  # a plugin that the URL names may raise anything
        raise ConfigurationError(
            f"Setting 'history': SQLAlchemy does not take this URL ({type(error).__name__})."
        ) from None
    if engine.dialect.name == "sqlite":

        @sqlalchemy.event.listens_for(engine, "connect")
        def _checked(connection: Any, _: object) -> None:
            connection.execute("PRAGMA foreign_keys = ON")

    return engine


def _lacking() -> ConfigurationError:
    return ConfigurationError(
        "A database for conversations needs its driver; for PostgreSQL it comes with the extra: "
        "pip install 'summit-qa[shared-history]'."
    )


def _tables() -> sqlalchemy.MetaData:
    """As in `DatabaseFile`, in whatever SQL the database speaks."""
    from sqlalchemy import (
        BigInteger,
        Column,
        Double,
        ForeignKey,
        Index,
        Integer,
        MetaData,
        String,
        Table,
        Text,
    )

    def text(name: str) -> Column[Any]:
        # Where it matters at all, a text has to say that it may be longer than 64 KB.
        return Column(name, Text().with_variant(Text(_LONG), "mysql", "mariadb"), nullable=False)

    def number() -> Column[Any]:
        # SQLite counts for itself in columns of this very type alone.
        counted = BigInteger().with_variant(Integer(), "sqlite")
        return Column("rowid", counted, primary_key=True, autoincrement=True)

    # There, names that differ in case are the same, and not every text is taken, unless it is said.
    words = {"charset": "utf8mb4", "collate": "utf8mb4_bin"}
    said: dict[str, Any] = {
        f"{dialect}_{it}": words[it] for dialect in ("mysql", "mariadb") for it in words
    }
    made = MetaData()
    Table(
        "conversations",
        made,
        Column("id", String(_NAMES), primary_key=True),
        Column("owner", String(_NAMES), nullable=False),
        text("folder"),
        text("title"),
        Column("updated", Double(), nullable=False),
        Index("conversations_by_owner", "owner", "updated"),
        **said,
    )
    of = ForeignKey("conversations.id", ondelete="CASCADE")
    Table(
        "turns",
        made,
        number(),
        Column("conversation", String(_NAMES), of, nullable=False, index=True),
        text("question"),
        Column("state", String(_NAMES), nullable=False),
        text("said"),
        text("kept"),
        **said,
    )
    Table("feedback", made, number(), text("folder"), text("record"), **said)
    return made
