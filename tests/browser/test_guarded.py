"""Two files that contradict each other, and an app behind a proxy and a password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from using import ask

from serving import Served, chat

FIRST = "The harbour bridge of Norwick opened on 3 May 1931 after six years of work.\n"
SECOND = "The harbour bridge of Norwick opened on 12 June 1934 after six years of work.\n"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`summit-qa chat` below a path of a proxy, with a password, without uploads."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "first.txt").write_text(FIRST, encoding="utf-8")
    (corpus / "second.txt").write_text(SECOND, encoding="utf-8")
    users = folder / "users"
    users.write_text("ann:one two\n", encoding="utf-8")
    options = ("--auth", str(users), "--root-path", "/qa", "--no-uploads")
    with chat(corpus, folder, *options) as address:
        yield Served(address, corpus, folder)


ANN = {"username": "ann", "password": "one two"}


def test_a_disagreement_shows_both_sides_and_a_card_for_each(
    visit: Callable[..., Page], guarded: Served, picture: Callable[[Page, str], None]
) -> None:
    page = visit(guarded, "/qa/", http_credentials=ANN)
    turn = ask(page, "When did the harbour bridge of Norwick open?")
    both = turn.get_by_role("region", name="The sources disagree")
    expect(both.locator("blockquote")).to_have_count(2)
    expect(both).to_contain_text("3 May 1931")
    expect(both).to_contain_text("12 June 1934")
    shown = turn.locator(".answer").inner_text()
    for line in (FIRST, SECOND):  # once: not in the answer and again in the box
        assert shown.count(line.strip()) == 1
    for mark in both.locator(".mark").all():
        mark.click()
        card = page.locator(".card.lit")
        expect(card).to_be_visible()
        name = card.locator(".file").inner_text()
        expect(both.locator(".side").filter(has=page.locator(".mark.lit"))).to_contain_text(name)
        text = (guarded.corpus / name).read_text(encoding="utf-8").rstrip("\n")
        assert card.locator(".cited").first.text_content() == text
    picture(page, "disagreement")


def test_below_a_path_everything_stays_below_it(
    visit: Callable[..., Page], guarded: Served
) -> None:
    page = visit(guarded, "/qa/", http_credentials=ANN)
    paths: list[str] = []
    page.on("request", lambda request: paths.append(request.url.removeprefix(guarded.address)))
    ask(page, "When did the harbour bridge of Norwick open?")
    page.reload()
    page.locator("#question textarea").wait_for()
    assert paths
    assert [path for path in paths if not path.startswith(("/qa/", "data:", "blob:"))] == []


def test_where_uploads_are_off_there_is_no_place_to_drop_a_file(
    visit: Callable[..., Page], guarded: Served
) -> None:
    page = visit(guarded, "/qa/", http_credentials=ANN)
    page.get_by_role("tab", name="Files").click()
    expect(page.locator("#files")).to_contain_text("first.txt")
    expect(page.locator("#dropzone")).to_have_count(0)
    expect(page.get_by_role("button", name="Look for new and changed files")).to_be_visible()
