"""Writes docs/commands.md from the command line's own help; `--check` only compares.

python scripts/command_docs.py
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
INTRODUCTION = """\
# Commands

Written by `python scripts/command_docs.py` from the command line itself; a test compares.

Every command but `eval` and `eval-judge` brings the index up to date with the folder first. \
Options beat the environment (`SUMMIT_QA_CORPUS`, `SUMMIT_QA_INDEX`, `SUMMIT_QA_ENGINE`, …), that \
beats a file `.env`. `--debug` shows the traceback of an error.

| exit status | meaning |
|---|---|
| 0 | answered |
| 1 | error, in one line on standard error |
| 2 | the command line is wrong |
| 3 | abstained: nothing in the folder answers, or the claim was not found |
| 4 | `eval`: a figure is below the gate |
| 130 | stopped by Ctrl-C |
"""


def page() -> str:
    """The page as it should be."""
    from typer.main import get_command
    from typer.testing import CliRunner

    from summit_qa.cli.main import app

    runner = CliRunner(env={"COLUMNS": "90", "NO_COLOR": "1", "TERM": "dumb"})

    def usage(*command: str) -> str:
        # Typer takes the width from the real terminal, unless it is told otherwise.
        output = runner.invoke(
            app, [*command, "--help"], prog_name="summit-qa", terminal_width=90, color=False
        ).output
        lines = (line.rstrip() for line in output.strip().splitlines())
        return "```text\n" + "\n".join(lines) + "\n```\n"

    parts = [INTRODUCTION, usage()]
    for name in get_command(app).commands:  # type: ignore[attr-defined]
        parts.append(f"## summit-qa {name}\n\n{usage(name)}")
    return "\n".join(parts)


def main() -> int:
    """Write the page, or say with 1 that it is out of date."""
    os.environ["COLUMNS"] = "90"
    made = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(made, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == made:
        return 0
    sys.stderr.write("docs/commands.md is out of date: run python scripts/command_docs.py\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
