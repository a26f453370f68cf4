"""A folder of many kinds: a wide table, a log, JSON, subtitles, code; on a phone as well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from using import ask, process_of, tab, widths

from doubles import write
from serving import Served

STATIONS = """\
station,country,latitude,longitude,elevation_m,opened,staff,sensors,wind_max_kmh,rain_mm,snow_cm,manager
Alder Point,Norway,69.12,18.44,12,1961,7,31,148,812,210,Ingrid Solheim
Brixby Fell,England,54.61,-2.48,847,1937,3,22,214,2031,95,Tom Askew
Cairn Dubh,Scotland,57.08,-3.67,1245,1977,2,18,278,2290,320,Morag Sinclair
"""
LOG = "".join(
    f"2024-03-11 08:1{at}:09,377 {level} {what}\n"
    for at, (level, what) in enumerate(
        [
            ("INFO ", "boot      service bookings starting"),
            ("WARN ", "queue     2,114 messages waiting"),
            ("ERROR", "payments  timeout after 30 s calling ledger; order 88213 was not charged"),
            ("INFO ", "queue     queue is empty"),
        ]
    )
)
FILES = {
    "stations.csv": STATIONS,
    "server.log": LOG,
    "settings.json": '{"database": {"host": "db-2.internal", "pool_size": 20}}\n',
    "walk.srt": "1\n00:00:01,000 --> 00:00:04,000\nThe lighthouse of Ardmore was built in 1867.\n",
    "retry.py": "MAX_ATTEMPTS = 5\n\n\ndef call(it):\n    return it()\n",
    "notes.md": "# Harbour festival\n\nThe harbour festival is held on the quay of Norwick.\n\n"
    "Dogs must be kept on a lead. Ann Lee, the mayor, opened the festival in 2019.\n",
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The chat over one file of each kind."""
    folder: Path = tmp_path_factory.mktemp("mixed")
    write(folder / "archive", FILES)
    with process_of(folder / "archive", folder) as served:
        yield served


Visit = Callable[..., Page]
PHONE = {"width": 390, "has_touch": True, "is_mobile": True}


def is_within(inner: Locator, outer: Locator) -> bool:
    """Whether all of the one is seen within the other, across."""
    one, other = inner.bounding_box(), outer.bounding_box()
    assert one
    assert other
    return other["x"] <= one["x"] and one["x"] + one["width"] <= other["x"] + other["width"] + 1


@pytest.mark.parametrize("device", [{"width": 1400}, PHONE], ids=["wide", "phone"])
def test_a_wide_row_is_a_table_that_shows_the_answer_and_says_that_it_scrolls(
    visit: Visit, mixed: Served, device: dict[str, int]
) -> None:
    page = visit(mixed, **device)
    turn = ask(page, "How many sensors does Alder Point have?")
    expect(turn.locator(".short")).to_have_text("31")
    table = turn.get_by_role("region", name="Row of the table")
    expect(table.locator("th")).to_have_count(12)
    cell = table.locator("td:has(strong)")
    expect(cell).to_have_text("31")
    expect(table).to_have_attribute("data-scrolls", "")
    hint = table.evaluate("it => getComputedStyle(it, '::before').content")
    assert "scroll sideways" in hint
    assert is_within(cell, table)
    assert is_within(table.locator("td").first, table)  # whose row it is stays in sight
    table.evaluate("it => { it.scrollLeft = it.scrollWidth; }")
    expect(table).not_to_have_attribute("data-scrolls", "")  # there is nothing more beside
    inside, window = widths(page)
    assert inside <= window


def test_the_card_of_a_wide_row_stays_in_its_column(visit: Visit, mixed: Served) -> None:
    page = visit(mixed)
    ask(page, "How many sensors does Alder Point have?")
    card = page.locator(".card").first
    assert is_within(card, page.locator("#evidence"))
    assert is_within(card.locator(".numbered:not(.around) .cited"), card)
    expect(card.locator(".under")).to_contain_text("snow_cm,manager")  # the names of all columns


def test_a_line_of_a_log_stands_in_the_answer_as_in_the_file(visit: Visit, mixed: Served) -> None:
    page = visit(mixed)
    turn = ask(page, "What happened to order 88213?")
    said = turn.locator(".statement .fixed").first
    assert said.text_content() == LOG.splitlines()[2]
    assert "mono" in said.evaluate("it => getComputedStyle(it).fontFamily").lower()


def test_what_is_offered_are_real_questions_of_different_shapes(
    visit: Visit, mixed: Served
) -> None:
    page = visit(mixed)
    expect(page.locator(".example").nth(2)).to_be_visible(timeout=60_000)
    offered = page.locator(".example").all_inner_texts()
    assert not [it for it in offered if re.match("What (is said|do the files say) about", it)]
    assert len({" ".join(it.split()[:2]) for it in offered}) >= 3
    turn = ask(page, "How many sensors does Alder Point have?")
    after = turn.locator(".follow-up button")
    expect(after).to_have_count(3)
    assert len({it.split("Alder")[0] for it in after.all_inner_texts()}) == 3
    question = after.first.inner_text()
    after.first.click()
    last = page.locator(".turn").last
    expect(last.locator(".question")).to_have_text(question)
    expect(last.locator(".statement, .side").first).to_be_visible()  # it is answered


def test_on_a_phone_the_search_of_the_text_comes_before_the_list(
    visit: Visit, mixed: Served
) -> None:
    page = visit(mixed, **PHONE)
    tab(page, "Files")
    box = page.get_by_label("Search the text of the files")
    expect(box).to_be_in_viewport()
    box.fill("lighthouse")
    box.press("Enter")
    hit = page.locator("#found li").first
    expect(hit).to_be_in_viewport()
    expect(hit.locator("small")).to_contain_text("has “lighthouse”")
    hit.locator(".place").click()
    expect(page.locator("#reader [data-lit]").first).to_be_in_viewport()
    inside, window = widths(page)
    assert inside <= window
    box.fill("quantum chromodynamics")
    box.press("Enter")
    expect(page.locator("#found")).to_contain_text("Nothing in the files is about that.")


def test_a_wide_file_says_that_there_is_more_beside(visit: Visit, mixed: Served) -> None:
    page = visit(mixed, **PHONE)
    tab(page, "Files")
    page.locator("#files").get_by_text("stations.csv").click()
    lines = page.locator("#reader .lines")
    expect(lines).to_have_attribute("data-scrolls", "")
    assert "scroll sideways" in lines.evaluate("it => getComputedStyle(it, '::before').content")


def test_no_word_of_a_builder_stands_on_the_face_of_the_page(visit: Visit, mixed: Served) -> None:
    page = visit(mixed)
    ask(page, "How many sensors does Alder Point have?")
    declined = ask(page, "What does the harbour master of Bergen earn?")
    expect(declined.locator(".verdict.none")).to_be_visible()
    words = re.compile(r"\b(corpus|passages?|generation|g-20\d|reader|writer|embedd\w*)\b", re.I)
    assert words.findall(page.locator("body").inner_text()) == []
    page.get_by_role("button", name="Settings").click()
    assert words.findall(page.locator("#settings").inner_text()) == []
    page.keyboard.press("Escape")
    tab(page, "Files")
    page.get_by_label("Search the text of the files").fill("dogs")
    page.get_by_label("Search the text of the files").press("Enter")
    expect(page.locator("#found li").first).to_be_visible()
    assert words.findall(page.locator("#tab-corpus").inner_text()) == []
