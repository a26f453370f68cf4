"""Fits the weights of the search (retrieval/fusion.py) on questions with known places.

    python benchmarks/fit_fusion.py --work DIR [--share 0.02] [--questions 200]

reads ../shared/data: `haystack.py` (a share of its articles, all of its notes), `passages` and
`strangers`. Indexes are made once below DIR and used again. Each candidate has four scores (BM25 of
the passage and of its file, each as a share of the best; cosine; the small reader's logit), and a
label: does it hold a gold place. The weights make the right passages likely among all candidates
(softmax over a question's candidates; each set of questions counts the same), with the passage's
BM25 as the unit. Figures are of halves that the fit has not seen. The five articles take no part.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_qa import Assistant
from summit_qa.retrieval import fusion
from summit_qa.types import Hit, Passage

DATA = Path(os.environ.get("SUMMIT_QA_DATA", Path(__file__).parents[2] / "shared" / "data"))
NAMES = ("passage words", "file words", "meaning", "reading")
Label = Callable[[Passage], bool]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's candidates: scores (n, 4), labels (n,), files (n,)."""

    scores: Array
    right: NDArray[np.bool_]
    files: list[str]


def module(path: Path) -> ModuleType:
    """A script of the data, to label with its own rules."""
    spec = importlib.util.spec_from_file_location(path.parent.name, path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


def rows(path: Path) -> list[dict[str, Any]]:
    """The questions of one file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def haystack(work: Path, share: float) -> Iterator[tuple[Path, str, Label]]:
    """Folder, question and label of each question of the haystack."""
    if not (work / "haystack").exists():
        script = [sys.executable, str(DATA / "haystack.py"), str(work / "haystack")]
        subprocess.run([*script, "--share", str(share)], check=True)
    for row in rows(work / "haystack" / "questions.jsonl"):
        yield (
            work / "haystack" / "docs",
            row["question"],
            lambda passage, gold=row["gold"]: passage.path in gold,
        )


def passages(work: Path, share: float) -> Iterator[tuple[Path, str, Label]]:
    """The same of the five long documents."""
    for row in rows(DATA / "passages" / "questions.jsonl"):
        yield (
            DATA / "passages" / "docs",
            row["question"],
            lambda passage, row=row: (
                passage.path == row["file"]
                and any(a < passage.span.end and passage.span.start < b for a, b in row["spans"])
            ),
        )


def strangers(work: Path, share: float) -> Iterator[tuple[Path, str, Label]]:
    """The same of the folders of strangers, by their own rules; follow-ups are left out."""
    score = module(DATA / "strangers" / "score.py")
    for row in rows(DATA / "strangers" / "questions.jsonl"):
        if row["answerable"] and isinstance(row["question"], str):
            yield (
                DATA / "strangers" / "docs" / row["folder"],
                row["question"],
                lambda passage, row=row: score.Place.of_hit(
                    Hit(passage, 0.0), row["folder"]
                ).covers_gold(row),
            )


SETS = {"haystack": haystack, "passages": passages, "strangers": strangers}


def candidates(assistant: Assistant, question: str, label: Label) -> Asked:
    """What the search weighs for a question, and which of it is right."""
    served = assistant.generation
    views = fusion.views(
        question,
        served,
        assistant.encoder,
        depth=50,
        reader=assistant.models.ranker,  # type: ignore[arg-type]
    )
    found = served.at_rows(views.rows)
    scores = np.column_stack([views.passages, views.files, views.cosines, views.logits])
    labels = np.array([label(passage) for passage in found])
    return Asked(scores.astype(float), labels, [passage.path for passage in found])


def collected(name: str, work: Path, share: float, most: int) -> list[Asked]:
    """The candidates of a sample of the questions of a set; remembered below ``work``."""
    asked = list(SETS[name](work, share))
    random.Random(0).shuffle(asked)
    by_folder: dict[Path, list[tuple[str, Label]]] = {}
    for folder, question, label in asked[:most]:
        by_folder.setdefault(folder, []).append((question, label))
    found = []
    for folder, questions in by_folder.items():
        index = work / f"{name}-{folder.name}"
        with Assistant.open(corpus=folder, index=index) as assistant:
            found += [candidates(assistant, question, label) for question, label in questions]
    return found


def fit(sets: list[list[Asked]]) -> Array:
    """Weights of the four scores, by gradient ascent on the chance of the right candidates."""
    weights = np.array([1.0, 1.0, 2.0, 0.07])
    scale = np.array([1.0, 1.0, 1.0, 0.1])  # a logit is ten times as large as a share
    sharp = 5.0
    for step in range(600):
        slope, sharper = np.zeros(4), 0.0
        for asked in sets:
            kept = [one for one in asked if one.right.any()]
            for one in kept:
                total = one.scores @ weights
                chance = np.exp(sharp * (total - total.max()))
                chance /= chance.sum()
                right = chance * one.right / max(1e-9, (chance * one.right).sum())
                pull = (right - chance) @ one.scores
                slope += pull / len(kept)
                sharper += (right - chance) @ total / len(kept)
        rate = 0.5 / (1 + step / 100)
        weights = np.maximum(0, weights + rate * sharp * slope * scale**2)
        weights /= weights[0] if weights[0] > 0.05 else 1
        sharp = float(np.clip(sharp + rate * sharper, 1, 40))
    return weights


def figures(asked: list[Asked], weights: Array) -> str:
    """hit@1, hit@5 and hit@10 of passages, and of files one after the other."""
    passage, file = [], []
    for one in asked:
        order = np.argsort(-(one.scores @ weights), kind="stable")
        first = np.flatnonzero(one.right[order])
        passage.append(first[0] if len(first) else 999)
        files = list(dict.fromkeys(one.files[at] for at in order))
        right = {one.files[at] for at in np.flatnonzero(one.right)}
        file.append(next((n for n, name in enumerate(files) if name in right), 999))
    return " ".join(
        f"{name} " + "/".join(f"{np.mean(np.array(ranks) < k):.3f}" for k in (1, 5, 10))
        for name, ranks in (("passages", passage), ("files", file))
    )


def main() -> None:
    """Collect, fit on halves, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    options = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"The data is missing: {DATA}")
    options.work.mkdir(parents=True, exist_ok=True)
    sets = {}
    for name in options.sets:
        sets[name] = collected(name, options.work, options.share, options.questions)
        print(f"{name}: {len(sets[name])} questions", flush=True)
    halves = [{name: asked[at::2] for name, asked in sets.items()} for at in (0, 1)]
    fits = [fit(list(half.values())) for half in halves]
    for name in sets:
        for at, weights in enumerate(fits):
            print(name, "unseen half:", figures(halves[1 - at][name], weights))
    now = [fusion.PASSAGE_WORDS, fusion.FILE_WORDS, fusion.MEANING, fusion.READ]
    tried = {
        "as it is": np.array(now),
        "words": np.array([1, 0, 0, 0.0]),
        "whole files": np.array([0, 1, 0, 0.0]),
        "meaning": np.array([0, 0, 1, 0.0]),
        "all but reading": np.array([*now[:3], 0]),
        "fitted": fit(list(sets.values())),
    }
    for label, weights in tried.items():
        print(f"{label} ({', '.join(f'{w:.2f}' for w in weights)})")
        for name, asked in sets.items():
            print(f"  {name}: {figures(asked, weights)}")


if __name__ == "__main__":
    main()
