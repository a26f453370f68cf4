from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.schema import CreateTable

from summit_qa.app import database_shared
from summit_qa.app.database import NotKeptError
from summit_qa.app.database_shared import SharedDatabase
from summit_qa.deadline import within
from summit_qa.errors import ConfigurationError


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("not a url with hidden-thing", "as SQLAlchemy names it"),
        ("postgresql+psycopg://ann:hidden-thing@host:port/x", "as SQLAlchemy names it"),
        ("nosuch://ann:hidden-thing@host/x", "does not take this URL"),
        ("mysql+pymysql://ann:hidden-thing@host/x", r"summit-qa\[shared-history\]"),
    ],
)
def test_a_url_that_cannot_be_used_is_told_in_a_line_without_it(url: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as raised:
        SharedDatabase(url)
    assert "hidden-thing" not in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_it_is_called_by_its_place_alone() -> None:
    shared = SharedDatabase("sqlite:///kept?timeout=3")
    assert shared.address == "sqlite:///kept"


def test_one_that_is_slow_is_waited_for_once_and_then_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(database_shared, "_PATIENCE", 0.3)
    monkeypatch.setattr(database_shared, "_PAUSE", 3600.0)
    asked: list[str] = []

    def counted(seconds: float, work: Callable[[], Any], name: str) -> Any:
        asked.append(name)
        return within(seconds, work, name)

    monkeypatch.setattr(database_shared, "within", counted)
    shared = SharedDatabase(f"sqlite:///{tmp_path}/kept")
    go_on = threading.Event()

    def slow(execute: Any) -> None:
        go_on.wait(60)

    for _ in range(5):
        with pytest.raises(NotKeptError, match="takes too long to answer"):
            shared.run(slow)
    assert len(asked) == 1
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "history":
            thread.join(60)
    monkeypatch.setattr(database_shared, "_PATIENCE", 60.0)
    monkeypatch.setattr(shared, "_away_until", 0.0)
    assert shared.run(lambda execute: execute("SELECT 1", {})) == [(1,)]
    shared.close()


def test_what_is_refused_says_nothing_of_what_it_was_and_does_not_close_the_place(
    tmp_path: Path,
) -> None:
    shared = SharedDatabase(f"sqlite:///{tmp_path}/kept")
    wrong = (
        "INSERT INTO turns (conversation, question, state, said, kept) VALUES (:a, :a, :a, :a, :a)"
    )
    with pytest.raises(NotKeptError, match="does not take it") as raised:
        shared.run(lambda execute: execute(wrong, {"a": "hidden-thing"}))
    assert "hidden-thing" not in str(raised.value)
    assert shared.run(lambda execute: execute("SELECT COUNT(*) FROM turns", {})) == [(0,)]
    shared.close()


@pytest.mark.parametrize("name", ["mysql", "mariadb"])
def test_where_a_database_would_mix_names_by_case_it_is_told_not_to(name: str) -> None:
    dialect = sqlalchemy.create_mock_engine(f"{name}+pymysql://", lambda *_: None).dialect
    for table in database_shared._tables().tables.values():
        made = str(CreateTable(table).compile(dialect=dialect))
        assert "utf8mb4_bin" in made
        assert "CHARSET=utf8mb4" in made
