"""Whether `check` calls true claims true and false ones false, and shows lines that say so.

    python benchmarks/claims.py [--claims FILE] [--docs FOLDER] [--every N] [--show]

``eval/claims.jsonl``: claims about the folders of eval/strangers, two wrong ones for each that is
true, written before anything was looked at. A claim that is false may be contradicted or not
found. Prints the shares of each verdict, and in how many cases a shown line bears it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path

from summit_qa import Assistant
from summit_qa.settings import Settings

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--claims", type=Path, default=ROOT / "eval" / "claims.jsonl")
    parser.add_argument("--docs", type=Path, default=ROOT / "eval" / "strangers" / "docs")
    parser.add_argument("--every", type=int, default=1, help="every so many claims only")
    parser.add_argument("--show", action="store_true", help="print what was wrong")
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.claims.read_text("utf-8").splitlines()]
    counts = {True: Counter[str](), False: Counter[str]()}
    bare = 0
    for folder in dict.fromkeys(row["folder"] for row in rows):
        with tempfile.TemporaryDirectory() as index:
            settings = Settings.load(corpus=options.docs / folder, index=Path(index) / "index")
            with Assistant.open(settings=settings) as assistant:
                for row in [row for row in rows if row["folder"] == folder][:: options.every]:
                    found = assistant.check(row["claim"])
                    counts[row["true"]][found.verdict] += 1
                    lines = (
                        found.supporting if found.verdict == "supported" else found.contradicting
                    )
                    bare += found.verdict != "not found" and not lines
                    wrong = "supported" if not row["true"] else "contradicted"
                    if options.show and found.verdict == wrong:
                        print(f"{wrong} {found.probability:.2f}: {row['claim']}")
                        for line in lines[:3]:
                            print(f"    {line.support:.2f} {line.location} {line.quote[:120]!r}")
    for true, said in counts.items():
        total = sum(said.values())
        shares = ", ".join(f"{name} {count / total:.3f}" for name, count in said.most_common())
        print(f"{'true' if true else 'false'} ({total}): {shares}")
    print(f"verdicts without a line: {bare}")


if __name__ == "__main__":
    main()
