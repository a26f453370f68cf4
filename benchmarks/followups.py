"""How often a follow-up, rewritten by rules, finds the passage that a person's rewrite finds.

    python benchmarks/followups.py [--show N] [--sample N]

``more/question-rewrite`` of the shared data: conversations about articles (CANARD, people's
rewrites). The passages are made of what the conversations were told, title first, so that there
are thousands to find the right one among; found by BM25 as the index has it. Prints the share
with the same passage first as asked, by the rules, and in full: the rewrite and the history.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import tempfile
from pathlib import Path

from summit_qa.conversation.followup import stand_alone, subject_of
from summit_qa.index.bm25 import BM25Index, write_bm25
from summit_qa.types import Answer, Statement

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("SUMMIT_QA_DATA", ROOT.parent / "shared" / "data"))
PASSAGE = 800  # characters


def rows() -> list[dict]:
    """The conversations about articles that have an answer to lean on."""
    with gzip.open(DATA / "more" / "question-rewrite.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return [row for row in found if row["source"] == "canard-dev"]


def passages(found: list[dict]) -> list[str]:
    """What each conversation was told, in passages that begin with title and section."""
    longest: dict[tuple[str, str], list[str]] = {}
    for row in found:
        title, section, *turns = row["history"]
        if len(turns) > len(longest.get((title, section), ())):
            longest[title, section] = turns
    made = []
    for (title, section), turns in longest.items():
        text = ""
        for told in turns[1::2]:
            if text and len(text) + len(told) > PASSAGE:
                made.append(f"{title}: {section}\n{text}")
                text = ""
            text += told + " "
        made.append(f"{title}: {section}\n{text}")
    return made


def turn(question: str, told: str, rewritten: str | None = None) -> Answer:
    """A turn of the conversation as the assistant keeps it."""
    said = (Statement(told, (), "supported"),) if told else ()
    return Answer(question, told, None, said, (), "answered", None, rewritten=rewritten)


def rewritten(row: dict) -> str:
    """What is searched for by the rules, which rewrote the questions before as well."""
    title, _section, *history = row["history"]
    turns = [turn(f"What is said about {title}?", "")]
    for question, told in zip(history[::2], history[1::2], strict=True):
        turns.append(turn(question, told, stand_alone(question, turns)))
    made = stand_alone(row["question"], turns) or row["question"]
    return f"{made} {subject_of(made, turns)}".rstrip()


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--show", type=int, default=0, help="print so many misses")
    parser.add_argument("--sample", type=int, default=10_000)
    options = parser.parse_args()
    found = rows()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bm25"
        write_bm25(path, passages(found))
        index = BM25Index(path)
        first = lambda query: next(iter(index.search(query, 1)), (None, 0))[0]  # noqa: E731
        asked = random.Random(1).sample(found, min(options.sample, len(found)))
        leaning = [row for row in asked if row["question"] != row["rewrite"]]
        marks: dict[str, list[bool]] = {"as asked": [], "by the rules": []}
        misses = []
        for row in leaning:
            wanted = first(row["rewrite"])
            ours = rewritten(row)
            marks["as asked"].append(first(row["question"]) == wanted)
            marks["by the rules"].append(first(ours) == wanted)
            if not marks["by the rules"][-1]:
                misses.append((row, ours))
        for name, values in marks.items():
            print(f"{name}: {sum(values) / len(values):.3f} of {len(values)}")
        for row, ours in random.Random(2).sample(misses, min(options.show, len(misses))):
            print(f"\n{row['history'][:2]} … {row['history'][-2:]}")
            print(f"  asked  {row['question']}\n  people {row['rewrite']}\n  rules  {ours}")


if __name__ == "__main__":
    main()
