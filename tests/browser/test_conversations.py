"""Conversations that are kept: listed, found, renamed, deleted, and there again after a reload."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from using import answered, ask, process_of

from doubles import write
from serving import Served

HOSTED = "Who hosted the gathering?"
TREATY = "Is the pledge a treaty?"
Visit = Callable[..., Page]


def visits(page: Page) -> list[str]:
    """The names in the list, the latest first."""
    return page.locator("#rail .visit").all_inner_texts()


def test_a_conversation_is_there_again_after_a_reload_and_goes_on(page: Page) -> None:
    ask(page, HOSTED)
    expect(page).to_have_url(re.compile(r"#c=[\w-]+$"))
    card = page.locator(".card").first.inner_text()
    page.reload()
    turn = answered(page, 1)
    expect(turn.locator(".question")).to_have_text(HOSTED)
    expect(page.locator(".card").first).to_have_text(card, use_inner_text=True)
    ask(page, TREATY)
    expect(page.locator(".turn")).to_have_count(2)
    assert visits(page) == [HOSTED]


def test_back_goes_to_the_conversation_before(page: Page) -> None:
    ask(page, HOSTED)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page).not_to_have_url(re.compile("#c="))
    ask(page, TREATY)
    assert visits(page) == [TREATY, HOSTED]
    page.locator("#rail .visit").last.click()
    expect(page.locator(".question")).to_have_text(HOSTED)
    expect(page.locator("#rail .visit[aria-current]")).to_have_text(HOSTED)
    page.go_back()
    expect(page.locator(".question")).to_have_text(TREATY)
    page.go_forward()
    expect(page.locator(".question")).to_have_text(HOSTED)


def test_they_are_searched_renamed_and_deleted(page: Page) -> None:
    ask(page, HOSTED)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()
    ask(page, TREATY)
    box = page.get_by_placeholder("Search conversations")
    box.fill("biden gathering")  # the words of the answer count as well
    expect(page.locator("#rail .visit")).to_have_text([HOSTED])
    box.fill("")
    expect(page.locator("#rail .visit")).to_have_count(2)
    row = page.locator("#rail li").filter(has_text=HOSTED)
    row.hover()
    row.get_by_role("button", name="Rename").first.click()
    name = page.get_by_label("Name of the conversation").locator("visible=true")
    expect(name).to_be_focused()
    name.fill("<b>The summit</b>")
    name.press("Enter")
    expect(page.locator("#rail .visit").last).to_have_text("<b>The summit</b>")
    row = page.locator("#rail li").filter(has_text=TREATY)
    row.hover()
    row.get_by_role("button", name="Delete").first.click()
    row.get_by_role("button", name="Cancel").locator("visible=true").click()
    row.hover()
    row.get_by_role("button", name="Delete").first.click()
    row.locator("form").get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#rail .visit")).to_have_text(["<b>The summit</b>"])
    expect(page.locator(".welcome")).to_be_visible()  # it was the one that was open


def test_another_browser_sees_none_of_them(
    page: Page, visit: Visit, articles_served: Served
) -> None:
    ask(page, HOSTED)
    address = page.url
    other = visit(articles_served, path=address.removeprefix(articles_served.address))
    expect(other.locator(".welcome")).to_be_visible()
    expect(other.locator("#told")).to_contain_text("not here any more")
    expect(other.locator("#rail")).to_contain_text("What you ask is kept here.")


@pytest.mark.timeout(240)
def test_they_are_there_again_after_a_restart(visit: Visit, tmp_path: Path) -> None:
    corpus = write(tmp_path / "files", {"key.txt": "The spare key is kept in the blue drawer.\n"})
    with process_of(corpus, tmp_path) as served:
        page = visit(served)
        ask(page, "Where is the spare key kept?")
        cookies, kept = page.context.cookies(), page.url.split("#")[1]
    with process_of(corpus, tmp_path) as served:
        again = visit(served)
        again.context.clear_cookies()
        again.context.add_cookies(
            [{"name": it["name"], "value": it["value"], "url": served.address} for it in cookies]
        )
        again.goto("about:blank")
        again.goto(f"{served.address}/#{kept}")
        expect(again.locator(".question")).to_have_text("Where is the spare key kept?")
        expect(again.locator(".card .cited").first).to_contain_text("blue drawer")


def test_who_is_asked_before_leaving_and_stays_gets_the_answer(
    visit: Visit, articles_served: Served
) -> None:
    page = visit(articles_served, dialogs=["beforeunload"])
    page.locator("#question textarea").fill(f"Slowly: {HOSTED}")
    page.locator("#question textarea").press("Enter")
    expect(page.locator(".turn")).to_have_attribute("data-state", "running", timeout=30_000)
    page.evaluate("setTimeout(() => { location.href = 'about:blank'; }, 1)")
    answered(page, 1)
    expect(page.locator(".statement").first).to_contain_text("Biden")
    page.goto("about:blank")  # nothing is asked when nothing is under way
    expect(page).to_have_url("about:blank")


def test_two_tabs_on_one_conversation_keep_what_each_has_asked(page: Page) -> None:
    ask(page, HOSTED)
    other = page.context.new_page()
    other.goto(page.url)
    answered(other, 1)
    ask(other, TREATY)
    page.bring_to_front()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".question")).to_have_text([HOSTED, TREATY])
    # What was asked elsewhere meanwhile is never taken back unseen.
    ask(other, "What does the summit aim to do?")
    page.locator(".turn").first.get_by_role("button", name="Change").click()
    form = page.locator(".turn").first.locator("form.change")
    form.locator("textarea").fill("Who was the host?")
    form.get_by_role("button", name="Ask").click()
    expect(page.locator("#told")).to_contain_text("went on in another tab")
    expect(page.locator(".question")).to_have_count(3)
    expect(page.locator("#question textarea")).to_have_value("Who was the host?")


def test_on_a_phone_the_list_is_a_drawer(visit: Visit, articles_served: Served) -> None:
    page = visit(articles_served, width=390, has_touch=True, is_mobile=True)
    ask(page, HOSTED)
    expect(page.locator("#rail")).not_to_be_in_viewport()
    page.get_by_role("button", name="Conversations").tap()
    expect(page.locator("#rail .visit")).to_be_in_viewport()
    page.get_by_role("button", name="New conversation").tap()
    expect(page.locator("#rail")).not_to_be_in_viewport()
    expect(page.locator(".welcome")).to_be_visible()
