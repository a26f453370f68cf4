"""Measures the judge and the reader against their floors, with bootstrap intervals.

    python training/evaluate.py --name int8
    python training/evaluate.py --name float32 --models build/training/float

writes ``training/results/figures-<name>.json`` and, from all that are there, ``figures.md``.
A figure that needs a fitted regression comes from fits that have not seen the row (five folds);
BUMP and the polarity pairs take no part in any fit.
"""

from __future__ import annotations

import argparse
import json
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from calibrate import (
    FOLDS,
    SHARES,
    SupportRows,
    answerable_rows,
    cross_fitted_lines,
    even,
    folds_of,
    line_f1,
    probabilities,
    relevance_rows,
    span_answerable,
    yes_no_rows,
)
from collect import ROOT, Models, Rows, collect
from measures import (
    Array,
    Figure,
    auroc_figure,
    average_precision,
    cross_fitted,
    fit_logistic,
    mean_figure,
    predict,
    reciprocal_rank,
    token_f1,
)
from summit_qa.models.support import JUDGE_ALONE
from summit_qa.models.thresholds import FILE, Multinomial

RESULTS = ROOT / "training" / "results"
FLOORS = {
    "nli-val: three-way accuracy": 0.66,
    "nli-val: three-way accuracy, judge alone": None,
    "FRANK CNN/DM: AUROC": 0.75,
    "FRANK CNN/DM: AUROC, judge alone": None,
    "BUMP: reference above its edited twin": 0.80,
    "BUMP: reference above its edited twin, judge alone": None,
    "WiCE: supported, AUROC": 0.78,
    "WiCE: supported, AUROC, judge alone": None,
    "WiCE: chosen sentences, F1": 0.58,
    "Argus: yes/no, accuracy": 0.78,
    "TREC-QA: MAP": 0.78,
    "TREC-QA: MRR": 0.83,
    "held-out questions: span F1": 0.75,
    "held-out questions: answerable, AUROC": 0.80,
    "ClapNQ: answerable, AUROC": 0.83,
    "questions with and without their answer: AUROC": None,
    "Argus with and without its evidence: AUROC": None,
    "TREC-QA with and without its answer: AUROC": None,
    "polarity: both of the pair right": 0.80,
    "polarity: true above false": None,
}
SILENCE = {
    "ClapNQ: answerable, AUROC": "clapnq",
    "questions with and without their answer: AUROC": "questions",
    "Argus with and without its evidence: AUROC": "argus",
    "TREC-QA with and without its answer: AUROC": "trecqa",
}


def figures(models: Models, sample: int | None) -> dict[str, Figure]:
    """Every figure of FLOORS."""
    collected = {name: collect(name, models, sample) for name in (*SHARES, "bump", "polarity")}
    rows = SupportRows.of(collected)
    support, fits = rows.fit(), rows.cross_fits()
    models = models.fitted(support)
    later = ("claims", "argus", "trecqa", "spans", "answerable", "candidates")
    collected |= {name: collect(name, models, sample) for name in later}
    found: dict[str, Figure] = {}
    for suffix, by_fold, whole in (
        ("", fits, support),
        (", judge alone", [JUDGE_ALONE] * FOLDS, JUDGE_ALONE),
    ):
        found |= {
            name + suffix: figure for name, figure in _support(collected, by_fold, whole).items()
        }
    found["WiCE: chosen sentences, F1"] = _lines(collected["claims"])
    found |= _reading(collected)
    found |= _polarity(collected["polarity"], support)
    return found


def _support(
    collected: dict[str, Rows], fits: list[Multinomial], whole: Multinomial
) -> dict[str, Figure]:
    """What the judge's regression is judged by; each row by a fit without its fold."""

    def entailed(windows: Array, fit: Multinomial) -> float:
        return float(probabilities(windows, fit)[0])

    nli = [
        float(int(probabilities(row["windows"], fits[fold]).argmax()) == row["label"])
        for row, fold in _with_folds(collected["nli-val"])
    ]
    # FRANK's factuality is the share of a summary's sentences that are so: the mean estimates it.
    frank = [
        float(np.mean([entailed(windows, fits[fold]) for windows in row["windows"]]))
        for row, fold in _with_folds(collected["frank"])
    ]
    bump = [
        float(
            np.mean([entailed(windows, whole) for windows in row["reference"]])
            > np.mean([entailed(windows, whole) for windows in row["edited"]])
        )
        for row in collected["bump"]
    ]
    wice = [entailed(row["windows"], fits[fold]) for row, fold in _with_folds(collected["wice"])]
    return {
        "nli-val: three-way accuracy": mean_figure(nli),
        "FRANK CNN/DM: AUROC": auroc_figure(
            frank, [row["factuality"] >= 1 for row in collected["frank"]]
        ),
        "BUMP: reference above its edited twin": mean_figure(bump),
        "WiCE: supported, AUROC": auroc_figure(
            wice, [row["label"] == "supported" for row in collected["wice"]]
        ),
    }


