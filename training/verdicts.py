"""How right verdicts are, by how far the plainest sentence for one side is ahead of the other.

    python training/verdicts.py [--sample N]

Prints, for thresholds of ``lean`` in models/thresholds.json, the share of yes/no questions that
get a verdict and how many of those are right, on Argus, BoolQ and CondaQA, each and yes and no
with equal weight. The threshold is set by hand from this table: precision 0.85 for "balanced".
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from collect import ROOT, Models
from data import held_out, rows
from summit_qa.models.base_model import BaseReader
from summit_qa.models.support import SupportModel
from summit_qa.models.thresholds import Thresholds
from summit_qa.reader.found import Found
from summit_qa.reader.verdict import decide

GRID = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


def questions(sample: int) -> list[tuple[str, str, list[str], bool]]:
    """File, question, texts and whether yes is right."""
    found = []
    for name in ("boolq-train", "condaqa"):
        kept = [row for row in rows(f"more/{name}") if held_out(row["passage"])]
        kept = [row for row in kept if row["answer"] in ("yes", "no")]
        found += [
            (name, row["question"], [row["passage"]], row["answer"] == "yes")
            for row in kept[:sample]
        ]
    for row in list(rows("calibration-argus-val"))[:sample]:
        found.append(("argus", row["question"], row["sentences"], row["answer"] in ("yes", True)))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sample", type=int, default=100, help="questions of each file")
    options = parser.parse_args()
    models = Models.load(ROOT / "src/summit_qa/models/base")
    judge, reader = SupportModel.of(models.base), BaseReader.of(models.base)
    limits = Thresholds.load()
    asked = questions(options.sample)
    read = []
    for _, question, texts, _ in asked:
        text = question.strip().capitalize().rstrip("?") + "?"
        made = models.windows(text, texts)
        windows, relevances = [it.window for it in made], [it.around.relevance for it in made]
        spans = reader.spans(text, windows, relevances)
        read.append(Found((), tuple(made), tuple(spans), tuple(it.answerable for it in spans)))
    weights = [
        1 / sum(other[0] == row[0] and other[3] == row[3] for other in asked) for row in asked
    ]
    for least in GRID:
        verdicts = [
            decide(row[1], found, judge, replace(limits, lean=least)).verdict
            for row, found in zip(asked, read, strict=True)
        ]
        given = np.array([verdict is not None for verdict in verdicts])
        right = np.array([(v == "yes") == row[3] for v, row in zip(verdicts, asked, strict=True)])
        shares = np.array(weights)
        precision = np.average(right[given], weights=shares[given])
        print(f"{least}: given {np.average(given, weights=shares):.3f}, right {precision:.3f}")


if __name__ == "__main__":
    main()
