"""A parser that crashes, hangs or eats memory costs one file; the next one is read."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from papers import PROSE, pdf, wrapped

from summit_qa.documents.formats import isolated, read
from summit_qa.documents.formats.isolated import Isolated
from summit_qa.documents.formats.reading import Limits, Unreadable

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX processes")


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Isolated]:
    """A process whose parser does what the file's name says."""
    monkeypatch.setattr(isolated, "_MODULE", "breaking_worker")
    with Isolated(Limits(seconds=2, memory=2 << 30)) as parser:
        yield parser


@posix
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("crash", "its reader crashed on it"),
        ("hang", "longer than the limit of 2 seconds"),
        ("memory", "more memory than the limit"),
        ("fault", r"its reader failed on it \(KeyError\)"),
    ],
)
def test_a_broken_parser_is_a_reason_and_the_next_file_is_read(
    breaking: Isolated, name: str, reason: str
) -> None:
    for _ in range(2):
        with pytest.raises(Unreadable, match=reason):
            breaking.read(b"", name)
        assert breaking.read(b"good", "next").text == "good"


@posix
def test_what_a_parser_prints_is_no_reply(breaking: Isolated) -> None:
    assert breaking.read(b"good", "prints").text == "good"


@posix
def test_no_secret_of_the_environment_reaches_the_parser(
    breaking: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert "OPENAI_API_KEY" not in breaking.read(b"", "environment").text


@posix
def test_one_process_serves_many_files_and_ends_with_its_owner(breaking: Isolated) -> None:
    first = breaking.read(b"", "process").text
    assert breaking.read(b"", "process").text == first
    breaking.close()
    assert not _lives(int(first))


@posix
def test_the_process_ends_when_its_parent_is_killed_in_the_middle_of_a_file() -> None:
    script = (
        "import threading, time, sys\n"
        "from summit_qa.documents.formats import isolated\n"
        "isolated._MODULE = 'breaking_worker'\n"
        "parser = isolated.Isolated()\n"
        "print(parser.read(b'', 'process').text, flush=True)\n"
        "parser.read(b'', 'hang')\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.3)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 30
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(child)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:  # what has ended but was not waited for
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
        return state.rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def test_reading_apart_gives_what_reading_here_gives() -> None:
    data = pdf([wrapped(PROSE, 72, 760, 300)], title="„Größe“ \U0001f642")
    with Isolated() as parser:
        assert parser.read(data, "a.pdf") == read(data, "a.pdf")


def test_a_file_over_the_limit_starts_no_process() -> None:
    with Isolated(Limits(bytes=10)) as parser:
        with pytest.raises(Unreadable, match="larger than the limit of 10 bytes"):
            parser.read(bytes(11), "a.pdf")
        assert parser._process is None
