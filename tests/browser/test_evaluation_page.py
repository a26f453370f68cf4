"""The evaluation tab: the latest report, and a run of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from using import process_of, tab

from doubles import write
from serving import Served

QUESTIONS = """\
questions:
  - id: lamp
    kind: fact
    question: "What colour is the lamp of Norwick?"
    must: [["green"]]
    gold: [{file: lamp.txt, line: 1}]
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One file and one question, so that a run of the evaluation takes no time."""
    folder: Path = tmp_path_factory.mktemp("evaluated")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "lamp.txt").write_text("The lamp of Norwick is green.\n", encoding="utf-8")
    (folder / "eval").mkdir()
    (folder / "eval" / "questions.yaml").write_text(QUESTIONS, encoding="utf-8")
    with process_of(folder / "corpus", folder) as served:
        yield served


def test_the_evaluation_is_run_shown_and_downloaded(
    visit: Callable[..., Page], small: Served, tmp_path: Path
) -> None:
    page = visit(small)
    tab(page, "Evaluation")
    expect(page.locator("#report")).to_contain_text("No evaluation has been run yet.")
    page.get_by_role("button", name="Run it now").click()
    expect(page.locator("#evaluation-progress")).to_contain_text("Getting ready")
    expect(page.locator("#evaluation-progress")).to_contain_text("Finished", timeout=90_000)
    table = page.get_by_role("table", name="Figures of each engine")
    expect(table.get_by_role("row").filter(has_text="Answered correctly")).to_contain_text("100")
    expect(page.locator("#report .kinds")).to_contain_text("fact")
    with page.expect_download() as started:
        page.get_by_role("button", name="Download the whole report").click()
    started.value.save_as(tmp_path / "report.html")
    assert "Norwick" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert list((small.folder / "index" / "evaluation").glob("*-reader.json"))
    again = visit(small)  # it is there for the next visitor too
    tab(again, "Evaluation")
    expect(again.locator("#report table").first).to_be_visible()


def test_a_folder_without_questions_has_no_such_tab(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "lamp.txt").write_text("The lamp is green.\n", encoding="utf-8")
    with process_of(tmp_path / "corpus", tmp_path) as served:
        page = visit(served)
        expect(page.get_by_role("tab", name="Files")).to_be_visible()
        expect(page.get_by_role("tab", name="Evaluation")).to_have_count(0)


def test_a_person_goes_through_the_questions_of_the_folder(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    write(tmp_path / "corpus", {"lamp.txt": "The lamp of Norwick is green.\nIt is old.\n"})
    own = tmp_path / "index" / "evaluation"
    second = QUESTIONS.replace("questions:\n", "").replace("id: lamp", "id: age")
    second = second.replace("colour is", "age has").replace('    must: [["green"]]\n', "")
    with process_of(tmp_path / "corpus", tmp_path) as served:
        write(own, {"questions.yaml": QUESTIONS + second})  # as `eval --init` does meanwhile
        page = visit(served)
        tab(page, "Evaluation")
        page.get_by_role("button", name="Go through them").click()
        walk = page.locator("#walk")
        expect(walk.get_by_role("textbox", name="Expected answer")).to_have_value("green")
        expect(walk.get_by_role("checkbox").first).to_be_checked()
        walk.get_by_role("textbox", name="Question").fill("Which colour has the lamp?")
        walk.get_by_role("textbox", name="Expected answer").fill("blue")
        walk.get_by_role("button", name="Keep").click()
        expect(walk.get_by_role("alert")).to_contain_text("stands in none of the ticked lines")
        expect(walk.get_by_role("textbox", name="Question")).to_have_value(
            "Which colour has the lamp?"
        )
        walk.get_by_role("textbox", name="Expected answer").fill("green")
        walk.get_by_role("button", name="Keep").click()
        expect(walk.locator("h2")).to_have_text("Question 2 of 2")
        expect(walk.locator("h2")).to_be_focused()
        walk.get_by_role("button", name="Drop").click()
        expect(walk).to_contain_text("1 question, 1 looked at")
        expect(walk).to_contain_text("Dropped: What age has the lamp")
        walk.get_by_role("button", name="Undo").click()
        expect(walk.locator("h2")).to_have_text("Question 2 of 2")
    kept = (own / "questions.yaml").read_text(encoding="utf-8")
    assert "Which colour has the lamp?" in kept
    assert "checked: true" in kept
    assert "What age has the lamp" in kept