def _lines(claims: Rows) -> Figure:
    """F1 of chosen sentences at the threshold that the other folds would choose."""
    kept, chances = cross_fitted_lines(claims)
    folds = folds_of(len(kept))
    grid = np.linspace(0.05, 0.7, 27)
    scores = np.array([line_f1(kept, chances, threshold) for threshold in grid])
    chosen = [int(scores[:, folds != fold].mean(1).argmax()) for fold in range(FOLDS)]
    return mean_figure([float(scores[chosen[fold], at]) for at, fold in enumerate(folds)])


def _reading(collected: dict[str, Rows]) -> dict[str, Figure]:
    """Ranking, spans, answerability, verdicts."""
    fitted = fit_logistic(*relevance_rows(collected["candidates"]))
    ranked = [
        (predict(row["features"].astype(float), fitted).tolist(), row["labels"])
        for row in collected["trecqa"]
    ]
    spans = collected["spans"]
    answerable = [row for row in spans if row["answerable"]]
    features, wanted = span_answerable(spans)
    asked, answers, shares, sources = answerable_rows(collected["answerable"])
    chances = cross_fitted(asked, answers, weights=shares)
    argus, yes = yes_no_rows(collected["argus"])
    return {
        "Argus: yes/no, accuracy": mean_figure(
            ((cross_fitted(argus, yes, weights=even(yes)) >= 0.5) == yes).astype(float).tolist()
        ),
        "TREC-QA: MAP": mean_figure([average_precision(*row) for row in ranked]),
        "TREC-QA: MRR": mean_figure([reciprocal_rank(*row) for row in ranked]),
        "held-out questions: span F1": mean_figure(
            [token_f1(row["found"], row["answer"]) for row in answerable]
        ),
        "held-out questions: answerable, AUROC": auroc_figure(
            cross_fitted(features, wanted), wanted.tolist()
        ),
    } | {
        name: auroc_figure(chances[of], answers[of].tolist())
        for name, source in SILENCE.items()
        if (of := np.array([each == source for each in sources])).any()
    }


def _polarity(pairs: Rows, support: Multinomial) -> dict[str, Figure]:
    """Minimal pairs, at the threshold that is shipped."""
    threshold = json.loads(FILE.read_text(encoding="utf-8"))["thresholds"]["supported"]["balanced"]
    scores = [
        tuple(float(probabilities(pair[side], support)[0]) for side in ("true", "false"))
        for pair in pairs
    ]
    return {
        "polarity: both of the pair right": mean_figure(
            [float(true >= threshold > false) for true, false in scores]
        ),
        "polarity: true above false": mean_figure([float(true > false) for true, false in scores]),
    }


def _with_folds(rows: Rows) -> zip:
    return zip(rows, folds_of(len(rows)), strict=True)


def write_table() -> None:
    """Put all figures that are there into one table."""
    runs = {
        path.stem.removeprefix("figures-"): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(RESULTS.glob("figures-*.json"))
    }
    lines = [
        "# Figures of the judge and the reader",
        "",
        "Value and 95 % bootstrap interval over the rows, by `training/evaluate.py`. "
        + "; ".join(
            f"{name}: {run['measured']}, models {run['models']}" for name, run in runs.items()
        )
        + ".",
        "",
        "| figure | rows | floor | " + " | ".join(runs) + " |",
        "|---|---|---|" + "---|" * len(runs),
    ]
    for name, floor in FLOORS.items():
        cells = []
        count = ""
        for run in runs.values():
            figure = run["figures"].get(name)
            if figure:
                missed = floor is not None and figure["value"] < floor
                cells.append(
                    f"{figure['value']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"
                    + (" **missed**" if missed else "")
                )
                count = str(figure["count"])
            else:
                cells.append("")
        lines.append(
            f"| {name} | {count} | {'' if floor is None else f'{floor:.2f}'} | "
            + " | ".join(cells)
            + " |"
        )
    lines += ["", __doc__.strip().split("\n\n")[-1].split("\n", 1)[1].replace("\n", " "), ""]
    (RESULTS / "figures.md").write_text("\n".join(lines), encoding="utf-8")


def main() -> None:
    """Measure one pair of models."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--name", default="int8")
    parser.add_argument("--models", type=Path, default=ROOT / "src/summit_qa/models")
    parser.add_argument("--sample", type=int, help="rows of each file, for a trial")
    options = parser.parse_args()
    models = Models.load(options.models)
    found = figures(models, options.sample)
    content = {
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": platform.machine(),
        "models": "-".join(models.digests),
        "sample": options.sample,
        "figures": {name: asdict(figure) for name, figure in found.items()},
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"figures-{options.name}.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for name, figure in found.items():
        print(f"{figure.value:.3f} ({figure.low:.3f}-{figure.high:.3f}) {name}")
    if not options.sample:
        write_table()


if __name__ == "__main__":
    main()
