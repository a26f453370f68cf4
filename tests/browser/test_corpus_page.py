"""The corpus tab: files, reader, search, and files that are added while others ask."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from using import answered, ask, tab

from serving import Served

FACT = "The lighthouse keeper of Ardmore is called Oisín Brannigan.\n"


def test_the_table_says_what_was_read_and_what_was_not_and_why(page: Page) -> None:
    tab(page, "Files")
    table = page.get_by_role("table", name="Files of the folder")
    expect(table.get_by_role("row")).not_to_have_count(1)
    row = table.get_by_role("row").filter(has_text="000_bcb8681463528077.txt")
    expect(row.get_by_role("cell").nth(1)).to_have_text("24 lines")
    expect(row.get_by_role("cell").nth(2)).to_have_text("2.7 KB")
    skipped = page.get_by_role("table", name="Files that were not read")
    expect(skipped.get_by_role("row").filter(has_text="scan.txt")).to_contain_text("binary")


def test_a_name_narrows_the_table(page: Page) -> None:
    tab(page, "Files")
    page.get_by_label("Find a file by its name or title").fill("004_")
    expect(page.locator("#files .place")).to_have_count(1)


def test_a_file_opens_in_the_reader_with_the_number_of_every_line(
    page: Page, articles_served: Served
) -> None:
    tab(page, "Files")
    name = "002_6715df56e6c0ba11.txt"
    page.locator("#files").get_by_role("button", name=name).click()
    expect(page.locator("#reader .reader")).to_have_attribute("data-file", name)
    lines = (articles_served.corpus / name).read_text(encoding="utf-8").split("\n")
    shown = page.locator("#reader .line-text").all_text_contents()
    assert shown == lines[: len(shown)]
    numbers = page.locator("#reader .line-number").all_text_contents()
    assert numbers == [str(number) for number in range(1, len(shown) + 1)]


def test_a_search_finds_passages_and_opens_their_line(page: Page) -> None:
    tab(page, "Files")
    box = page.get_by_label("Search the text of the files")
    box.fill("maintaining peace in the Taiwan Strait")
    box.press("Enter")
    first = page.locator("#found .place").first
    expect(page.locator("#found li").first).to_contain_text("Taiwan Strait")
    place = first.locator(".file").inner_text()
    expect(page.locator("#found small").first).to_contain_text("“taiwan”, “strait”")
    first.click()
    lit = page.locator("#reader [data-lit]")
    expect(page.locator("#reader .reader")).to_have_attribute("data-file", place.split(":")[0])
    expect(lit.first).to_have_attribute("id", f"L{place.split(':')[-1]}")
    expect(lit.first).to_contain_text("Taiwan Strait")
    expect(lit.first).to_be_in_viewport()


def test_a_file_is_added_and_asked_about_while_another_visitor_asks(
    page: Page, visit: Callable[..., Page], articles_served: Served
) -> None:
    other = visit(articles_served)
    tab(page, "Files")
    page.locator("#add-files").set_input_files(
        [
            {"name": "ardmore.txt", "mimeType": "text/plain", "buffer": FACT.encode()},
            {"name": "photo.png", "mimeType": "image/png", "buffer": b"\x89PNG"},
        ]
    )
    turn = ask(other, "Is the pledge a treaty?")  # meanwhile
    expect(turn.locator(".statement").first).to_be_visible()
    uploads = page.locator("#uploads li")
    expect(uploads.filter(has_text="ardmore.txt")).to_contain_text("added")
    expect(uploads.filter(has_text="photo.png")).to_contain_text("Only documents")
    expect(page.locator("#progress")).to_contain_text("1 added", timeout=30_000)
    expect(page.locator("#files")).to_contain_text("ardmore.txt")
    assert (articles_served.corpus / "ardmore.txt").read_text(encoding="utf-8") == FACT
    tab(page, "Chat")
    turn = ask(page, "What is the lighthouse keeper of Ardmore called?")
    expect(turn.locator(".short")).to_contain_text("Oisín Brannigan")
    expect(page.locator(".card .file").first).to_have_text("ardmore.txt")
    # The other visitor reads the new generation too, without loading the page again.
    ask(other, "Who is the lighthouse keeper of Ardmore?")
    expect(other.locator(".card .file").last).to_have_text("ardmore.txt")


def test_a_second_update_finds_nothing_new(page: Page) -> None:
    tab(page, "Files")
    page.get_by_role("button", name="Look for new and changed files").click()
    expect(page.locator("#progress .message")).to_contain_text(" s.", timeout=30_000)
    expect(page.locator("#reindex")).to_be_enabled()


def test_a_card_of_an_earlier_visit_to_the_file_still_opens(page: Page) -> None:
    tab(page, "Chat")
    page.locator(".example").first.click()
    answered(page, 1)
    page.locator(".card .place").first.click()
    expect(page.locator("#source [data-lit]").first).to_be_in_viewport()


def test_what_was_added_can_be_removed_by_who_added_it(page: Page, articles_served: Served) -> None:
    tab(page, "Files")
    page.locator("#add-files").set_input_files(
        [{"name": "brief.txt", "mimeType": "text/plain", "buffer": b"A brief note of Ardmore.\n"}]
    )
    expect(page.locator("#files")).to_contain_text("brief.txt", timeout=30_000)
    expect(page.locator("#reindex")).to_be_enabled(timeout=30_000)
    page.reload()  # it is still known who added it
    page.locator("#question textarea").wait_for()
    tab(page, "Files")
    row = page.locator("#files tr").filter(has_text="brief.txt")
    row.get_by_role("button", name="Remove brief.txt").click()
    row.get_by_role("button", name="Cancel").click()
    row.get_by_role("button", name="Remove brief.txt").click()
    row.locator("form").get_by_role("button", name="Remove").click()
    expect(page.locator("#files")).not_to_contain_text("brief.txt", timeout=30_000)
    assert not (articles_served.corpus / "brief.txt").exists()
    tab(page, "Chat")
    expect(page.locator("#chooser")).not_to_contain_text("brief.txt")


def test_the_files_that_are_asked_are_ticked(page: Page) -> None:
    expect(page.locator("#scope-button")).to_contain_text("Asks all")
    page.locator("#chooser .asked-of").first.uncheck()
    expect(page.locator("#scope-button")).to_contain_text(" of ")
    turn = ask(page, "Who hosted the gathering?")
    expect(turn.locator(".within")).to_contain_text("Asked only of 001_")
    assert "000_" not in " ".join(page.locator(".card .file").all_inner_texts())
    page.locator("#scope-button").click()
    page.get_by_role("button", name="Ask all").click()
    expect(page.locator("#scope-button")).to_contain_text("Asks all")
    expect(page.locator("#chooser .asked-of").first).to_be_checked()


def test_a_tick_stays_when_the_list_is_drawn_before_the_server_has_heard_of_it(page: Page) -> None:
    ticked = """() => {
        const box = document.querySelector("#chooser .asks-many");
        box.click();
        window.summit.drawn(document.querySelector("#chooser .listed"));
        return box.checked;
    }"""
    assert page.evaluate(ticked) is False
    expect(page.locator("#scope-button")).to_have_text("Asks no file")
    expect(page.get_by_role("checkbox", name="Ask all files")).not_to_be_checked()


def test_files_to_ask_are_searched_and_ticked_together(page: Page) -> None:
    page.get_by_role("checkbox", name="Ask all files").uncheck()
    expect(page.locator("#scope-button")).to_have_text("Asks no file")
    page.locator("#question textarea").fill("Who hosted the gathering?")
    page.locator("#question textarea").press("Enter")
    expect(page.locator("#told")).to_contain_text("No file is ticked")
    page.get_by_placeholder("Find files to ask").fill("001_")
    box = page.get_by_role("checkbox", name="Ask 1 file called that")
    box.focus()
    page.keyboard.press("Space")
    expect(page.locator("#scope-button")).to_contain_text("001_")
    expect(box).to_be_checked()
    expect(box).to_be_focused()  # the keyboard stays where it was
    page.get_by_placeholder("Find files to ask").fill("")
    every = page.get_by_role("checkbox", name="Ask all files")
    expect(every).not_to_be_checked()
    assert every.evaluate("it => it.indeterminate")
    turn = ask(page, "Who hosted the gathering?")
    expect(turn.locator(".within")).to_contain_text("Asked only of 001_")
