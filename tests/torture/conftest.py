"""What survived: every test says how many cases it ran, and a table is printed at the end."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest
from form import LONG, Tally

TESTS = Path(__file__).parents[1]
# Faults, probes and hostile files that other rooms' tests have made already.
sys.path += [str(TESTS / room) for room in ("documents/formats", "writer", "app")]

_ROWS: dict[str, tuple[str, int, str]] = {}  # node: what was done, cases, what was found
_RESULTS: dict[str, tuple[str, float]] = {}  # node: outcome, seconds


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Called as ``tally("what is done to it", cases, "what was found")`` by a test that ends."""

    def count(row: str, cases: int, found: str = "") -> None:
        _ROWS[request.node.nodeid] = (row, cases, found)

    return count


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        _RESULTS[report.nodeid] = report.outcome, report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    table = _table()
    if table:
        terminalreporter.write_line("\n" + table)
        if file := os.environ.get("TORTURE_TABLE"):
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).write_text(table + "\n", encoding="utf-8")


def _table() -> str:
    """A Markdown table of the tests that ran, with date, machine and versions above it."""
    lines = []
    for node, (outcome, seconds) in _RESULTS.items():
        if not node.startswith("tests/torture/"):
            continue
        row, cases, found = _ROWS.get(node, (node.rpartition("::")[2].replace("_", " "), 0, ""))
        said = {"passed": "survived", "failed": "**failed**"}.get(outcome, outcome)
        lines.append(f"| {row} | {cases or ''} | {said} | {found} | {seconds:.0f} |")
    if not lines:
        return ""
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("chromadb", "gradio", "llama-index-core", "openai")
    )
    head = (
        f"{datetime.now(UTC):%Y-%m-%d}, {'long' if LONG else 'short'} form, "
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}, {libraries}\n\n"
        "| what is done to it | cases | outcome | found | seconds |\n|---|---|---|---|---|"
    )
    return "\n".join([head, *lines])
