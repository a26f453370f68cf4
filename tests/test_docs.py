"""Every shell and Python example of the documentation runs as it is written.

Three kinds do not run here: what needs a network or another program (``ELSEWHERE``), what serves
until it is stopped, and what takes minutes (``LONG``). Of these the flags of `summit-qa` are
parsed, the targets of `make` are looked up and Python is compiled.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer.main

from doubles import write
from summit_qa.cli.main import app, with_command

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
NOTES = {
    "lease.md": "# Lease\n\nAna Ruiz signed the lease on 3 May 2023. The lease ends in May 2026.\n",
    "rent.md": "# Rent\n\nThe rent increase is 40 euros a month. The rent goes up because the roof "
    "was repaired.\n",
}
ELSEWHERE = (
    *("pip ", "pipx ", "export ", "make ", "SCREENSHOTS=1 make "),
    *("ollama ", "lms ", "llama-server ", "vllm ", "brew ", "curl ", "summit-qa models"),
    *("chroma run", "docker compose ", "ray ", "summit-qa index notes --ray "),
)
LONG = ("summit-qa chat", "summit-qa eval")  # the first serves, the second measures for minutes
# Python that needs a server which is running, or takes minutes; the last is run by the tests of
# evaluation, on documents of its own.
COMPILED = (
    "gradio_client",
    "qdrant_client",
    "reply = client.chat.completions",
    "evaluate(assistant",
    "FaithfulnessEvaluator",
)


@dataclass(frozen=True)
class Example:
    """A fenced block, or one command of it."""

    page: str
    code: str
    with_model: bool = False  # comes after a language model was named in the same block

    def __str__(self) -> str:
        return f"{self.page}: {self.code.strip().splitlines()[0][:60]}"


def blocks(language: str) -> list[Example]:
    found = []
    for page in PAGES:
        fenced = re.findall(
            rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
        )
        found += [Example(page.name, code) for code in fenced]
    return found


def commands() -> list[Example]:
    found = []
    for block in blocks("sh"):
        with_model = False
        for line in block.code.splitlines():
            line = re.sub(r"\s+#\s.*", "", line).strip()
            with_model |= "SUMMIT_QA_LLM=" in line
            if line:
                found.append(Example(block.page, line, with_model))
    return found


COMMANDS = commands()


def runs_here(example: Example) -> bool:
    return not (example.with_model or example.code.startswith((*ELSEWHERE, *LONG)))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, article_index: Path) -> Path:
    """A clone as far as the examples need one, a home with notes, and `summit-qa` on the PATH."""
    place = tmp_path_factory.mktemp("docs")
    (place / "corpus").symlink_to(ROOT / "corpus")
    shutil.copytree(article_index, place / "index")
    write(place / "notes", NOTES)
    (place / "bin").mkdir()
    program = place / "bin" / "summit-qa"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m summit_qa.cli "$@"\n')
    program.chmod(0o755)
    (place / "scripts").symlink_to(ROOT / "scripts")
    return place


def run(place: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SUMMIT_QA_", "OPENAI_"))}
    path = f"{place / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=place,
        env=kept | {"HOME": str(place), "XDG_CACHE_HOME": str(place / "cache"), "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_there_are_examples_of_every_kind() -> None:
    kinds = [runs_here(example) for example in COMMANDS]
    assert kinds.count(True) >= 5
    assert {page.name for page in PAGES} >= {"README.md", "CONTRIBUTING.md", "chat.md"}
    assert len(blocks("python")) >= 4


@pytest.mark.parametrize("example", [it for it in COMMANDS if runs_here(it)], ids=str)
def test_a_command_runs(place: Path, example: Example) -> None:
    if "| jq" in example.code and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    command = example.code
    if " -i " in f"{command} ":
        command += " 'Who signed the lease?'"  # nobody is there to type it
    done = run(place, ["bash", "-o", "pipefail", "-c", command])
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() or "command_docs" in command


@pytest.mark.parametrize(
    "example", [it for it in COMMANDS if "summit-qa " in it.code and not runs_here(it)], ids=str
)
def test_a_command_that_does_not_run_here_has_flags_that_exist(example: Example) -> None:
    words = shlex.split(example.code.partition("|")[0])
    name, *arguments = with_command(words[words.index("summit-qa") + 1 :])
    command = typer.main.get_group(app).commands[name]
    command.make_context(name, arguments)  # a UsageError says what is wrong


@pytest.mark.parametrize("example", [it for it in COMMANDS if "make " in it.code], ids=str)
def test_make_has_the_targets(example: Example) -> None:
    words = shlex.split(example.code)
    targets = [word for word in words[words.index("make") + 1 :] if "=" not in word]
    rules = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets
    assert set(targets) <= set(rules)


def test_nothing_else_needs_a_network() -> None:
    known = ("summit-qa ", "python ", *ELSEWHERE)
    assert [it.code for it in COMMANDS if not it.code.startswith(known)] == []


@pytest.mark.parametrize("example", blocks("python"), ids=str)
def test_python_runs(place: Path, example: Example) -> None:
    compile(example.code, example.page, "exec")
    if not any(mark in example.code for mark in COMPILED):
        done = run(place, [sys.executable, "-c", example.code])
        assert done.returncode == 0, done.stderr


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_link_leads_somewhere() -> None:
    for page in PAGES:
        for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", page.read_text("utf-8")):
            if target.startswith("http"):
                continue
            at = page.parent / target if target else page
            assert at.exists(), f"{page.name}: {target}"
            assert not anchor or anchor in anchors(at), f"{page.name}: {target}#{anchor}"
