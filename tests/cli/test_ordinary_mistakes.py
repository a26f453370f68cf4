"""The real command in a process of its own: ordinary mistakes are one line, never a traceback.

In one process the threads that import beside the question would outlive the command unnoticed.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from doubles import write

COMMAND = [sys.executable, "-m", "summit_qa.cli"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A current folder with documents, an empty folder and a file."""
    write(tmp_path / "corpus", {"lease.txt": "The lease ends in May.\nAna signed it.\n"})
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("a file")
    return tmp_path


def environment(place: Path) -> dict[str, str]:
    """Nothing set from outside, and a cache directory of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SUMMIT_QA_", "OPENAI_"))}
    return kept | {"XDG_CACHE_HOME": str(place / "cache"), "HOME": str(place)}


def shell(place: Path, line: str, **given: str) -> subprocess.CompletedProcess[str]:
    """What the line left behind; ``summit-qa`` in it is this program."""
    return subprocess.run(
        line.replace("summit-qa", shlex.join(COMMAND)),
        shell=True,
        cwd=place,
        env=environment(place) | given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("summit-qa ask ''", "The question is empty"),
        ("summit-qa ask Who? --corpus empty", "No text was found in empty"),
        ("summit-qa ask Who? --passages 0", "Setting 'passages'"),
        ("summit-qa ask Who? --index file", "it is not a folder"),
        ("summit-qa ask Who? --index file/index", "it is not a folder"),
        ("summit-qa ask Who? --index /proc/index", "cannot be written"),
        ("summit-qa ask Who? --corpus nowhere", "There is no folder nowhere"),
    ],
)
def test_a_mistake_is_one_line(place: Path, line: str, said: str) -> None:
    done = shell(place, line)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("later", [0, 0.3, 0.6, 1.2])  # seconds; whatever it does then
def test_ctrl_c_during_ask_is_one_line(place: Path, later: float) -> None:
    asking = subprocess.Popen(
        [*COMMAND, "ask", "-i"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=place,
        env=environment(place),
        start_new_session=True,  # as a terminal does, which interrupts the whole group
        preexec_fn=interruptible,
    )
    until = time.monotonic() + 60
    while not (place / "index").exists() and time.monotonic() < until:
        time.sleep(0.02)  # the folder is made while the models load and libraries are imported
    time.sleep(later)
    os.killpg(asking.pid, signal.SIGINT)
    out, err = asking.communicate(timeout=60)
    assert (out, err, asking.returncode) == ("", "Stopped.\n", 130)
    until = time.monotonic() + 60
    while building(place) and time.monotonic() < until:
        time.sleep(0.05)  # what was being built is removed by the process that would check it
    assert not building(place)


def test_ctrl_c_while_a_library_is_busy() -> None:
    script = (
        "from summit_qa.cli.stopping import end_at_once; end_at_once(); print('busy', flush=True); "
        "import hashlib; hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)"
    )
    busy = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=interruptible,
    )
    assert busy.stdout is not None
    assert busy.stdout.readline() == b"busy\n"
    time.sleep(0.1)
    busy.send_signal(signal.SIGINT)
    assert busy.communicate(timeout=60) == (b"", b"Stopped.\n")
    assert busy.returncode == 130


def interruptible() -> None:
    """Undo what a runner in the background hands down, where Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def building(place: Path) -> list[Path]:
    """What lies half built in the index."""
    return list((place / "index").glob(".building-*"))


def test_ctrl_c_gives_the_terminal_back_as_it_was(place: Path) -> None:
    import termios

    shell(place, "summit-qa index")
    ours, theirs = os.openpty()
    before = termios.tcgetattr(theirs)
    asking = subprocess.Popen(
        [*COMMAND, "ask", "-i"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=place,
        env=environment(place) | {"TERM": "xterm"},
        start_new_session=True,
        preexec_fn=interruptible,
    )
    said = b""
    while b"\n? " not in said.replace(b"\x1b[?2004h", b""):
        said += os.read(ours, 1000)
    assert termios.tcgetattr(theirs) != before  # the prompt reads key by key
    # At once: between its prompt and its waiting, readline keeps a signal for the next key.
    os.killpg(asking.pid, signal.SIGINT)
    assert asking.wait(60) == 130
    assert termios.tcgetattr(theirs) == before
    assert os.read(ours, 1000).endswith(b"Stopped.\r\n")
    os.close(ours)
    os.close(theirs)


def test_a_closed_input_is_no_mistake(place: Path) -> None:
    asked = shell(place, "summit-qa ask 'Who signed the lease?' <&-")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "[1] lease.txt:2" in asked.stdout
    conversed = shell(place, "summit-qa ask -i <&-")
    assert (conversed.returncode, conversed.stdout, conversed.stderr) == (0, "", "")


def test_an_output_that_is_cut_off_or_closed_is_no_mistake(place: Path) -> None:
    cut = shell(place, "summit-qa search 'lease Ana' | head -1")
    assert cut.stdout.startswith(" 1. lease.txt:")
    assert cut.stderr == ""
    assert shell(place, "summit-qa search lease | head -0").stderr == ""
    assert shell(place, "summit-qa search lease >&-").stderr == ""


def test_a_question_needs_no_command_and_may_come_through_a_pipe(place: Path) -> None:
    for line in (
        "summit-qa 'Who signed the lease?'",
        "summit-qa --json 'Who signed the lease'",
        "echo 'Who signed the lease?' | summit-qa ask",
    ):
        done = shell(place, line)
        assert (done.returncode, done.stderr) == (0, "")
        assert "lease.txt:2" in done.stdout


def test_a_folder_alone_is_enough_and_leaves_the_index_here_alone(place: Path) -> None:
    shell(place, "summit-qa index")
    here = sorted((place / "index").rglob("*"))
    write(place / "notes", {"secret.txt": "The password is plum.\n", "picture.png": "\0"})
    done = shell(place, "summit-qa 'What is the password?' --corpus notes")
    assert "secret.txt:1" in done.stdout
    assert done.stderr == "1 file was not read; `summit-qa index notes` says why.\n"
    assert shell(place, "summit-qa 'What is the password?' --corpus notes").stderr == ""
    assert sorted((place / "index").rglob("*")) == here
    assert [entry.name[:6] for entry in (place / "cache/summit-qa/index").iterdir()] == ["notes-"]
    refused = shell(place, "summit-qa 'What is the password?' --corpus notes --index index")
    assert refused.returncode == 1
    assert "belongs to the folder" in refused.stderr
    assert refused.stderr.count("\n") == 1
