"""Conversations of several machines in one PostgreSQL: written at once, by fronts that are killed,
and while the database is away."""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import pytest
import test_history
from servers import RealPostgres

from doubles import write
from serving import chat
from summit_qa.app import database_shared
from summit_qa.app.database import NotKeptError
from summit_qa.app.database_shared import SharedDatabase
from summit_qa.app.feedback import Feedback
from summit_qa.app.history import History
from summit_qa.app.security import COOKIE
from summit_qa.app.sessions import Turn
from summit_qa.types import Answer

globals().update(  # what holds of every database, held of this one, with the fixture below
    {name: it for name, it in vars(test_history).items() if name in test_history.CONTRACT}
)
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
FILES = {"bridge.txt": "The harbour bridge of Norwick opened on 3 May 1931.\n"}
BRIDGE = "When did the harbour bridge of Norwick open?"
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def shared(postgres: RealPostgres) -> Iterator[SharedDatabase]:
    """The database, with nothing in it."""
    database = SharedDatabase(postgres.url)
    tables = ("turns", "conversations", "feedback")
    database.run(lambda execute: [execute(f"DELETE FROM {name}", {}) for name in tables])
    yield database
    database.close()


@pytest.fixture
def history(shared: SharedDatabase, tmp_path: Path) -> History:
    return History(shared, tmp_path / "corpus")


class Visitor:
    """A browser that asks on the page of one front after another."""

    _pages = count(1)

    def __init__(self) -> None:
        self.cookie = ""

    @property
    def owner(self) -> str:
        return hashlib.sha256(self.cookie.encode()).hexdigest()

    def ask(self, address: str, question: str) -> str:
        """Ask on a page that was just opened; gives what the page is sent until that is over."""
        session = f"page{next(self._pages)}"
        cookies = {COOKIE: self.cookie} if self.cookie else {}
        with httpx.Client(base_url=address, timeout=60, trust_env=False, cookies=cookies) as http:
            http.get("/")
            self.cookie = self.cookie or http.cookies[COOKIE]
            config = http.get("/config").json()
            box = next(
                it["id"] for it in config["components"] if it["props"].get("elem_id") == "question"
            )
            event = next(
                at
                for at, it in enumerate(config["dependencies"])
                if [box, "submit"] in it["targets"]
            )
            order = {"data": [question], "fn_index": event, "session_hash": session}
            assert http.post("/gradio_api/queue/join", json=order).status_code == 200
            received = ""
            url = f"/gradio_api/queue/data?session_hash={session}"
            with http.stream("GET", url) as stream, closing(stream):
                for part in stream.iter_text():
                    received += part
                    if "process_completed" in received:
                        break
            return received


def keep_for_ever(url: str, folder: Path, owner: str, tell: Connection) -> None:
    """Keep one turn after another, three a conversation, until killed; tell of each."""
    history, named = History(SharedDatabase(url), folder), ""
    for number in count():
        named, row = history.keep(
            owner, "" if number % 3 == 0 else named, Turn(1, f"{number}?", "done")
        )
        tell.send((number, row))


def test_fronts_that_are_killed_while_they_write_lose_nothing_that_was_kept(
    postgres: RealPostgres, history: History, tmp_path: Path
) -> None:
    """Two write at once, one of them is killed, again and again."""
    told: dict[str, list[int]] = {}
    pipes = []
    for number in range(4):
        owner = f"front{number}"
        hear, tell = SPAWN.Pipe(duplex=False)
        front = SPAWN.Process(
            target=keep_for_ever, args=(postgres.url, tmp_path / "corpus", owner, tell)
        )
        front.start()
        tell.close()
        pipes.append((owner, front, hear))
        told[owner] = []
        if number == 0:
            continue
        _, before, _ = pipes[number - 1]
        hear.poll(30)  # both write from here
        time.sleep(0.2)
        before.kill()
        before.join()
    pipes[-1][1].kill()
    pipes[-1][1].join()
    for owner, _, hear in pipes:
        try:
            while True:
                number, row = hear.recv()
                assert row, "every turn is kept"
                told[owner].append(number)
        except EOFError:
            pass
        questions = sorted(
            int(turn.question[:-1])
            for item in history.all(owner)
            for turn in history.turns(owner, item.id) or ()
        )
        assert told[owner], "it was killed before it had written"
        assert questions[: len(told[owner])] == told[owner]
        assert len(questions) <= len(told[owner]) + 1, "at most the one that was not told yet"


