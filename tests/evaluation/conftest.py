"""A corpus of two files, questions on it, and values to make cases and answers of."""

from __future__ import annotations

from pathlib import Path

import pytest

from doubles import write
from summit_qa.assistant import Assistant

FILES = {
    "a.txt": "The bridge opened in 1932.\n\nIt cost six million pounds.\n",
    "b.txt": "The bridge opened in 1931, others say.\n\nAnn Lee built the bridge.\n",
}
QUESTIONS = """
questions:
  - id: when
    question: "When did the bridge open?"
    kind: conflict
    gold: [{file: a.txt, line: 1}, {file: b.txt, line: 1}]
    must: [["1932", "1931"]]
    sides: [[{file: a.txt, line: 1}], [{file: b.txt, line: 1}]]
  - id: who
    question: "Who built the bridge?"
    kind: fact
    gold: [{file: b.txt, line: 3}]
    must: [["Ann Lee"]]
  - id: cost
    question: "What did it cost?"
    kind: follow_up
    follows: who
    gold: [{file: a.txt, line: 3}]
    must: [["six million"]]
  - id: painted
    question: "Did Bob Ross paint the bridge?"
    kind: unanswerable
    why: "Nobody says who painted it."
"""


@pytest.fixture
def bridges(quick: Assistant, tmp_path: Path) -> Assistant:
    """The assistant of doubles over the two files; the questions lie beside the corpus."""
    write(tmp_path / "corpus", FILES)
    write(tmp_path, {"questions.yaml": QUESTIONS})
    quick.sync()
    return quick
