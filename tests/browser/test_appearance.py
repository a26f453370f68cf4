"""Settings, light and dark, labels: checked by axe, and by what a visitor would see."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from using import ROOT, answered, ask, tab

from serving import Served

AXE = ROOT / "build" / "axe" / "axe.min.js"
HOSTED = "Who hosted the gathering?"
COMPARED = "What do the articles say about Taiwan?"


def test_settings_change_how_the_next_question_is_answered(page: Page) -> None:
    before = ask(page, COMPARED).locator(".mark").count()
    assert before > 1
    page.get_by_role("button", name="Settings").click()
    drawer = page.get_by_role("dialog", name="Settings")
    expect(drawer.get_by_role("radio", name="offline")).to_have_count(1)
    expect(drawer).to_contain_text("quotes the sentences that answer")
    expect(drawer).to_contain_text("is not set up: set SUMMIT_QA_LLM to a model")
    expect(drawer.get_by_role("radio", name="writer")).to_have_count(0)
    drawer.get_by_text("About", exact=True).click()
    expect(drawer).to_contain_text("Index")
    expect(drawer).to_contain_text("g-20")
    drawer.get_by_role("radio", name="lenient").check()
    drawer.get_by_role("spinbutton").fill("1")
    drawer.get_by_role("spinbutton").press("Enter")
    drawer.get_by_role("button", name="Close").click()
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    assert ask(page, COMPARED).locator(".mark").count() < before  # one passage, a line at most


def test_a_click_beside_the_drawer_closes_it(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()
    expect(page.locator("#settings")).to_be_visible()
    page.mouse.click(300, 400)
    expect(page.locator("#settings")).to_be_hidden()


def test_dark_is_chosen_kept_and_taken_back(
    page: Page, picture: Callable[[Page, str], None]
) -> None:
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark", exact=True).click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.reload()
    expect(page.get_by_role("button", name="Light", exact=True)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    ask(page, HOSTED)
    page.locator(".mark").first.click()
    picture(page, "dark")
    page.get_by_role("button", name="Light", exact=True).click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_the_systems_choice_is_followed_until_one_is_made(
    visit: Callable[..., Page], articles_served: Served
) -> None:
    page = visit(articles_served, color_scheme="dark")
    expect(page.locator("body")).to_have_class("dark")
    page.emulate_media(color_scheme="light")
    expect(page.get_by_role("button", name="Dark", exact=True)).to_be_visible()


def axe(page: Page) -> list[str]:
    """Serious and critical findings on what is shown now, a line each."""
    if not AXE.is_file():
        pytest.fail("axe-core is not there: run `make test-browser`, which fetches it.")
    if not page.evaluate("'axe' in window"):
        # Through the debugger, so that the page's own policy stays as it is.
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{item['id']}: {node['target']} {json.dumps(node['any'][:1])[:300]}"
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_tab(
    scheme: str, visit: Callable[..., Page], articles_served: Served
) -> None:
    page = visit(articles_served, color_scheme=scheme)
    assert axe(page) == []
    page.locator(".example").first.click()
    answered(page, 1)
    page.get_by_role("button", name="Good answer").click()
    ask(page, "What did Xi Jinping reply?")
    ask(page, HOSTED)
    page.locator(".turn").last.locator(".mark").first.click()
    page.locator(".card.lit .around-button").click()
    assert axe(page) == []
    page.locator(".card.lit .place").click()
    expect(page.locator("#source .lines")).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Settings").click()
    assert axe(page) == []
    page.keyboard.press("Escape")
    tab(page, "Files")
    box = page.get_by_label("Search the text of the files")
    box.fill("hotline")
    box.press("Enter")
    expect(page.locator("#found li").first).to_be_visible()
    assert axe(page) == []
    tab(page, "Evaluation")
    expect(page.locator("#report .report, #report .message")).to_be_visible()
    assert axe(page) == []


def test_axe_finds_nothing_serious_on_a_phone(
    visit: Callable[..., Page], articles_served: Served
) -> None:
    page = visit(articles_served, width=390, has_touch=True, is_mobile=True)
    ask(page, HOSTED)
    assert axe(page) == []
    page.locator(".mark").first.tap()
    expect(page.locator(".card.lit")).to_be_in_viewport()
    assert axe(page) == []
    page.locator("#evidence .back").tap()
    page.get_by_role("button", name="Conversations").tap()
    expect(page.locator("#clear")).to_be_in_viewport()
    assert axe(page) == []
