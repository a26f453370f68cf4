"""Fits how much the search has a say in the confidence of an answer (reader/standing_out.py).

    python benchmarks/fit_confidence.py --work DIR [--share 1.0] [--questions 150] [--write]

Questions of ../shared/data about two kinds of files of one large folder: the haystack's notes, and
paragraphs of the Guardian (`onestopqa-evidence`). Each is asked twice, of the whole folder and of
all but the file that answers; a regression tells the two apart, both kinds counting the same. The
bias is set so that LOST of the haystack's answerable questions are declined at the limit that the
reader has. Figures are of halves that the fit has not seen; `--write` keeps the coefficients.
The index is made once below DIR; with `--share 1.0` that takes minutes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summit_qa import Assistant
from summit_qa.models.thresholds import FILE, Logistic, Thresholds, logit
from summit_qa.reader import reader as reading
from summit_qa.reader.found import Found
from summit_qa.reader.standing_out import features
from summit_qa.types import Hit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "training"))
from measures import auroc, fit_logistic  # noqa: E402 - a script of its own beside this one

DATA = Path(os.environ.get("SUMMIT_QA_DATA", ROOT.parent / "shared" / "data"))
LOST = 0.15
SEARCH_SAYS = "standing_out"


@dataclass(frozen=True, slots=True)
class Row:
    """A question asked of a folder that answers it or does not, and what was seen."""

    kind: str
    number: int
    answered: bool
    seen: tuple[float, ...]


def folder(work: Path, share: float) -> Iterator[tuple[str, str, str]]:
    """Write the folder once; the kind, question and answering file of each question."""
    docs = work / "haystack" / "docs"
    if not docs.exists():
        script = [sys.executable, str(DATA / "haystack.py"), str(docs.parent)]
        subprocess.run([*script, "--share", str(share)], check=True)
    for line in (docs.parent / "questions.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        yield "haystack", row["question"], row["gold"][0]
    names: dict[str, str] = {}
    with gzip.open(DATA / "more" / "onestopqa-evidence.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["source"].endswith("Adv"):
                name = names.setdefault(row["context"], f"paragraph-{len(names):03}.txt")
                (docs / name).write_text(row["context"] + "\n", "utf-8")
                yield "Guardian", row["question"], name


def rows(assistant: Assistant, asked: Sequence[tuple[str, str, str]]) -> list[Row]:
    """What is seen of each question, with and without the file that answers."""
    seen: list[tuple[float, ...] | None] = []

    def recorded(
        confidence: float, found: Found, hits: Sequence[Hit], passages: int, said: Logistic
    ) -> float:
        seen.append(features(confidence, found, hits))
        return confidence

    reading.weighed = recorded
    everything = frozenset(assistant.documents)
    made = []
    for number, (kind, question, file) in enumerate(asked):
        for without in (False, True):
            seen.clear()
            assistant.within(everything - {file} if without else None).ask(question)
            if seen and seen[0] is not None:  # else it was declined for another reason
                made.append(Row(kind, number, not without, seen[0]))
    return made


def fitted(made: Sequence[Row]) -> Logistic:
    """The regression, every kind counting the same, with its bias where LOST says."""
    seen = np.array([row.seen for row in made])
    answered = np.array([row.answered for row in made])
    kinds = [row.kind for row in made]
    shares = np.array([1 / kinds.count(kind) for kind in kinds]) * len(made) / len(set(kinds))
    weights, _ = fit_logistic(seen, answered, weights=shares)
    scores = seen @ np.array(weights)
    here = answered & np.array([kind == "haystack" for kind in kinds])
    limit = logit(Thresholds.load().tentative)
    bias = limit - float(np.quantile(scores[here], LOST))
    return Logistic(tuple(round(float(weight), 4) for weight in weights), round(bias, 4))


def figures(made: Sequence[Row], said: Logistic) -> str:
    """AUROC, and how many of both are declined, beside the reading alone."""
    limit = logit(Thresholds.load().tentative)
    answered = np.array([row.answered for row in made])

    def told(scores: NDArray[np.float64]) -> str:
        low = scores < limit
        return (
            f"AUROC {auroc(scores, answered):.3f}, answerable declined {low[answered].mean():.2f}, "
            f"unanswerable {low[~answered].mean():.2f}"
        )

    alone = np.array([row.seen[0] for row in made])
    weighed = np.array([said.logit(row.seen) for row in made])
    return f"{len(made)} rows: {told(weighed)}; by reading alone {told(alone)}"


def main() -> None:
    """Collect, fit on halves, print; keep the coefficients if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--questions", type=int, default=150, help="of each kind")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"The data is missing: {DATA}")
    options.work.mkdir(parents=True, exist_ok=True)
    asked = list(folder(options.work, options.share))
    random.Random(0).shuffle(asked)
    chosen = [
        one
        for kind in ("haystack", "Guardian")
        for one in [each for each in asked if each[0] == kind][: options.questions]
    ]
    with Assistant.open(options.work / "haystack" / "docs", options.work / "index") as assistant:
        made = rows(assistant, chosen)
    for half in (0, 1):
        said = fitted([row for row in made if row.number % 2 != half])
        for kind in ("haystack", "Guardian"):
            unseen = [row for row in made if row.number % 2 == half and row.kind == kind]
            print(f"unseen half, {kind}, {figures(unseen, said)}")
    said = fitted(made)
    print(said)
    if options.write:
        content = json.loads(FILE.read_text("utf-8"))
        content["coefficients"][SEARCH_SAYS] = {"weights": list(said.weights), "bias": said.bias}
        FILE.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
