"""Conversations and settings that are kept: killed, damaged, starved, crowded; nothing is lost."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from damaging import DAMAGES
from form import Tally, times
from keeping import (
    OWNER,
    answered,
    asked,
    choose_for_ever,
    choose_one,
    choose_starved,
    keep_for_ever,
    keep_some,
    keep_starved,
)

from summit_qa.app import database_file
from summit_qa.app import history as keeping_history
from summit_qa.app.history import History
from summit_qa.errors import ConfigurationError
from summit_qa.settings import Settings, keep_settings

pytestmark = [pytest.mark.torture, pytest.mark.timeout(900)]
Run = Callable[..., Connection]


@pytest.fixture
def run() -> Iterator[Run]:
    """Starts a process that sends what it has to say; all are killed at the end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["processes", "keeping", "chromadb"])
    started = []

    def begin(target: Callable[..., None], *arguments: Any) -> Connection:
        ours, theirs = context.Pipe()
        process = context.Process(target=target, args=(*arguments, theirs), daemon=True)
        process.start()
        theirs.close()
        started.append(process)
        return ours

    yield begin
    for process in started:
        process.kill()
        process.join()


def told(ours: Connection) -> Any:
    """What a process sends; the test fails where it dies or hangs."""
    assert ours.poll(120), "the process hangs"
    try:
        return ours.recv()
    except EOFError:
        pytest.fail("the process died")


def killed(ours: Connection, seconds: float) -> list[Any]:
    """What a process has sent when it is killed, so long after it said its number."""
    process, sent = told(ours), [told(ours)]
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    with suppress(EOFError):
        while True:
            sent.append(ours.recv())
    return sent


