"""Whatever stands in a file, a file's name, a question or an answer is shown and never done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hostile import STRINGS
from playwright.sync_api import Page, expect
from using import ask, process_of, tab

from serving import Served

WATCH = """
window.ran = 0; window.violations = [];
window.hacked = () => { window.ran += 1; };
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""
# What our own panels never hold, wherever a string went.
FOREIGN = (
    "script, img, iframe, object, embed, video, audio, link, style, base, meta, a, math, marquee, "
    "dialog, template, textarea:not(form.change > textarea), title, use, [onclick], [onerror], "
    "[onload], [onfocus]"
)
PANELS = "#conversation, #evidence, #files, #found, #reader, #told, #rail, #source"


STREETS = (
    "Abbey", "Baker", "Castle", "Dock", "Elm", "Foundry", "Garden", "Harbour", "Ivy", "Jubilee",
    "King", "Lantern", "Mill", "North", "Orchard",
)  # fmt: skip
EACH = 4  # strings in the file of a street: one line, so nothing else can be quoted for it


def line(number: int) -> str:
    """The line about a street: its strings within one sentence."""
    strings = STRINGS[EACH * number : EACH * (number + 1)]
    return f"The walls of {STREETS[number]} Street carry the signs {' and '.join(strings)} today."


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Sixty files with the strings for names, and fifteen with the strings in their text."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, string in enumerate(STRINGS):
        name = f"{number:02d} {string.replace('/', '∕')}"[:60] + ".txt"
        (corpus / name).write_text(f"Number {number}.\n", encoding="utf-8")
    for number, street in enumerate(STREETS):
        (corpus / f"signs {street}.txt").write_text(line(number) + "\n", encoding="utf-8")
    with process_of(corpus, folder) as served:
        yield served


def watched(page: Page) -> Page:
    """The page again, with eyes on everything that must not happen."""
    page.context.add_init_script(WATCH)
    page.reload()
    page.locator("#question textarea").wait_for()
    page.locator("#settings[inert]").wait_for(state="attached")
    return page


def nothing_happened(page: Page) -> None:
    """No script ran, nothing foreign is in a panel, nothing lies over the page."""
    assert page.evaluate("window.ran") == 0
    assert page.evaluate("window.violations") == []
    found = page.evaluate(
        """([panels, foreign]) => [...document.querySelectorAll(panels)]
          .flatMap((panel) => [...panel.querySelectorAll(foreign)])
          .filter((element) => !element.closest("[data-testid=status-tracker]"))
          .map((element) => element.outerHTML.slice(0, 200))""",
        [PANELS, FOREIGN],
    )
    assert found == []
    covered = """() => {
      window.scrollTo(0, 0);
      const box = document.querySelector("#tabs [role=tab]").getBoundingClientRect();
      const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return seen.getAttribute("role");
    }"""
    assert page.evaluate(covered) == "tab"


def test_there_are_sixty_different_strings() -> None:
    assert len(set(STRINGS)) == 60


def same(shown: str, text: str) -> bool:
    """Whether a text is shown letter for letter, steering characters as U+FFFD."""
    return len(shown) == len(text) and all(
        one == other or one == "\N{REPLACEMENT CHARACTER}"
        for one, other in zip(shown, text, strict=True)
    )


@pytest.mark.timeout(400)
def test_questions_and_answers_show_the_strings_as_they_are(
    visit: Callable[..., Page], hostile: Served
) -> None:
    page = watched(visit(hostile))
    answers = 0
    for number, street in enumerate(STREETS):
        strings = " ".join(STRINGS[EACH * number : EACH * (number + 1)])
        question = f"What signs do the walls of {street} Street carry? {strings}"
        turn = ask(page, question)
        assert same(turn.locator(".question").text_content() or "", question)
        cards = page.locator(".cards:not([hidden]) .card")
        places = cards.locator("header").all_text_contents()
        for card, place in zip(cards.all(), places, strict=True):
            if f"signs {street}.txt" in place and "line 1" in place:
                assert same(
                    card.locator(".numbered:not(.around) .cited").text_content() or "", line(number)
                )
                answers += 1
        if number % 5 == 4:
            nothing_happened(page)
    assert answers == len(STREETS)


@pytest.mark.timeout(240)
def test_names_and_texts_of_files_are_shown_as_they_are(
    visit: Callable[..., Page], hostile: Served
) -> None:
    page = watched(visit(hostile))
    tab(page, "Files")
    nothing_happened(page)
    places = page.locator("#files .place")
    names = page.locator("#files .place .file").all_text_contents()
    assert len(names) + page.locator(".skipped .unread").count() == len(STRINGS) + len(STREETS)
    for number in range(0, len(names) - len(STREETS), 6):
        places.nth(number).click()
        expect(page.locator("#reader .reader")).to_have_attribute("data-file", names[number])
        expect(page.locator("#reader .line-text").first).to_have_text(
            f"Number {int(names[number][:2])}."
        )
    for number, street in enumerate(STREETS):
        places.nth(len(names) - len(STREETS) + number).click()
        file = f"signs {street}.txt"
        expect(page.locator("#reader .reader")).to_have_attribute("data-file", file)
        assert same(page.locator("#reader .line-text").first.text_content() or "", line(number))
    box = page.get_by_label("Search the text of the files")
    box.fill("signs on the walls")
    box.press("Enter")
    expect(page.locator("#found li").first).to_contain_text("signs")
    nothing_happened(page)


def test_names_of_uploads_are_shown_as_they_are(
    visit: Callable[..., Page], hostile: Served
) -> None:
    page = watched(visit(hostile))
    tab(page, "Files")
    files = [
        {"name": f"{string}.png", "mimeType": "text/plain", "buffer": b"x"} for string in STRINGS
    ]
    page.locator("#add-files").set_input_files(files)  # type: ignore[arg-type]
    expect(page.locator("#uploads li.refused").first).to_be_visible(timeout=60_000)
    expect(page.locator("#uploads progress")).to_have_count(0, timeout=60_000)
    told = "".join(page.locator("#uploads li.refused").all_text_contents())
    assert [name for name in STRINGS if f"{name}.png" not in told] == []
    assert page.locator("#uploads img, #uploads script").count() == 0
    nothing_happened(page)
