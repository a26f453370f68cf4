"""Asking: the answer, its marks and cards, and everything that can be done with an answer."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from using import answered, ask, widths

from serving import Served

HOSTED = "Who hosted the gathering?"
TEA = "What is the price of tea in Norwick?"  # nobody says
Picture = Callable[[Page, str], None]


def line_of(served: Served, file: str, line: int) -> str:
    """A line of a file, from the bytes on the disk."""
    data = (served.corpus / file).read_bytes().decode("utf-8-sig")
    return data.splitlines()[line - 1]


@pytest.mark.timeout(300)
def test_the_welcome_offers_questions_and_a_click_asks_one(
    page: Page, articles_served: Served, picture: Picture
) -> None:
    expect(page.locator(".welcome h2")).to_have_text("Ask corpus")
    expect(page.locator(".holds")).to_have_text(
        re.compile(r"\d files · 2,\d\d\d words"), timeout=60_000
    )
    example = page.locator(".example").first
    until = time.monotonic() + 240
    while not (articles_served.folder / "index" / "folder.json").is_file():
        assert time.monotonic() < until, "the questions are still being tried"
        page.wait_for_timeout(500)
    page.reload()  # when all were tried, the best of them are offered
    expect(page.locator(".example")).to_have_count(6, timeout=60_000)
    shapes = {" ".join(it.split()[:2]) for it in page.locator(".example").all_inner_texts()}
    assert len(shapes) >= 4
    assert page.locator(".file-row").count() >= 5
    expect(page.locator(".file-row").nth(1)).to_contain_text("join forces on tech")  # its title
    assert not re.search("passage|generation|g-20", page.locator("#tab-chat").inner_text())
    picture(page, "welcome")
    question = example.inner_text()
    example.click()
    turn = answered(page, 1)
    expect(turn.locator(".question")).to_have_text(question)
    expect(turn.locator(".statement").first).to_be_visible()  # it was tried: it is answered


def test_a_mark_lights_the_card_whose_quote_stands_in_the_files_line(
    page: Page, articles_served: Served
) -> None:
    turn = ask(page, HOSTED)
    expect(turn.locator(".statement strong").first).to_have_text("US President Joe Biden")
    for mark in turn.locator(".mark").all():
        mark.click()
        card = page.locator(f'[data-card="{mark.get_attribute("data-mark")}"]')
        expect(card).to_have_class(re.compile(r"\blit\b"))
        expect(card).to_be_in_viewport()
        expect(page.locator(".card.lit")).to_have_count(1)
        expect(page.locator(".mark.lit")).to_have_count(1)
        file = card.locator(".file").inner_text()
        line = int(card.locator(".line").inner_text().removeprefix("line "))
        whole = line_of(articles_served, file, line)
        # textContent: every character, as no layout has touched it
        assert card.locator(".numbered:not(.around) .cited").text_content() == whole
        quote = card.locator("mark").first.text_content()
        assert quote
        assert quote in whole
    first = page.locator('[data-card="1-1"] mark').first.text_content()
    expect(turn.locator(".statement").first).to_contain_text(first or "?")


def test_the_verdict_is_the_first_thing_that_is_said(page: Page, picture: Picture) -> None:
    turn = ask(page, "Will there be more military exercises?")
    expect(turn.locator(".answer .verdict, .answer .statement").first).to_have_text("Yes.")
    expect(turn.locator(".sure")).to_contain_text("%")
    turn.locator(".mark").first.click()
    picture(page, "answer")
    expect(page.locator("#announced")).to_have_text(re.compile(r"^\s*Yes\. .* of evidence\.\s*$"))


def test_the_lines_around_a_quote_are_shown_on_demand(page: Page, articles_served: Served) -> None:
    ask(page, HOSTED)
    card = page.locator(".card").first
    around = card.locator(".around").first
    expect(around).to_be_hidden()
    card.get_by_role("button", name="Lines around it").click()
    expect(around).to_be_visible()
    number = int(around.locator(".line-number").inner_text())
    line = line_of(articles_served, file_of(card), number)
    assert (around.locator(".cited").text_content() or "")[:500] == line[:500]


def file_of(card: Locator) -> str:
    """The file of a card, whose name may be broken before its suffix."""
    return card.locator(".file").inner_text().strip()


def test_the_source_opens_beside_the_answer_at_the_line(
    page: Page, articles_served: Served, picture: Picture
) -> None:
    turn = ask(page, HOSTED)
    card = page.locator(".card").first
    file, line = file_of(card), card.locator(".line").inner_text()
    quote = card.locator("mark").first.text_content()
    card.locator(".place").click()
    source = page.locator("#source .reader")
    lit = source.locator("[data-lit]")
    expect(lit).to_be_in_viewport()
    expect(source).to_have_attribute("data-file", file)
    expect(turn).to_be_visible()  # beside it
    assert "line " + lit.locator(".line-number").inner_text() == line
    number = int(line.removeprefix("line "))
    assert lit.locator(".line-text").text_content() == line_of(articles_served, file, number)
    assert lit.locator("mark").text_content() == quote
    picture(page, "source")
    page.get_by_role("button", name="Back to the answer").click()
    expect(source).to_be_hidden()
    expect(card).to_be_visible()


def test_the_next_evidence_is_reached_from_the_source_by_keys(page: Page) -> None:
    turn = ask(page, "What do the articles say about Taiwan?")
    cards = page.locator(".cards:not([hidden]) .card")
    files = [file_of(card) for card in cards.all()]
    assert len(files) > 1
    cards.first.locator(".place").click()
    source = page.locator("#source .reader")
    expect(source.locator(".source-at")).to_have_text(f"1 of {len(files)}")
    page.keyboard.press("n")
    expect(source.locator(".source-at")).to_have_text(f"2 of {len(files)}")
    expect(source).to_have_attribute("data-file", files[1])
    expect(source.locator("[data-lit] mark").first).to_be_in_viewport()
    page.keyboard.press("p")
    expect(source.locator(".source-at")).to_have_text(f"1 of {len(files)}")
    page.keyboard.press("Escape")
    expect(source).to_be_hidden()
    expect(turn.locator(".mark").first).to_be_focused()


def test_a_click_on_the_quote_opens_the_file_too_but_selecting_words_does_not(page: Page) -> None:
    ask(page, HOSTED)
    quote = page.locator(".card .numbered:not(.around) .cited").first
    box = quote.bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 12)
    page.mouse.up()
    assert page.evaluate("getSelection().toString()")
    page.wait_for_timeout(1_000)  # longer than opening a file takes
    expect(page.locator("#source .reader")).to_have_count(0)
    page.evaluate("getSelection().removeAllRanges()")
    quote.click()
    expect(page.locator("#source [data-lit]")).to_be_in_viewport()


def test_an_answer_streams_and_can_be_stopped(page: Page) -> None:
    box = page.locator("#question textarea")
    box.fill(f"Slowly: {HOSTED}")
    box.press("Enter")
    turn = page.locator(".turn")
    expect(turn.locator(".statement").first).to_be_visible()
    expect(turn).to_have_attribute("data-state", "running")
    expect(turn.locator(".answer")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#ask")).to_be_hidden()
    expect(box).to_have_value("")
    box.fill("And meanwhile?")  # the box can be used while an answer grows
    page.locator("#stop").click()
    expect(turn).to_have_attribute("data-state", "stopped")
    expect(turn).to_contain_text("Stopped.")
    expect(turn.locator(".statement").first).to_be_visible()
    expect(box).to_have_value("And meanwhile?")
    expect(page.locator("#ask")).to_be_visible()


def test_a_second_question_waits_for_the_first(page: Page) -> None:
    box = page.locator("#question textarea")
    box.fill(f"Slowly: {HOSTED}")
    box.press("Enter")
    expect(page.locator(".turn")).to_have_attribute("data-state", "running")
    box.fill("Is the pledge a treaty?")
    box.press("Enter")
    expect(page.locator("#told")).to_contain_text("still being answered")
    answered(page, 1)
    expect(box).to_have_value("Is the pledge a treaty?")


def test_a_question_can_be_asked_again(page: Page) -> None:
    turn = ask(page, HOSTED)
    turn.get_by_role("button", name="Ask again").click()
    expect(page.locator(".turn")).to_have_attribute("data-turn", "2")
    answered(page, 1)


def test_any_question_can_be_changed_and_what_came_after_it_goes(page: Page) -> None:
    ask(page, HOSTED)
    ask(page, "Is the pledge a treaty?")
    first = page.locator(".turn").first
    first.get_by_role("button", name="Change").click()
    box = first.get_by_label("Change the question")
    expect(box).to_be_focused()
    expect(box).to_have_value(HOSTED)
    first.get_by_role("button", name="Cancel").click()
    expect(box).to_be_hidden()
    expect(page.locator(".turn")).to_have_count(2)
    first.get_by_role("button", name="Change").click()
    box.fill("Who attended the gathering?")
    first.locator("form.change").get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".turn")).to_have_count(1)
    expect(answered(page, 1).locator(".question")).to_have_text("Who attended the gathering?")


def test_what_is_typed_outlives_a_drawing_of_the_conversation(page: Page) -> None:
    ask(page, HOSTED)
    ask(page, "Is the pledge a treaty?")
    first = page.locator(".turn").first
    first.get_by_role("button", name="Change").click()
    box = first.get_by_label("Change the question")
    box.fill("Who attended the gathering?")
    page.locator(".turn").last.get_by_role("button", name="Good answer").click()
    pressed = page.locator(".turn").last.get_by_role("button", name="Good answer")
    expect(pressed).to_have_attribute("aria-pressed", "true")  # it was drawn anew
    expect(box).to_be_visible()
    expect(box).to_have_value("Who attended the gathering?")
    first.get_by_role("button", name="Cancel").click()
    expect(box).to_be_hidden()
    page.locator(".turn").last.get_by_role("button", name="Poor answer").click()
    pressed = page.locator(".turn").last.get_by_role("button", name="Poor answer")
    expect(pressed).to_have_attribute("aria-pressed", "true")
    expect(box).to_be_hidden()  # what was closed stays so


def test_the_up_arrow_recalls_what_was_asked(page: Page) -> None:
    ask(page, HOSTED)
    ask(page, "Is the pledge a treaty?")
    box = page.locator("#question textarea")
    box.focus()
    page.keyboard.press("ArrowUp")
    expect(box).to_have_value("Is the pledge a treaty?")
    page.keyboard.press("ArrowUp")
    expect(box).to_have_value(HOSTED)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_value("")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")  # what is recalled is asked as if it were typed
    expect(answered(page, 3).locator(".question")).to_have_text("Is the pledge a treaty?")


def test_a_long_question_is_folded(page: Page) -> None:
    turn = ask(
        page, "Who hosted the gathering at Camp David, and " + "what else is said of it, " * 20
    )
    question = turn.locator(".question")
    folded = question.bounding_box()
    turn.get_by_role("button", name="Show all of it").click()
    unfolded = question.bounding_box()
    assert folded
    assert unfolded
    assert unfolded["height"] > folded["height"] > 20


def test_an_answer_is_copied_with_its_sources(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn = ask(page, HOSTED)
    turn.get_by_role("button", name="Copy").click()
    expect(turn.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Joe Biden" in copied
    assert re.search(r"\[1\] 00\d_\w+\.txt:\d+ “", copied)


def test_a_new_conversation_begins_empty(page: Page) -> None:
    ask(page, HOSTED)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator(".card")).to_have_count(0)
    expect(page.locator(".file-row").first).to_be_visible()


def test_a_thumb_and_a_comment_are_kept_on_the_server(page: Page, articles_served: Served) -> None:
    turn = ask(page, HOSTED)
    turn.get_by_role("button", name="Poor answer").click()
    expect(turn.get_by_role("button", name="Poor answer")).to_have_attribute("aria-pressed", "true")
    comment = turn.get_by_label("What was good or wrong?")
    comment.fill("<b>Too short</b>")
    comment.press("Enter")
    expect(turn).to_contain_text("Thank you.")
    file = articles_served.folder / "index" / "feedback" / "feedback.jsonl"
    kept = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert kept[-1]["rating"] == "down"
    assert kept[-1]["comment"] == "<b>Too short</b>"
    assert kept[-1]["question"] == HOSTED
    assert len(kept[-1]["citations"]) > 0


def test_the_conversation_is_downloaded_as_markdown_and_json(page: Page, tmp_path: Path) -> None:
    ask(page, HOSTED)
    ask(page, TEA)
    for button, ending in (("Download Markdown", "md"), ("Download JSON", "json")):
        with page.expect_download() as started:
            page.get_by_role("button", name=button).click()
        assert started.value.suggested_filename == f"summit-qa.{ending}"
        started.value.save_as(tmp_path / f"kept.{ending}")
    written = (tmp_path / "kept.md").read_text(encoding="utf-8")
    assert f"## 1. {HOSTED}" in written
    assert "Joe Biden" in written
    turns = json.loads((tmp_path / "kept.json").read_text(encoding="utf-8"))["turns"]
    assert [turn["abstained"] for turn in turns] == [False, True]
    assert turns[0]["citations"][0]["quote"]


def test_there_is_nothing_to_download_before_an_answer(page: Page) -> None:
    expect(page.get_by_role("button", name="Download JSON")).to_be_hidden()


def test_what_the_files_do_not_say_is_not_answered(page: Page, picture: Picture) -> None:
    turn = ask(page, TEA)
    expect(turn.locator(".verdict.none")).to_have_text("No answer in the files.")
    expect(turn.locator(".reason")).not_to_be_empty()
    expect(turn.locator(".statement")).to_have_count(0)
    expect(page.locator("#evidence h2")).to_have_text("Nearest to the question")
    expect(page.locator(".card .number")).to_have_count(0)  # near is not evidence
    picture(page, "abstention")
    page.locator(".card.near .place").first.click()
    expect(page.locator("#source [data-lit]").first).to_be_in_viewport()


def test_a_follow_up_is_understood_and_its_question_is_shown(page: Page) -> None:
    ask(page, "Was a collective defense pact agreed?")
    first = page.locator('[data-cards="1"] .file').first.inner_text()
    turn = ask(page, "Who said so?")
    expect(turn.locator(".rewritten")).to_contain_text("pact")
    # A line keeps its number in the whole conversation, so a mark of the first turn still is right.
    page.locator(".turn").first.locator(".mark").first.click()
    shown = page.locator(".card.lit")
    expect(shown).to_be_visible()
    assert shown.locator(".file").inner_text() == first


def test_what_could_be_asked_next_is_offered_and_asked(page: Page) -> None:
    turn = ask(page, HOSTED)
    offered = turn.locator(".follow-up button").first
    question = offered.inner_text()
    offered.click()
    turn = answered(page, 2)
    expect(turn.locator(".question")).to_have_text(question)
    expect(page.locator(".follow-up")).to_have_count(1)


def test_no_words_are_no_question(page: Page) -> None:
    box = page.locator("#question textarea")
    box.fill("?!")
    box.press("Enter")
    expect(page.locator("#told")).to_contain_text("Type a question first.")
    expect(page.locator(".turn")).to_have_count(0)
    assert box.get_attribute("maxlength") == "4000"


def test_on_a_phone_the_evidence_is_a_sheet_with_a_way_back(
    visit: Callable[..., Page], articles_served: Served, picture: Picture
) -> None:
    page = visit(articles_served, width=390, has_touch=True, is_mobile=True)
    turn = ask(page, HOSTED)
    expect(page.locator("#composer")).to_be_in_viewport(ratio=1)
    expect(turn.locator(".question")).to_be_in_viewport()
    expect(page.locator("#evidence-column")).to_be_hidden()
    picture(page, "phone")
    turn.locator(".mark").first.tap()
    expect(page.locator(".card.lit")).to_be_in_viewport()
    page.locator(".card.lit .place").tap()
    expect(page.locator("#source [data-lit]")).to_be_in_viewport()
    page.locator("#source .back").tap()
    expect(page.locator("#evidence-column")).to_be_hidden()
    expect(turn.locator(".mark").first).to_be_focused()
    turn = ask(page, TEA)
    turn.get_by_role("button", name="Show what comes nearest").tap()
    expect(page.locator(".card.near").first).to_be_in_viewport()
    page.locator("#evidence .back").tap()
    for name in ("Chat", "Files", "Evaluation"):
        page.get_by_role("tab", name=name).tap()
        needed, there = widths(page)
        assert needed <= there, f"{name} is wider than the phone"


def test_everything_can_be_done_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.type(HOSTED)
    page.keyboard.press("Enter")
    answered(page, 1)
    expect(page.locator("#question textarea")).to_be_focused()
    tab_until(page, ".mark", backwards=True)
    page.keyboard.press("Enter")
    expect(page.locator(".card.lit")).to_be_focused()
    tab_until(page, ".card.lit .place")
    page.keyboard.press("Enter")
    expect(page.locator("#source .lines")).to_be_focused()
    expect(page.locator("#source [data-lit]")).to_be_in_viewport()
    tab_until(page, "#source .back", backwards=True)
    page.keyboard.press("Enter")
    expect(page.locator(".mark").first).to_be_focused()
    tab_until(page, "#settings-button", backwards=True)
    page.keyboard.press("Enter")
    expect(page.locator("#settings-close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#settings-button")).to_be_focused()
    expect(page.locator("#settings")).to_be_hidden()


def tab_until(page: Page, selector: str, *, backwards: bool = False) -> None:
    """Press Tab until something that matches has the focus, which must then be visible."""
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            outline = "getComputedStyle(document.activeElement).outlineStyle"
            assert page.evaluate(outline) != "none"
            return
    raise AssertionError(f"{selector} is not reached by keyboard")
