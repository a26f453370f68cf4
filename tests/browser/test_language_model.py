"""A language model writes, through a scripted endpoint: the page shows only what code has found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from using import ask

from serving import Served, chat
from summit_qa.testing import Quoted, Reply, ScriptedServer, Stated

KEY = "sk-very-secret-0123456789"
QUESTION = "When was the oak of Norwick planted?"
PLANTED = "The oak of Norwick was planted in 1723."
INVENTED = "See ![x](http://evil.example/x.png) <img src=//evil.example/y onerror=hacked()> " + KEY


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The chat with a writer that says one thing with a quote and one without."""
    folder: Path = tmp_path_factory.mktemp("written")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "oak.txt").write_text(f"{PLANTED}\n", encoding="utf-8")
    script = [Reply.of(Stated(PLANTED, Quoted(1, PLANTED)), Stated(INVENTED, Quoted(1, "no such")))]
    with ScriptedServer(script) as model:
        environment = {
            "SUMMIT_QA_LLM": "scripted",
            "OPENAI_BASE_URL": model.url,
            "OPENAI_API_KEY": KEY,
        }
        options = ("--engine", "auto")
        with chat(folder / "corpus", folder, *options, environment=environment) as address:
            yield Served(address, folder / "corpus", folder)


def test_what_the_model_says_is_shown_where_its_quote_stands_and_else_left_out(
    visit: Callable[..., Page], written: Served
) -> None:
    page = visit(written)
    turn = ask(page, QUESTION)
    expect(turn.locator(".made")).to_contain_text("with scripted")
    expect(turn.locator(".statement")).to_have_count(1)
    expect(turn.locator(".statement")).to_contain_text(PLANTED)
    expect(turn.locator(".made")).to_contain_text("1 quote rejected")
    turn.locator(".mark").click()
    expect(page.locator(".card.lit mark").first).to_have_text(PLANTED)
    left_out = turn.locator(".unverified")
    expect(left_out).not_to_have_attribute("open", "")
    expect(left_out.locator("li")).to_contain_text("<img src=(address removed) onerror=hacked()>")
    expect(left_out.locator("li")).to_contain_text("(key removed)")
    assert page.locator("#conversation img").count() == 0


def test_the_visitor_chooses_the_engine_and_never_sees_the_key(
    visit: Callable[..., Page], written: Served
) -> None:
    page = visit(written)
    page.get_by_role("button", name="Settings").click()
    drawer = page.get_by_role("dialog", name="Settings")
    expect(drawer).to_contain_text("scripted at 127.0.0.1")
    drawer.get_by_role("radio", name="offline").check()
    page.keyboard.press("Escape")
    turn = ask(page, QUESTION)
    expect(turn.locator(".made")).to_contain_text("offline")
    assert KEY not in page.content()
    assert KEY not in page.request.get(f"{written.address}/config").text()
    assert KEY not in (written.folder / "server.log").read_text(encoding="utf-8")