def test_two_fronts_go_on_with_each_others_conversations_and_without_the_database(
    postgres: RealPostgres, shared: SharedDatabase, tmp_path: Path
) -> None:
    corpus = tmp_path / "files"
    corpus.mkdir()
    write(corpus, FILES)
    places = [tmp_path / "one", tmp_path / "two"]
    environment = {"SUMMIT_QA_HISTORY": postgres.url}
    for place in places:
        place.mkdir()
    visitor = Visitor()
    history = History(shared, corpus)

    def titles() -> list[str]:
        return [item.title for item in history.all(visitor.owner)]

    with chat(corpus, places[1], environment=environment) as second:
        with chat(corpus, places[0], environment=environment) as first:
            assert "3 May 1931" in visitor.ask(first, BRIDGE)
            page = visitor.ask(second, "What opened in 1931?")
            assert BRIDGE in page, "the list has what was asked at the other front"
            assert sorted(titles()) == ["What opened in 1931?", BRIDGE]
            postgres.freeze()
            began = time.monotonic()
            page = visitor.ask(second, "When was the bridge opened?")
            waited = time.monotonic() - began
            postgres.thaw()
            assert "3 May 1931" in page
            assert "cannot be reached just now" in page
            assert waited < 2 * database_shared._PATIENCE + 5
        # The first front is gone, and now the database, too.
        postgres.kill()
        page = visitor.ask(second, "Did a bridge open in Norwick?")
        assert "3 May 1931" in page
        assert "cannot be reached just now" in page
        postgres.start()
        deadline = time.monotonic() + 60
        while "cannot be reached just now" in page and time.monotonic() < deadline:
            time.sleep(1)
            page = visitor.ask(second, "Which harbour bridge opened?")
        assert BRIDGE in page
        assert "Which harbour bridge opened?" in titles()
    assert not list(tmp_path.rglob("conversations.sqlite3"))
    logs = "".join((place / "server.log").read_text() for place in places)
    assert f"Conversations are kept at postgresql+psycopg://127.0.0.1:{postgres.port}/" in logs
    assert "takes too long to answer" in logs
    assert "conversations cannot be kept: the database at" in logs
    for secret in ("pass/word", "pass%2Fword", "Norwick", "harbour"):
        assert secret not in logs


def test_a_database_that_refuses_or_is_away_is_told_in_a_line_without_secrets(
    postgres: RealPostgres, shared: SharedDatabase, caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:  # fmt: skip
    for url in (
        postgres.url.replace("pass%2Fword", "hidden%2Fthing"),
        postgres.url.replace("/postgres", "/hidden-thing?password=hidden%2Fthing"),
        postgres.url.replace(str(postgres.port), "9"),
    ):
        database = SharedDatabase(url)
        with pytest.raises(NotKeptError) as raised:
            database.run(lambda execute: execute("SELECT 1", {}))
        database.close()
        said = str(raised.value)
        assert said.startswith("the database at postgresql+psycopg://127.0.0.1:")
        assert "OperationalError" in said
        assert "hidden/thing" not in said
        assert "summit" not in said
        assert len(said.splitlines()) == 1
    with caplog.at_level(logging.DEBUG):
        named = test_history.kept(History(shared, tmp_path), "Secret question?")
        with pytest.raises(NotKeptError):
            shared.run(lambda execute: execute("INSERT INTO turns VALUES (:it)", {"it": "Secret"}))
        kept_twice = "INSERT INTO conversations VALUES (:id, 'a', 'b', 'Secret', 1)"
        with pytest.raises(NotKeptError):
            shared.run(lambda execute: execute(kept_twice, {"id": named}))
    assert "Secret" not in caplog.text


def test_ratings_of_all_fronts_come_together(
    shared: SharedDatabase, postgres: RealPostgres, tmp_path: Path
) -> None:
    answer = Answer("Who?", "Ann did.", None, (), (), "answered", None, generation="g-1")
    other = SharedDatabase(postgres.url)
    for database in (shared, other):
        feedback = Feedback(tmp_path / "index", tmp_path, database)
        assert feedback.keep(Turn(1, "Who?", "done", answer, rating="up"), "Good \0 \ud800")
    other.close()
    rows = shared.run(lambda execute: execute("SELECT record FROM feedback", {}))
    assert len(rows) == 2
    assert '"rating": "up"' in rows[0][0]
    assert not (tmp_path / "index").exists()
