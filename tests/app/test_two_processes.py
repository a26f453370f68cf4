"""Two processes that serve one folder never lose each other's writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

EACH = 40

NOTES = """
import sys
from pathlib import Path
from summit_qa.app.uploads import Added
added, who = Added(Path(sys.argv[1])), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    added.note(f"{who}{number}.txt", b"x", who)
"""

DROPS = """
import sys
from pathlib import Path
from summit_qa.app.question_set import QuestionSet, state_of
questions, who = QuestionSet(None, Path(sys.argv[1]) / "questions.yaml"), sys.argv[2]
mine = [(it["id"], state_of(it)) for it in questions.all() if it["id"].startswith(who)]
print("ready", flush=True)
sys.stdin.readline()
for named, state in mine:
    questions.drop(named, state)
"""


def together(script: str, folder: Path) -> None:
    """Run the script in two processes that begin at the same moment."""
    command = [sys.executable, "-c", script, str(folder)]
    running = [
        subprocess.Popen(
            [*command, who, str(EACH)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for who in ("ann", "bob")
    ]
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        process.communicate(timeout=60)
        assert process.returncode == 0


def test_who_added_which_file_is_kept_for_both(tmp_path: Path) -> None:
    together(NOTES, tmp_path)
    kept = json.loads((tmp_path / "added.json").read_text(encoding="utf-8"))
    assert len(kept) == 2 * EACH


def test_what_either_changes_in_the_set_of_questions_stays_changed(tmp_path: Path) -> None:
    named = [f"{who}{number}" for number in range(EACH) for who in ("ann", "bob")]
    questions = [{"id": it, "question": f"What is {it}?"} for it in ["last", *named]]
    content = yaml.safe_dump({"questions": questions})
    (tmp_path / "questions.yaml").write_text(content, encoding="utf-8")
    together(DROPS, tmp_path)
    left = yaml.safe_load((tmp_path / "questions.yaml").read_text(encoding="utf-8"))["questions"]
    assert [it["id"] for it in left] == ["last"]
