"""What a visitor does on the page, in words that the tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from serving import Served, free_port, process

ROOT = Path(__file__).parents[2]


@contextmanager
def process_of(corpus: Path, folder: Path) -> Iterator[Served]:
    """The chat over a corpus, with its index, its evaluation and its log in the folder."""
    port = free_port()
    command = [sys.executable, Path(__file__).parent / "slowly.py", str(port), corpus]
    with process([*command, folder / "index"], port, folder / "server.log") as address:
        yield Served(address, corpus, folder)


def ask(page: Page, question: str) -> Locator:
    """Type a question, press Enter and wait for the end of its answer; gives the turn."""
    before = page.locator(".turn").count()
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")
    return answered(page, before + 1)


def answered(page: Page, count: int) -> Locator:
    """The last turn, once there are ``count`` and none is under way."""
    expect(page.locator(".turn")).to_have_count(count, timeout=30_000)
    last = page.locator(".turn").last
    expect(last).to_have_attribute("data-state", "done", timeout=30_000)
    expect(page.locator("#ask")).to_be_visible()
    return last


def tab(page: Page, name: str) -> None:
    """Go to one of the tabs."""
    page.get_by_role("tab", name=name).click()


def widths(page: Page) -> tuple[int, int]:
    """Width of what is on the page, and of the window."""
    found = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return int(found[0]), int(found[1])
