"""Measures the base model (and the small reader beside it) against its floors.

    python training/evaluate.py --name int8
    python training/evaluate.py --name float32 --model build/base/float --sample 300

writes ``training/results/figures-<name>.json`` and, from all that are there, ``figures.md``.
A figure that needs a fitted regression comes from fits that have not seen the row (five folds);
BUMP and the polarity pairs take no part in any fit. The checkpoint that training went on from had
seen BoolQ and CondaQA whole: their held-out tenths flatter.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from calibrate import (
    FOLDS,
    VERDICTS,
    AnswerableRows,
    SupportRows,
    cross_fitted_lines,
    folds_of,
    line_f1,
    question_fit,
    window_rows,
    with_lines,
    yes_no_rows,
)
from collect import COLLECTORS, ROOT, Models, Rows, collect
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
from summit_qa.models.support import MODEL_ALONE, SupportRegressions
from summit_qa.models.thresholds import FILE, Coefficients, Logistic, Multinomial

RESULTS = ROOT / "training" / "results"
CARD = ROOT / "src/summit_qa/models/base/README.md"
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"
FLOORS = {
    "nli-val: three-way accuracy": 0.76,
    "nli-val: three-way accuracy, model alone": None,
    "FRANK CNN/DM: AUROC": 0.80,
    "FRANK CNN/DM: AUROC, model alone": None,
    "BUMP: reference above its edited twin": 0.92,
    "BUMP: reference above its edited twin, model alone": None,
    "WiCE: supported, AUROC": 0.86,
    "WiCE: supported, AUROC, model alone": None,
    "WiCE: chosen sentences, F1": 0.66,
    "Argus: yes/no, accuracy": 0.84,
    "Argus: share of verdicts given at precision 0.9": 0.50,
    "BoolQ, held-out tenth: accuracy": 0.78,
    "BoolQ, held-out tenth: AUROC": None,
    "CondaQA, held-out tenth: yes/no/don't know, accuracy": 0.68,
    "TREC-QA: MAP": 0.90,
    "TREC-QA: MRR": 0.95,
    "TREC-QA: MAP, base model alone": None,
    "TREC-QA: MRR, base model alone": None,
    "TREC-QA: MAP, small reader": None,
    "TREC-QA: MRR, small reader": None,
    "held-out questions: span F1": 0.86,
    "held-out questions: span F1, small reader": None,
    "held-out questions: answerable, AUROC": 0.95,
    "held-out questions: answerable, AUROC, small reader": None,
    "ClapNQ: answerable, AUROC": 0.91,
    "ClapNQ: answerable, AUROC, small reader": None,
    "questions with and without their answer: AUROC": None,
    "Argus with and without its evidence: AUROC": None,
    "TREC-QA with and without its answer: AUROC": None,
    "polarity: both of the pair right": 0.85,
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
    collected = {name: collect(name, models, sample) for name in COLLECTORS}
    rows = SupportRows.of(collected)
    support, fits = rows.fit(), rows.cross_fits()
    found: dict[str, Figure] = {}
    for suffix, by_fold, whole in (
        ("", fits, support),
        (", model alone", [MODEL_ALONE] * FOLDS, MODEL_ALONE),
    ):
        found |= {
            name + suffix: figure for name, figure in _support(collected, by_fold, whole).items()
        }
    found["WiCE: chosen sentences, F1"] = _lines(with_lines(collected["wice"], support))
    windows, wanted, shares = window_rows(collected["candidates"], collected["trecqa"])
    weights, bias = fit_logistic(windows, wanted, weights=shares)
    answers = Logistic(tuple(weights), bias)
    question = question_fit(collected["nli-val"])
    found |= _verdicts(collected, question, answers)
    found |= _reading(collected)
    found |= _polarity(collected["polarity"], support)
    return {name: found[name] for name in FLOORS if name in found}


def _support(
    collected: dict[str, Rows], fits: list[SupportRegressions], whole: SupportRegressions
) -> dict[str, Figure]:
    """What the support regression is judged by; each row by a fit without its fold."""

    def entailed(features: Array, fit: SupportRegressions) -> float:
        return float(fit.probabilities(features)[0])

    def mean(sentences: Array, fit: SupportRegressions) -> float:
        return float(np.mean([entailed(features, fit) for features in sentences]))

    nli = [
        float(int(fits[fold].probabilities(row["features"]).argmax()) == row["label"])
        for row, fold in _with_folds(collected["nli-val"])
    ]
    # FRANK's factuality is the share of a summary's sentences that are so: the mean estimates it.
    frank = [mean(row["features"], fits[fold]) for row, fold in _with_folds(collected["frank"])]
    bump = [
        float(mean(row["reference"], whole) > mean(row["edited"], whole))
        for row in collected["bump"]
    ]
    wice = [entailed(row["features"], fits[fold]) for row, fold in _with_folds(collected["wice"])]
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


def _verdicts(
    collected: dict[str, Rows], question: Multinomial, answers: Logistic
) -> dict[str, Figure]:
    """Yes/no questions: over news, over their own passage, and where the passage is silent."""
    features, yes, shares, files = yes_no_rows(collected, question, answers)
    chances = cross_fitted(features, yes, weights=shares)
    of = {file: np.array([each == file for each in files]) for file in VERDICTS}
    right = (chances >= 0.5) == yes
    argus = of["argus"]
    return {
        "Argus: yes/no, accuracy": mean_figure(right[argus].astype(float).tolist()),
        "Argus: share of verdicts given at precision 0.9": _given(chances[argus], yes[argus]),
        "BoolQ, held-out tenth: accuracy": mean_figure(right[of["boolq"]].astype(float).tolist()),
        "BoolQ, held-out tenth: AUROC": auroc_figure(
            chances[of["boolq"]], yes[of["boolq"]].tolist()
        ),
        "CondaQA, held-out tenth: yes/no/don't know, accuracy": _open(
            collected["condaqa"], answers
        ),
    }


def _given(chances: Array, yes: Array) -> Figure:
    """The largest share of questions, surest first, whose verdicts are right in 0.9."""
    order = np.argsort(-np.abs(chances - 0.5), kind="stable")
    right = ((chances >= 0.5) == yes)[order]
    precise = np.cumsum(right) / np.arange(1, len(right) + 1)
    most = int(np.flatnonzero(precise >= 0.9).max(initial=-1)) + 1
    return mean_figure([float(at < most) for at in range(len(right))])


def _open(rows: Rows, answers: Logistic) -> Figure:
    """Accuracy over yes, no and don't know, by the model's label of the likeliest window."""
    right = []
    for row in rows:
        relevance = [answers.probability(reading[:3].tolist()) for reading in row["readings"]]
        label = int(row["support"][int(np.argmax(relevance))].argmax())
        right.append(float(("yes", None, "no")[label] == row["answer"]))
    return mean_figure(right)


def _reading(collected: dict[str, Rows]) -> dict[str, Figure]:
    """Ranking, spans, answerability: the base model, and the small reader beside it."""
    found: dict[str, Figure] = {}
    trecqa = collected["trecqa"]
    folds = folds_of(len(trecqa))
    fits = [
        fit_logistic(features, wanted, weights=shares)
        for fold in range(FOLDS)
        for rest in ([row for row, of in zip(trecqa, folds, strict=True) if of != fold],)
        for features, wanted, shares in (window_rows(collected["candidates"], rest),)
    ]
    ways: dict[str, Callable[[dict, int], list[float]]] = {
        "": lambda row, fold: predict(row["readings"][:, :3].astype(float), fits[fold]).tolist(),
        ", base model alone": lambda row, _: row["readings"][:, 0].tolist(),
        ", small reader": lambda row, _: row["readings"][:, 2].tolist(),
    }
    for suffix, scores in ways.items():
        ranked = [
            (scores(row, fold), row["labels"]) for row, fold in zip(trecqa, folds, strict=True)
        ]
        found[f"TREC-QA: MAP{suffix}"] = mean_figure([average_precision(*row) for row in ranked])
        found[f"TREC-QA: MRR{suffix}"] = mean_figure([reciprocal_rank(*row) for row in ranked])
    spans = collected["spans"]
    there = [row for row in spans if row["answerable"]]
    for suffix, key, who in (("", "found", "base"), (", small reader", "small found", "small")):
        found[f"held-out questions: span F1{suffix}"] = mean_figure(
            [token_f1(row[key], row["answer"]) for row in there]
        )
        scores = [row["reading"][1] if who == "base" else row["small"][1] for row in spans]
        found[f"held-out questions: answerable, AUROC{suffix}"] = auroc_figure(
            scores, [row["answerable"] for row in spans]
        )
    rows = AnswerableRows.of(collected["answerable"], Coefficients.load().window_answers)
    by_small = cross_fitted(rows.small, rows.wanted, weights=rows.weights)
    for suffix, chances in (("", rows.chances()), (", small reader", by_small)):
        for name, source in SILENCE.items():
            of = rows.sources == source
            if name + suffix in FLOORS and of.any():
                found[name + suffix] = auroc_figure(chances[of], rows.wanted[of].tolist())
    return found


def _polarity(pairs: Rows, support: SupportRegressions) -> dict[str, Figure]:
    """Minimal pairs, at the threshold that is shipped."""
    threshold = json.loads(FILE.read_text(encoding="utf-8"))["thresholds"]["supported"]["balanced"]
    scores = [
        tuple(float(support.probabilities(pair[side])[0]) for side in ("true", "false"))
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
        "# Figures of the base model",
        "",
        "Value and 95 % bootstrap interval over the rows, by `training/evaluate.py`. "
        + "; ".join(
            f"{name}: {run['measured']}, model {run['model']}" for name, run in runs.items()
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
                cells.append(_cell(figure) + (" **missed**" if missed else ""))
                count = count or str(figure["count"])
            else:
                cells.append("")
        lines.append(
            f"| {name} | {count} | {'' if floor is None else f'{floor:.2f}'} | "
            + " | ".join(cells)
            + " |"
        )
    lines += ["", __doc__.strip().split("\n\n")[-1].split("\n", 1)[1].replace("\n", " "), ""]
    (RESULTS / "figures.md").write_text("\n".join(lines), encoding="utf-8")
    write_card(runs)


def write_card(runs: dict[str, dict]) -> None:
    """Put the figures into the model card."""
    rows = ["| figure | " + " | ".join(runs) + " | rows |", "|---|" + "---|" * (len(runs) + 1)]
    for name in FLOORS:
        found = [run["figures"].get(name) for run in runs.values()]
        if any(found):
            cells = [_cell(each) if each else "" for each in found]
            counts = ", ".join(dict.fromkeys(str(each["count"]) for each in found if each))
            rows.append(f"| {name} | {' | '.join(cells)} | {counts} |")
    before, rest = CARD.read_text(encoding="utf-8").split(_BEGIN)
    after = rest.split(_END)[1]
    CARD.write_text(before + "\n".join([_BEGIN, *rows, _END]) + after, encoding="utf-8")


def _cell(figure: dict) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def main() -> None:
    """Measure one file of the model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--name", default="int8")
    parser.add_argument("--model", type=Path, default=ROOT / "src/summit_qa/models/base")
    parser.add_argument("--sample", type=int, help="rows of each file, for a trial")
    options = parser.parse_args()
    models = Models.load(options.model)
    found = figures(models, options.sample)
    content = {
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": platform.machine(),
        "model": models.digest,
        "sample": options.sample,
        "figures": {name: asdict(figure) for name, figure in found.items()},
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"figures-{options.name}.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for name, figure in found.items():
        print(f"{figure.value:.3f} ({figure.low:.3f}-{figure.high:.3f}) {name}")
    write_table()


if __name__ == "__main__":
    main()
