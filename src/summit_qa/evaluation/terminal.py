"""Reports in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from summit_qa.documents.visible import visible
from summit_qa.evaluation.compare import compare
from summit_qa.evaluation.report import Report
from summit_qa.evaluation.results import JudgeRow, Table


def print_table(console: Console, table: Table) -> None:
    """Headers and rows; the first column is text, the others are numbers."""
    gap = 2 if console.width >= 90 else 1
    made = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, gap, 0, 0))
    for at, header in enumerate(table.headers):
        # Long names of engines take two lines, so that five columns fit into 80 characters.
        first, hyphen, last = header.rpartition("-") if len(header) > 12 else ("", "", header)
        broken = f"{visible(first)}{hyphen}\n{visible(last)}" if hyphen else visible(header)
        made.add_column(Text(broken), justify="right" if at else "left", no_wrap=True)
    for row in table.rows:
        made.add_row(*(Text(visible(text)) for text in row))
    console.print(made)
    console.print()


def print_reliability(console: Console, judge: JudgeRow) -> None:
    """Predicted probability against the share that people call entailed, a bin a row."""
    rows = [
        [
            f"{each.low:.1f}–{each.high:.1f}",
            f"{each.predicted:.2f}",
            f"{each.observed:.2f}",
            f"{each.count:,}",
        ]
        for each in judge.bins
    ]
    print_table(console, Table(["Probability", "mean", "entailed", "claims"], rows))


def print_changes(console: Console, report: Report, earlier: Report) -> None:
    """What moved since the earlier run; figures that did not are left out."""
    console.print(f"Against {visible(earlier.title())}", style="bold", markup=False)
    for change in compare(report, earlier):
        rows = [
            [
                each.definition.label,
                f"{100 * each.before:.1f}",
                f"{100 * each.after:.1f}",
                f"{100 * (each.after - each.before):+.1f}",
                ("better" if each.better else "worse") if each.clear else "within chance",
            ]
            for each in change.changes
            if round(each.after - each.before, 4)
        ]
        right, wrong = len(change.now_right), len(change.now_wrong)
        console.print(f"{change.name}: {right} now right, {wrong} now wrong", markup=False)
        if rows:
            print_table(console, Table(["Figure", "before", "now", "change", ""], rows))
