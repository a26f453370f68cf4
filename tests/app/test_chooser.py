"""Which files are asked, and how they are ticked."""

from __future__ import annotations

import re

import pytest

from summit_qa.app.chooser import FIRST, View, changed, chooser, found, in_words, scope
from summit_qa.documents.corpus import make_document
from summit_qa.types import Document


def folder(*paths: str) -> dict[str, Document]:
    return {path: make_document(path, f"# About {path[0]}\n\nText.\n".encode()) for path in paths}


SMALL = folder("minutes/a.md", "minutes/b.md", "pact.md")
LARGE = folder(*(f"year-{at // 700}/file-{at:04}.md" for at in range(3_000)))


def ticks(html: str) -> dict[str, str]:
    """What each box is called, and its state."""
    boxes = re.findall(r'<input type="checkbox"[^>]*?>', html)
    return {
        re.findall(r'aria-label="Ask ([^"]*)"', box)[0]: "ticked"
        if " checked" in box
        else "mixed"
        if "data-mixed" in box
        else ""
        for box in boxes
    }


def test_a_folder_is_ticked_where_all_of_it_is_asked_and_mixed_where_some_is() -> None:
    assert set(ticks(chooser(SMALL, None, View())).values()) == {"ticked"}
    some = ticks(chooser(SMALL, ("minutes/a.md", "pact.md"), View()))
    assert some == {
        "all files": "mixed", "minutes/": "mixed", "minutes/a.md": "ticked", "minutes/b.md": "",
        "pact.md": "ticked",
    }  # fmt: skip


def test_what_is_not_listed_keeps_its_tick() -> None:
    shown = ticks(chooser(LARGE, None, View()))
    assert len(shown) < 10  # folders, and none of them open
    without = changed(LARGE, None, ["year-0/file-0003.md"], on=False)
    assert without is not None
    assert len(without) == 2_999
    assert changed(LARGE, without, ["year-0/file-0003.md"], on=True) is None
    assert changed(LARGE, None, LARGE, on=False) == ()


def test_a_folder_of_thousands_is_opened_and_shows_more_when_asked() -> None:
    opened = ticks(chooser(LARGE, None, View(folder="year-1/")))
    assert sum("file-" in name for name in opened) == FIRST
    html = chooser(LARGE, None, View(folder="year-1/"))
    assert "Show 200 of 640 more" in html
    more = ticks(chooser(LARGE, None, View(folder="year-1/", rows=FIRST + 200)))
    assert sum("file-" in name for name in more) == FIRST + 200


def test_files_are_found_by_name_and_title_and_ticked_together() -> None:
    assert found(SMALL, "MINUTES b.md") == ["minutes/b.md"]
    assert found(SMALL, "about p") == ["pact.md"]
    html = chooser(SMALL, ("pact.md",), View(words="minutes"))
    assert ticks(html) == {"2 files called that": "", "minutes/a.md": "", "minutes/b.md": ""}
    assert "No file is called that" in chooser(SMALL, None, View(words="zebra"))


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (None, ""),
        (("minutes/a.md", "minutes/b.md"), "Asked only of minutes/"),
        (("minutes/a.md", "pact.md"), "Asked only of minutes/a.md, pact.md"),
    ],
)
def test_the_answer_says_which_files_were_asked(chosen: tuple[str, ...] | None, said: str) -> None:
    assert in_words(SMALL, chosen) == said


def test_many_files_are_said_in_few_words() -> None:
    paths = list(LARGE)
    assert in_words(LARGE, tuple(paths[1:])) == f"Asked of all but {paths[0]}"
    assert in_words(LARGE, tuple(paths[:1_000])).endswith(" and 997 more")


def test_beneath_the_question_stands_how_many_are_asked() -> None:
    assert "1 of 3 files" not in scope(["pact.txt"], 3)
    assert "pact.txt" in scope(["pact.txt"], 3)
    assert "2 of 3 files" in scope(["minutes/a.txt", "minutes/b.txt"], 3)
    assert "all 3 files" in scope(None, 3)
    assert "no file" in scope((), 3)
