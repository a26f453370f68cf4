"""A real Chromium, and the chat as it is served, for the tests of this folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from using import ROOT, process_of

from serving import Served

IMAGES = ROOT / "docs" / "images"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _chromium() -> str:
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("No Chromium was found: run `make test-browser`, which installs it.")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser that all tests share; each opens a context of its own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=_chromium(), args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def articles_served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The chat over a copy of the five articles."""
    folder = tmp_path_factory.mktemp("chat")
    corpus = folder / "corpus"
    shutil.copytree(ROOT / "corpus", corpus)
    (folder / "eval").mkdir()
    shutil.copy(ROOT / "eval" / "questions.yaml", folder / "eval")
    (corpus / "scan.txt").write_bytes(bytes(range(32)) * 40)  # skipped, and shown as such
    with process_of(corpus, folder) as served:
        yield served


class Watched:
    """Pages of one visitor, and everything about them that must not happen."""

    def __init__(self, context: BrowserContext, address: str, expected: Sequence[str] = ()) -> None:
        """``expected`` are the dialogs that have to come, by their kind; they are dismissed."""
        self.context = context
        self.address = address
        self.expected = list(expected)
        self.requests = 0
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        context.on("request", lambda request: self._requested(request.url))
        context.on("page", self._watch)

    def _requested(self, url: str) -> None:
        self.requests += 1
        if not url.startswith((self.address, "data:", "blob:")):
            self.outside.append(url)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.type), dialog.dismiss()))

    def open(self, path: str = "/") -> Page:
        """The page, ready to be used."""
        page = self.context.new_page()
        page.set_default_timeout(20_000)
        page.goto(self.address + path)
        page.locator("#question textarea").wait_for()
        page.locator("#settings[inert]").wait_for(state="attached")
        return page

    def check(self) -> None:
        """No request left for another host, no script failed, nothing popped up."""
        assert self.requests > 0
        assert self.outside == []
        assert self.errors == []
        assert self.dialogs == self.expected


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens the chat as a new visitor; afterwards checks that nothing went astray."""
    visitors: list[Watched] = []

    def opened(
        served: Served,
        path: str = "/",
        width: int = 1400,
        dialogs: Sequence[str] = (),
        **options: object,
    ) -> Page:
        height = 844 if width < 600 else 900
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="en-GB",
            reduced_motion="reduce",
            **options,  # type: ignore[arg-type]
        )
        visitors.append(Watched(context, served.address, dialogs))
        return visitors[-1].open(path)

    yield opened
    for visitor in visitors:
        visitor.context.close()
    for visitor in visitors:
        visitor.check()


@pytest.fixture
def page(visit: Visit, articles_served: Served) -> Page:
    """The chat over the five articles at 1400 px, light."""
    return visit(articles_served)


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[Page, str], None]:
    """Takes a picture of the page: for the README where SCREENSHOTS=1 is set."""
    folder = IMAGES if os.environ.get("SCREENSHOTS") == "1" else tmp_path
    folder.mkdir(parents=True, exist_ok=True)

    def taken(page: Page, name: str) -> None:
        page.mouse.move(0, 0)
        page.screenshot(path=folder / f"{name}.png", caret="hide", animations="disabled")

    return taken
