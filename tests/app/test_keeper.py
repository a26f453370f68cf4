"""One conversation in two tabs: neither takes away what the other has added."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from summit_qa.app.database import NotKeptError
from summit_qa.app.folder import Folder
from summit_qa.app.keeper import Keeper
from summit_qa.app.options import AppOptions
from summit_qa.app.sessions import Session, Sessions, Slots, Turn
from summit_qa.app.site import Site
from summit_qa.assistant import Assistant


def tab(name: str, cookie: str = "browser") -> Any:
    """What Gradio tells of a page that a browser has open."""
    return SimpleNamespace(cookies={"summit_qa_visitor": cookie}, session_hash=name, headers={})


class Tabs:
    """A keeper, and what two tabs do with it."""

    def __init__(self, assistant: Assistant, file: Path) -> None:
        slots = Slots(2, 9)
        sessions = Sessions(lambda: Session(assistant, slots, str, 50), 9)
        folder = Folder(assistant, lambda: True)
        self.site = Site(assistant, AppOptions(history=file), sessions, folder, str)
        self.keeper = Keeper(self.site)

    def ask(self, request: Any, question: str) -> None:
        session = self.site.session(request)
        turn = Turn(len(session.turns) + 1, question, state="done")
        session.turns.append(turn)
        self.keeper.keep(request, turn)

    def shown(self, request: Any) -> list[tuple[int, str]]:
        return [(it.number, it.question) for it in self.site.session(request).turns]


ONE, TWO = tab("one"), tab("two")


@pytest.fixture
def tabs(quick: Assistant, tmp_path: Path) -> Tabs:
    made = Tabs(quick, tmp_path / "kept.sqlite3")
    made.ask(ONE, "First?")
    assert made.keeper.visit(TWO, made.site.session(ONE).named)
    return made


def test_what_one_tab_asks_the_other_takes_over(tabs: Tabs) -> None:
    assert not tabs.keeper.catch_up(TWO)
    tabs.ask(ONE, "Second?")
    assert tabs.keeper.catch_up(TWO)
    tabs.ask(TWO, "Third?")
    assert tabs.keeper.catch_up(ONE)
    for each in (ONE, TWO):
        assert tabs.shown(each) == [(1, "First?"), (2, "Second?"), (3, "Third?")]


def test_both_ask_at_once_and_both_answers_are_kept_in_the_same_order(tabs: Tabs) -> None:
    tabs.ask(ONE, "Mine?")
    tabs.ask(TWO, "Yours?")
    tabs.keeper.catch_up(ONE)
    tabs.keeper.catch_up(TWO)
    assert tabs.shown(ONE) == tabs.shown(TWO) == [(1, "First?"), (2, "Mine?"), (3, "Yours?")]


def test_what_was_deleted_in_one_tab_is_gone_in_the_other(tabs: Tabs) -> None:
    history, named = tabs.keeper.history, tabs.site.session(ONE).named
    assert history is not None
    history.remove(tabs.site.owner(ONE), named)
    assert tabs.keeper.catch_up(TWO)
    assert tabs.shown(TWO) == []
    tabs.ask(TWO, "Anew?")
    assert tabs.site.session(TWO).named != named


def test_another_browser_sees_none_of_it_and_one_without_a_name_keeps_nothing(tabs: Tabs) -> None:
    named = tabs.site.session(ONE).named
    assert not tabs.keeper.visit(tab("three", "other"), named)
    nobody = tab("four", "")
    tabs.ask(nobody, "Whose?")
    assert tabs.site.session(nobody).named == ""
    assert "Whose?" not in tabs.keeper.listed(tab("five", ""))


def test_what_was_asked_while_the_database_was_away_is_shown_and_is_kept_when_it_is_back(
    tabs: Tabs, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = tabs.keeper.history
    assert history is not None
    there = history.database.run

    def away(work: object) -> object:
        raise NotKeptError("gone")

    monkeypatch.setattr(history.database, "run", away)
    tabs.ask(ONE, "Second?")
    tabs.ask(ONE, "Third?")
    assert not tabs.keeper.catch_up(TWO), "nobody knows, so nothing is taken away"
    assert tabs.shown(TWO) == [(1, "First?")]
    assert "cannot be reached" in tabs.keeper.listed(ONE)
    monkeypatch.setattr(history.database, "run", there)
    tabs.ask(ONE, "Fourth?")
    kept = history.turns(tabs.site.owner(ONE), tabs.site.session(ONE).named) or ()
    assert [it.question for it in kept] == ["First?", "Second?", "Third?", "Fourth?"]
    assert "cannot be reached" not in tabs.keeper.listed(ONE)
