import io

from making import report, row
from rich.console import Console

from summit_qa.evaluation.results import BinRow, Figure, JudgeRow, Table
from summit_qa.evaluation.terminal import print_changes, print_reliability, print_table


def console(width: int = 80) -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, width=width, color_system=None), written


def test_four_engines_fit_into_eighty_characters() -> None:
    screen, written = console()
    engines = ["reader", "stock-llamaindex", "bm25-top-sentence", "first-lines"]
    rows = [["Abstention precision", *["100 (98–100)"] * 4, "200"]]
    print_table(screen, Table(["Figure", *engines, "of"], rows))
    assert "…" not in written.getvalue()
    assert written.getvalue().count("100 (98–100)") == 4


def test_text_cannot_drive_the_terminal() -> None:
    screen, written = console()
    print_table(screen, Table(["a\x1b[2J"], [["[red]b\x1b]0;x\x07[/red]"]]))
    assert "\x1b" not in written.getvalue()
    assert "[red]b" in written.getvalue()


def test_changes_name_what_moved_and_leave_out_what_did_not() -> None:
    screen, written = console()
    before = report({"reader": [row("a", figures={"right": (0, 1), "facts": (1, 1)})]})
    after = report({"reader": [row("a", figures={"right": (1, 1), "facts": (1, 1)})]})
    print_changes(screen, after, before)
    assert "Answered correctly" in written.getvalue()
    assert "Facts present" not in written.getvalue()


def test_reliability_is_listed_by_bins() -> None:
    screen, written = console()
    figure = Figure(value=0.5)
    bins = (BinRow(low=0.2, high=0.3, count=7, predicted=0.25, observed=0.5),)
    judge = JudgeRow(
        data="x",
        count=7,
        positives=3,
        threshold=0.5,
        auroc=figure,
        balanced_accuracy=figure,
        calibration_error=figure,
        bins=bins,
    )
    print_reliability(screen, judge)
    assert "0.2–0.3" in written.getvalue()
    assert "0.25" in written.getvalue()
