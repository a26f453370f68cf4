"""What 8-bit arithmetic costs the judge and the reader: both ways on the same rows.

    python training/compare_float.py --float build/training/float

The float32 models are those that `export.py --float` leaves. Writes
``training/results/float32.md``.
"""

from __future__ import annotations

import argparse
import random
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from collect import LABELS, ROOT, Models
from data import rows, span_rows
from measures import average_precision, mean_figure, reciprocal_rank, token_f1

PAIRS, SPANS = 600, 300


def main() -> None:
    """Measure both and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--float", type=Path, required=True)
    options = parser.parse_args()
    both = {
        "int8": Models.load(ROOT / "src/summit_qa/models"),
        "float32": Models.load(options.float),
    }
    pairs = random.Random(0).sample(list(rows("nli-val")), PAIRS)
    held = random.Random(0).sample(
        [row for row in span_rows(held=True) if row["answerable"]], SPANS
    )
    ranked = [row for row in rows("calibration-trecqa-dev") if any(row["labels"])]
    figures: dict[str, dict[str, str]] = {}
    logits = {}
    for name, models in both.items():
        logits[name] = models.judge.run([(row["claim"], row["evidence"]) for row in pairs])[
            "support"
        ]
        right = [
            float(LABELS[int(row.argmax())] == pair["label"])
            for row, pair in zip(logits[name], pairs, strict=True)
        ]
        scores = [
            (
                [
                    reading.relevance
                    for reading in models.reader.read(r["question"], r["candidates"])
                ],
                r,
            )
            for r in ranked
        ]
        found = []
        for row in held:
            (reading,) = models.reader.read(row["question"], [row["context"]])
            found.append(token_f1(row["context"][reading.start : reading.end], row["answer"]))
        measured = {
            f"judge alone: three-way accuracy, {PAIRS} rows of nli-val": right,
            "reader alone: TREC-QA, MAP": [average_precision(s, r["labels"]) for s, r in scores],
            "reader alone: TREC-QA, MRR": [reciprocal_rank(s, r["labels"]) for s, r in scores],
            f"span F1, {SPANS} held-out questions": found,
        }
        for what, values in measured.items():
            figure = mean_figure([float(value) for value in values])
            figures.setdefault(what, {})[name] = (
                f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"
            )
    apart = float(np.abs(logits["int8"] - logits["float32"]).mean())
    same = float((logits["int8"].argmax(-1) == logits["float32"].argmax(-1)).mean())
    lines = [
        "# int8 against float32",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} by `training/compare_float.py`, on the same rows;"
        " 95 % bootstrap intervals.",
        "",
        "| figure | int8 | float32 |",
        "|---|---|---|",
        *(f"| {what} | {by['int8']} | {by['float32']} |" for what, by in figures.items()),
        f"| judge: same label on {PAIRS} rows | {same:.1%} | |",
        f"| judge: mean difference of a logit | {apart:.3f} | |",
        "",
    ]
    (ROOT / "training/results/float32.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
