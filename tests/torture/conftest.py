"""What survived: every test says how many cases it ran, and a table is printed at the end."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest
from flooding import SECRET, Quick, quick_server, towers
from form import LONG, Tally

from doubles import write

TESTS = Path(__file__).parents[1]
# Faults, probes and hostile files that other rooms' tests have made already.
sys.path += [str(TESTS / room) for room in ("documents/formats", "writer", "app")]

_ROWS: dict[str, tuple[str, int, str]] = {}  # node: what was done, cases, what was found
_RESULTS: dict[str, tuple[str, float]] = {}  # node: outcome, seconds
# In their long form, by the minutes that they take; half of all tests goes to each process first.
_LONGEST = (
    "test_readers_fuzzed",
    "test_one_large_file",
    "test_many_questions_with_syncs_between",
    "test_many_small_files",
    "test_a_writer_killed_at_every_step",
    "test_many_users_at_once",
)
_TALLY = "tally"  # the name under which a report carries the row, also from another process


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest, so that no process is left with one at the end."""
    if LONG:
        rank = {name: number for number, name in enumerate(_LONGEST)}
        ordered = sorted(items, key=lambda item: rank.get(item.name, len(rank)))
        items[:] = [*ordered[::2], *ordered[1::2]]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quick]:
    """A server over towers, with a secret beside its corpus; what was uploaded stays there."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "secret.txt").write_text(SECRET)
    with quick_server(folder, write(folder / "corpus", towers())) as found:
        yield found


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Called as ``tally("what is done to it", cases, "what was found")`` by a test that ends."""

    def count(row: str, cases: int, found: str = "") -> None:
        request.node.user_properties.append((_TALLY, (row, cases, found)))

    return count


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        _RESULTS[report.nodeid] = report.outcome, report.duration
        for name, value in report.user_properties:
            if name == _TALLY:
                row, cases, found = value  # type: ignore[misc]
                _ROWS[report.nodeid] = row, cases, found


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
    for node, (outcome, seconds) in sorted(_RESULTS.items()):
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