def test_killed_while_a_conversation_is_kept(tmp_path: Path, run: Run, tally: Tally) -> None:
    chance, kills = random.Random(1), times(6, 60)
    for kill in range(kills):
        if kill % 5 == 0:
            file, kept = tmp_path / f"{kill}.sqlite3", set[str]()
        ours = run(keep_for_ever, file, tmp_path, kill * 100_000)
        sent = killed(ours, chance.uniform(0, 0.3))
        assert all(isinstance(number, int) for number in sent), sent[-1]
        kept |= {f"{number}?" for number in sent}
        found = asked(History(file, tmp_path))
        assert kept <= set(found), "what was kept is gone"
        assert len(found) == len(set(found))
        assert len(found) - len(kept) <= kill % 5 + 1  # kept, and killed before it was told
        with closing(sqlite3.connect(file)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not list(tmp_path.glob("*damaged*"))
    tally("kill -9 while conversations are kept", kills, "every turn that was kept is whole")


def test_a_damaged_history(tmp_path: Path, tally: Tally) -> None:
    """Read as far as it goes, or put aside: the chat goes on, and goes on keeping."""
    chance, whole = random.Random(2), tmp_path / "whole"
    history = History(whole / "kept.sqlite3", tmp_path)
    for number in range(40):
        history.keep(OWNER, "", answered(f"{number}?"))
    rounds, aside, cases = times(2, 12), 0, 0
    for number in range(rounds):
        for how in DAMAGES:
            place = tmp_path / f"{how.__name__}{number}"
            shutil.copytree(whole, place)
            how(place / "kept.sqlite3", chance)
            served = History(place / "kept.sqlite3", tmp_path)
            for item in served.all(OWNER, "tower"):
                served.turns(OWNER, item.id)
            for _ in range(2):  # the first may meet the damage
                _, row = served.keep(OWNER, "", answered("After?"))
            cases += 1
            if (place / "kept.sqlite3").is_file():
                assert row, f"{how.__name__}: nothing is kept any more"
                assert "After?" in [item.title for item in served.all(OWNER)]
            aside += (place / "kept.damaged.sqlite3").exists()
    tally("the file of conversations damaged", cases,
          f"{aside} put aside, the rest read; conversations are kept again each time")  # fmt: skip


def test_odd_rows_in_a_history(tmp_path: Path, tally: Tally) -> None:
    """What another version, or another program, may have written."""
    odd = [b"\xff\0", "[" * 100_000, "{}", "null", '{"answer": 5}', '{"answer": {"question": []}}',
           "", "\0", 5, 1e308, '{"answer": null, "error": [], "rating": {}}']  # fmt: skip
    history = History(tmp_path / "kept.sqlite3", tmp_path)
    named, _ = history.keep(OWNER, "", answered("First?"))
    with closing(sqlite3.connect(history.database.file)) as database, database:
        for value in odd:
            for column in ("question", "state", "said", "kept"):
                row = {"question": "?", "state": "done", "said": "", "kept": "{}", column: value}
                database.execute(
                    "INSERT INTO turns (conversation, question, state, said, kept) "
                    "VALUES (:named, :question, :state, :said, :kept)",
                    {**row, "named": named},
                )
    turns = history.turns(OWNER, named)
    assert turns is not None
    assert len(turns) == 1 + 4 * len(odd)
    assert turns[0].answer == answered("First?").answer
    assert all(isinstance(turn.question, str) for turn in turns)
    assert {turn.state for turn in turns} == {"done", "failed"}
    history.all(OWNER, "? tower \ud800 % _ \\")
    assert history.keep(OWNER, "", answered("Half \ud800 a character?"))[1]
    tally("rows of a history that no version has written", 4 * len(odd), "the others are shown")


def test_a_starved_history(tmp_path: Path, run: Run, tally: Tally) -> None:
    """No right to write, no room: what is kept stays, and nothing is raised."""
    whole = tmp_path / "whole"
    history = History(whole / "kept.sqlite3", tmp_path)
    for number in range(30):
        history.keep(OWNER, "", answered(f"{number}?"))
    size, points, refused = history.database.file.stat().st_size, times(4, 10), 0
    for point in range(points):
        place = Path(shutil.copytree(whole, tmp_path / f"room{point}"))
        room = size * point // points
        before, kept, after = told(run(keep_starved, place / "kept.sqlite3", tmp_path, room))
        assert after in (before, before + kept)
        refused += not kept
        assert len(asked(History(place / "kept.sqlite3", tmp_path))) == 30 + kept
    for denied in (["file"], ["folder"], ["file", "folder"]):
        place = Path(shutil.copytree(whole, tmp_path / "".join(denied)))
        for path in (place / "kept.sqlite3", place):
            if ("file" if path.suffix else "folder") in denied:
                path.chmod(path.stat().st_mode & ~0o222)
        before, kept, after = told(run(keep_starved, place / "kept.sqlite3", tmp_path, None))
        assert (kept, after) == (False, before)
        refused += 1
        place.chmod(0o700)
        (place / "kept.sqlite3").chmod(0o600)
        assert len(asked(History(place / "kept.sqlite3", tmp_path))) == 30
    assert refused > 3
    tally("no room or no right to keep a conversation", points + 3,
          f"{refused} not kept, nothing raised, the others stay")  # fmt: skip


def test_many_processes_keep_conversations(tmp_path: Path, run: Run, tally: Tally) -> None:
    processes, each = times(2, 4), times(20, 100)
    answers = [
        run(keep_some, tmp_path / "kept.sqlite3", tmp_path, 1_000 * number, each)
        for number in range(processes)
    ]
    assert [told(ours) for ours in answers] == [each] * processes
    assert len(set(asked(History(tmp_path / "kept.sqlite3", tmp_path)))) == processes * each
    tally(f"{processes} processes keep conversations at once", processes * each, "0 lost")


def test_a_huge_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tally: Tally) -> None:
    """It is bounded by owner and as a whole; what is full is still read, and may be shortened."""
    most = times(300_000, 6_000_000)
    monkeypatch.setattr(database_file, "MOST_BYTES", most)
    history, kept = History(tmp_path / "kept.sqlite3", tmp_path), 0
    named, owners = "", 0
    while True:
        if kept % 50 == 0:
            named, owners = "", owners + 1
        named, row = history.keep(f"{OWNER}{owners // 20}", named, answered(f"Number {kept}?"))
        if not row:
            break
        kept += 1
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size < 2 * most + 10_000_000
    first = history.all(f"{OWNER}0")
    assert len(first) <= keeping_history.MOST
    assert len(history.turns(f"{OWNER}0", first[-1].id) or ()) == 50
    assert history.all(f"{OWNER}0", "number tower nothing") == []
    for item in first:
        history.remove(f"{OWNER}0", item.id)
    assert history.keep(OWNER, "", answered("Is there room again?"))[1]
    tally("a history that grows until it is full", kept,
          f"stopped at {size // 1_000_000} MB; all is read, and room can be made")  # fmt: skip


