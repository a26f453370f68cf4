"""How often a disagreement that is shown is one, and how many are found.

    python benchmarks/disagreements.py [--show]

Each pair of eval/disagreements.jsonl, written before any was tried, makes a folder of two files
that are asked its question; half of the pairs differ in what is asked.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from summit_qa import Assistant

PAIRS = Path(__file__).parents[1] / "eval" / "disagreements.jsonl"


def main() -> None:
    """Print precision and recall."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--show", action="store_true", help="print the pairs that came out wrong")
    options = parser.parse_args()
    pairs = [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()]
    shown: list[bool] = []
    answered = 0
    for pair in pairs:
        with tempfile.TemporaryDirectory() as folder:
            docs = Path(folder) / "docs"
            docs.mkdir()
            for name in ("one", "two"):
                (docs / f"{name}.txt").write_text(pair[name] + "\n", "utf-8")
            with Assistant.open(docs, Path(folder) / "index") as assistant:
                answer = assistant.ask(pair["question"])
        shown.append(bool(answer.disagreements))
        answered += not answer.abstained
        if options.show and shown[-1] != pair["differ"]:
            print(f"{'false' if shown[-1] else 'missed'}: {pair['one']} / {pair['two']}")
    right = sum(each and pair["differ"] for each, pair in zip(shown, pairs, strict=True))
    differ = sum(pair["differ"] for pair in pairs)
    print(
        f"{len(pairs)} pairs, {answered} answered: {sum(shown)} disagreements shown, {right} are; "
        f"{right} of {differ} found"
    )


if __name__ == "__main__":
    main()