# ---- settings


def _chosen(file: Path) -> tuple[int, dict[str, Any]]:
    values = tomllib.loads(file.read_text())
    number = int(values["llm"].removeprefix("model-"))
    assert values["base_url"] == f"http://{number}.example/v1", "half of a choice"
    return number, values


def test_killed_while_settings_are_kept(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    chance, file = random.Random(3), tmp_path / "settings.toml"
    monkeypatch.setenv("SUMMIT_QA_SETTINGS", str(file))
    file.write_text('# mine\napi_key = "sk-of-the-user"\npassages = 5\n')
    kills = times(6, 60)
    for kill in range(kills):
        sent = killed(run(choose_for_ever, file, 1_000 * kill), chance.uniform(0, 0.1))
        number, values = _chosen(file)
        assert sent[-1] <= number <= sent[-1] + 1
        assert (values["api_key"], values["passages"]) == ("sk-of-the-user", 5)
        assert "# mine" in file.read_text()
    keep_settings({"llm": "last"})
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]
    tally("kill -9 while settings are written", kills, "a whole file each time; nothing left over")


def test_two_processes_write_settings(tmp_path: Path, run: Run, tally: Tally) -> None:
    file, each = tmp_path / "settings.toml", times(50, 300)
    answers = [run(choose_one, file, name, each) for name in ("llm", "cite", "embedder")]
    assert [told(ours) for ours in answers] == ["done"] * 3
    values = tomllib.loads(file.read_text())
    assert values == dict.fromkeys(("llm", "cite", "embedder"), str(each)), "one was lost"
    tally("3 processes that write settings", 3 * each, "0 lost")


def _error(tried: Callable[[], object]) -> str:
    """The documented error of a call, in words; empty where there is none."""
    try:
        tried()
    except ConfigurationError as error:
        return str(error)
    return ""


def test_settings_damaged_or_starved(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    chance, cases = random.Random(4), 0
    for number in range(times(3, 12)):
        for how in DAMAGES:
            file = tmp_path / f"{how.__name__}{number}" / "settings.toml"
            monkeypatch.setenv("SUMMIT_QA_SETTINGS", str(file))
            keep_settings({"llm": "model", "base_url": "http://a.example/v1"})
            how(file, chance)
            for tried in (Settings.load, lambda: keep_settings({"llm": "other"}), Settings.load):
                cases += 1
                assert "\n" not in _error(tried)
    for at, room in enumerate((0, 1, None)):
        folder = tmp_path / f"starved{at}"
        file = folder / "settings.toml"
        monkeypatch.setenv("SUMMIT_QA_SETTINGS", str(file))
        keep_settings({"llm": "model"})
        if room is None:
            folder.chmod(0o500)
        said, model = told(run(choose_starved, file, room))
        folder.chmod(0o700)
        cases += 1
        assert model == "model"
        assert said is not None
        assert "cannot be written" in said
        assert "\n" not in said
        assert [path.name for path in folder.iterdir()] == ["settings.toml"]
    tally("settings damaged, without room, read only", cases, "one line, or read as they stand")
