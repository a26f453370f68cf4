"""Fits the regressions and thresholds that turn raw scores into decisions.

    python training/calibrate.py [--model DIR]

writes ``models/thresholds.json`` in the package. Everything comes from the calibration data and
the held-out tenth of the questions; the five articles and their questions take no part. What the
models say is read once (`collect.py`) and kept.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from collect import ROOT, Models, Rows, collect
from measures import Array, cross_fitted, fit_logistic, fit_multinomial, predict, set_f1, token_f1
from summit_qa.models.claims import line_features
from summit_qa.models.support import SupportRegressions, weigh_question, yes_no_balance
from summit_qa.models.thresholds import FILE, Logistic, Multinomial

FOLDS = 5
DECLINED = (0.75, 0.85, 0.95)  # of questions without an answer, lenient to strict
SHORT = (0.85, 0.9, 0.95)  # of short answers
PRECISE = (0.75, 0.85, 0.9)  # of verdicts, lenient to strict
SHARES = {"nli-val": 1.0, "frank": 0.5, "wice": 0.5}  # weight of each file in the support fit
VERDICTS = ("argus", "boolq", "condaqa")  # files of yes/no questions; each counts the same
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SupportRows:
    """What the support regressions are fitted on: a row a claim."""

    features: Array  # (n, 5)
    allowed: Array  # (n, 3): 1 for every label that the row may have
    weights: Array  # (n,)
    folds: NDArray[np.int64]  # (n,): the fold of the row's own example
    files: list[str]

    @classmethod
    def of(cls, collected: dict[str, Rows]) -> SupportRows:
        """The rows of nli-val, FRANK and WiCE, each file weighted by its share."""
        features, allowed, weights, folds, files = [], [], [], [], []
        for file, share in SHARES.items():
            made = [
                (row, labels, fold)
                for example, fold in zip(
                    collected[file], folds_of(len(collected[file])), strict=True
                )
                for row, labels in _labelled(file, example)
            ]
            features += [row for row, _, _ in made]
            allowed += [labels for _, labels, _ in made]
            folds += [fold for _, _, fold in made]
            weights += [share / len(made)] * len(made)
            files += [file] * len(made)
        return cls(
            np.array(features, float),
            np.array(allowed, float),
            np.array(weights),
            np.array(folds),
            files,
        )

    def fit(self, without: int | None = None) -> SupportRegressions:
        """The regressions on all rows, or on all but one fold."""
        kept = self.folds != without if without is not None else np.ones(len(self.folds), bool)
        supported = fit_logistic(
            self.features[kept, :-1],
            self.allowed[kept, 0] == 1,
            weights=self.weights[kept] / self.weights[kept].mean(),
            ridge=10.0,
        )
        rest = kept & (self.allowed.sum(1) == 1) & (self.allowed[:, 0] == 0)
        against = fit_logistic(self.features[rest, -1:], self.allowed[rest, 2] == 1)
        return SupportRegressions(*(Logistic(tuple(w), b) for w, b in (supported, against)))

    def cross_fits(self) -> list[SupportRegressions]:
        """One regression a fold, which has not seen that fold."""
        return [self.fit(without=fold) for fold in range(FOLDS)]


def folds_of(count: int) -> NDArray[np.int64]:
    """A fold for each of ``count`` examples, the same at every call."""
    return np.random.default_rng(0).permutation(count) % FOLDS


def question_fit(pairs: Rows) -> Multinomial:
    """The regression of yes/no questions, on the logits of nli-val, whose labels are sure."""
    logits = np.array([row["logits"] for row in pairs], float)
    labels = np.eye(3)[[row["label"] for row in pairs]]
    weights, biases = fit_multinomial(
        logits[:, [0, 2]] - logits[:, [1]], labels, np.ones(len(pairs))
    )
    return Multinomial(tuple(tuple(row) for row in weights), tuple(biases))


def _labelled(file: str, example: dict) -> list[tuple[Array, list[int]]]:
    """(features, allowed labels) of an example: of a bad summary only its weakest sentence."""
    if file == "nli-val":
        labels = [0, 0, 0]
        labels[example["label"]] = 1
        return [(example["features"], labels)]
    if file == "wice":
        supported = example["label"] == "supported"
        return [(example["features"], [1, 0, 0] if supported else [0, 1, 1])]
    if example["factuality"] >= 1:
        return [(sentence, [1, 0, 0]) for sentence in example["features"]]
    weakest = min(example["features"], key=lambda features: features[0])
    return [(weakest, [0, 1, 1])]


def window_rows(*collected: Rows) -> tuple[Array, Bools, Array]:
    """`answer_features` of candidate sentences, labels, and weights: each file counts the same."""
    features = [row["readings"][:, :3] for rows in collected for row in rows]
    labels = [label for rows in collected for row in rows for label in row["labels"]]
    counts = [sum(len(row["labels"]) for row in rows) for rows in collected]
    weights = np.concatenate(
        [np.full(count, len(labels) / len(counts) / count) for count in counts]
    )
    return np.concatenate(features).astype(float), np.array(labels, bool), weights


@dataclass(frozen=True, slots=True)
class AnswerableRows:
    """Questions with the windows that were read for them, which answer them or do not."""

    base: Array  # (n, 4): the largest of each of `answer_features`, `truth` of the likeliest window
    small: Array  # (n, 2)
    wanted: Bools
    weights: Array  # each source counts the same
    sources: NDArray[np.str_]

    @classmethod
    def of(cls, collected: Rows, answers: Logistic) -> AnswerableRows:
        """``answers`` tells which window likeliest answers."""
        sources = [row["source"] for row in collected]
        weights = np.array([1 / sources.count(source) for source in sources])
        return cls(
            np.array([_folder(row["readings"], answers) for row in collected], float),
            np.array([row["small"] for row in collected], float),
            np.array([row["answerable"] for row in collected], bool),
            weights / weights.mean(),
            np.array(sources),
        )

    def chances(self) -> Array:
        """The probability of each, by a regression that has not seen it."""
        return cross_fitted(self.base, self.wanted, weights=self.weights)


def _folder(readings: Array, answers: Logistic) -> list[float]:
    """What `BaseReader.answerability` sees of the windows."""
    likeliest = max(readings.tolist(), key=lambda each: answers.logit(each[:3]))
    return [*readings[:, :3].max(0).tolist(), likeliest[4]]


def yes_no_rows(
    collected: dict[str, Rows], question: Multinomial, answers: Logistic
) -> tuple[Array, Bools, Array, list[str]]:
    """Features, labels, weights and files of the yes/no questions that have a yes or a no.

    Each file counts the same, and in each yes and no do: how often either is true is no evidence.
    """
    features, labels, weights, files = [], [], [], []
    for file in VERDICTS:
        kept = [row for row in collected[file] if row["answer"] in ("yes", "no")]
        yes = np.array([row["answer"] == "yes" for row in kept])
        features += [[question_balance(row, question, answers)] for row in kept]
        labels += yes.tolist()
        weights += (even(yes) / len(kept)).tolist()
        files += [file] * len(kept)
    shares = np.array(weights)
    return np.array(features, float), np.array(labels, bool), shares / shares.mean(), files


def question_balance(row: dict, question: Multinomial, answers: Logistic) -> float:
    """What the yes/no regression sees of a question over its windows."""
    scores = np.stack([weigh_question(logits[None], question) for logits in row["support"]])
    relevances = [answers.probability(reading[:3].tolist()) for reading in row["readings"]]
    return yes_no_balance(scores, relevances)


def even(wanted: Bools) -> Array:
    """Weights with which yes and no count the same: how often either is true is not evidence."""
    share = wanted.mean()
    return np.where(wanted, 0.5 / share, 0.5 / (1 - share))


def with_lines(claims: Rows, support: SupportRegressions) -> Rows:
    """The claims with the features of each of their sentences, as `line_features` has them."""
    found = []
    for row in claims:
        alone = np.tile(np.array([0, 1, 0], np.float32), (len(row["words"]), 1))
        for at, each in zip(row["order"], row["alone"], strict=True):
            alone[at] = support.probabilities(each)
        features = line_features(alone, row["words"])
        found.append(row | {"features": features, "scores": alone})
    return found


def line_rows(claims: Rows) -> tuple[Array, Bools]:
    """Features and labels of the sentences of claims that people found support for."""
    kept = [row for row in claims if any(row["wanted"])]
    features = np.concatenate([row["features"] for row in kept]).astype(float)
    labels = [
        any(at in chosen for chosen in row["wanted"])
        for row in kept
        for at in range(len(row["features"]))
    ]
    return features, np.array(labels, bool)


def line_f1(claims: Rows, chances: Sequence[Array], threshold: float) -> list[float]:
    """F1 of the chosen sentences of each claim, against the nearest of people's choices."""
    found = []
    for row, chance in zip(claims, chances, strict=True):
        chosen = {at for at, value in enumerate(chance) if value >= threshold}
        chosen = chosen or {int(np.argmax(chance))}
        found.append(max(set_f1(chosen, set(wanted)) for wanted in row["wanted"] if wanted))
    return found


def cross_fitted_lines(claims: Rows) -> tuple[Rows, list[Array]]:
    """Claims with support, and probabilities of their sentences by fits that have not seen them."""
    kept = [row for row in claims if any(row["wanted"])]
    folds = folds_of(len(kept))
    chances: list[Array] = []
    fits = [
        fit_logistic(*line_rows([r for r, f in zip(kept, folds, strict=True) if f != fold]))
        for fold in range(FOLDS)
    ]
    for row, fold in zip(kept, folds, strict=True):
        chances.append(predict(row["features"].astype(float), fits[fold]))
    return kept, chances


def balanced_threshold(chances: Array, wanted: Bools) -> float:
    """Where the mean of both recalls is highest; the middle of the best stretch."""
    grid = np.linspace(0.02, 0.98, 193)
    scores = [(chances[wanted] >= t).mean() + (chances[~wanted] < t).mean() for t in grid]
    best = grid[np.isclose(scores, max(scores), atol=0.004)]
    return float(np.median(best))


def three(
    chances: Array,
    wanted: Bools,
    *,
    kept: float,
    passed: float,
) -> dict[str, float]:
    """Lenient keeps the share ``kept`` of what is so; strict lets ``passed`` of the rest by."""
    middle = balanced_threshold(chances, wanted)
    lenient = min(middle, float(np.quantile(chances[wanted], 1 - kept)))
    strict = max(middle, float(np.quantile(chances[~wanted], 1 - passed)))
    return _rounded({"lenient": lenient, "balanced": middle, "strict": strict})


def by_declined(
    chances: Array, wanted: Bools, shares: Sequence[float], most: dict[str, float]
) -> dict[str, float]:
    """Thresholds below which those shares of what is not so lie, each at most its ``most``."""
    return _rounded(
        {
            name: min(high, float(np.quantile(chances[~wanted], share)))
            for (name, high), share in zip(most.items(), shares, strict=True)
        }
    )


def by_precision(
    chances: Array,
    wanted: Bools,
    targets: Sequence[float],
    *,
    least: float,
    few: int = 20,
    weights: Array | None = None,
) -> dict[str, float]:
    """The lowest thresholds from ``least`` on with the precision asked for.

    Where it is not reached by ``few`` rows or more, the one that comes nearest.
    """
    grid = [t for t in np.linspace(least, 0.99, 100) if (chances >= t).sum() >= few] or [least]
    shares = np.ones(len(chances)) if weights is None else weights
    precision = np.maximum.accumulate(
        [float(np.average(wanted[chances >= t], weights=shares[chances >= t])) for t in grid]
    )
    found = []
    for target in targets:
        reached = np.flatnonzero(precision >= target)
        found.append(
            float(grid[int(reached[0])] if len(reached) else grid[int(precision.argmax())])
        )
    found = list(np.maximum.accumulate(found))
    return _rounded(dict(zip(("lenient", "balanced", "strict"), found, strict=True)))


def span_correct(spans: Rows) -> tuple[Array, Bools]:
    """Margin and log probability of each found span, and whether it is the answer (F1 0.6)."""
    kept = [row for row in spans if row["answerable"]]
    features = np.array([row["reading"][[1, 3]] for row in kept], float)
    correct = [token_f1(row["found"], row["answer"]) >= 0.6 for row in kept]
    return features, np.array(correct, bool)


def short_answers(spans: Rows, answers: Logistic) -> tuple[Array, Bools]:
    """How sure the reader is of a span and of its window, and whether the span is the answer.

    Questions without an answer count: what is given to them is wrong.
    """
    features, correct = span_correct(spans)
    found = Logistic(*fit_logistic(features, correct))
    sure = [
        answers.probability(row["reading"][:3].tolist())
        * found.probability(row["reading"][[1, 3]].tolist())
        for row in spans
    ]
    right = [
        bool(row["answerable"]) and token_f1(row["found"], row["answer"]) >= 0.6 for row in spans
    ]
    return np.array(sure), np.array(right, bool)


def support_judgements(
    rows: SupportRows, value: Callable[[NDArray[np.float32]], float]
) -> tuple[Array, Array]:
    """A value of each row's cross-fitted probabilities, and the row's allowed labels."""
    fits = rows.cross_fits()
    chances = [
        value(fits[fold].probabilities(features))
        for features, fold in zip(rows.features, rows.folds, strict=True)
    ]
    return np.array(chances), rows.allowed


ANSWERS = ("spans", "answerable", "candidates", "trecqa")  # what the fits of reading need


def reading_limits(collected: dict[str, Rows]) -> tuple[dict, dict]:
    """Thresholds and coefficients of what reads questions and tells whether anything answers."""
    windows, answering, window_shares = window_rows(collected["candidates"], collected["trecqa"])
    window_answers = _logistic(windows, answering, window_shares)
    answers = Logistic(tuple(window_answers["weights"]), window_answers["bias"])
    rows = AnswerableRows.of(collected["answerable"], answers)
    read = cross_fitted(windows, answering, weights=window_shares)
    answered = rows.chances()
    correct = span_correct(collected["spans"])
    sure = three(answered, rows.wanted, kept=0.97, passed=0.1)
    thresholds = {
        "relevant": three(read, answering, kept=0.95, passed=0.05),
        "answerable": sure,
        "tentative": by_declined(answered, rows.wanted, DECLINED, sure),
        "span": by_precision(cross_fitted(*correct), correct[1], (0.7, 0.8, 0.9), least=0.3),
        "short": by_precision(*short_answers(collected["spans"], answers), SHORT, least=0.3),
    }
    return thresholds, {
        "window_answers": window_answers,
        "window_span": _logistic(*correct),
        "windows_answer": _logistic(rows.base, rows.wanted, rows.weights),
    }


def calibrate(models: Models, sample: int | None, *, answers_only: bool = False) -> dict:
    """The content of thresholds.json.

    The small reader's regressions stay as they are: its weights have not changed. With
    ``answers_only`` those of the judge do, too.
    """
    content = json.loads(FILE.read_text(encoding="utf-8"))
    kept_from, limits = content["coefficients"], content["thresholds"]
    used = ANSWERS if answers_only else (*SHARES, *VERDICTS, *ANSWERS)
    collected = {name: collect(name, models, sample) for name in used}
    thresholds, coefficients = reading_limits(collected)
    content["about"] |= {
        "written": f"{datetime.now(UTC):%Y-%m-%d} by training/calibrate.py",
        "model": models.digest,
    }
    content["about"]["rows"] |= {name: len(rows) for name, rows in collected.items()}
    if not answers_only:
        window = coefficients["window_answers"]
        answers = Logistic(tuple(window["weights"]), window["bias"])
        further, regressions = judging_limits(collected, answers)
        thresholds |= further
        coefficients |= regressions
    return {
        "about": content["about"],
        "thresholds": limits | thresholds,
        "coefficients": kept_from | coefficients,
    }


def judging_limits(collected: dict[str, Rows], answers: Logistic) -> tuple[dict, dict]:
    """Thresholds and coefficients of what judges claims and answers yes or no.

    ``lean`` is not among them: it is set by the table of training/verdicts.py.
    """
    support_rows = SupportRows.of(collected)
    support, question = support_rows.fit(), question_fit(collected["nli-val"])
    claims = with_lines(collected["wice"], support)
    entailed, allowed = support_judgements(support_rows, lambda row: float(row[0]))
    against, _ = support_judgements(support_rows, lambda row: float(row[2]))
    news = np.array([file != "nli-val" for file in support_rows.files])
    plain = np.array([file == "nli-val" for file in support_rows.files])
    kept, lines = cross_fitted_lines(claims)
    grid = np.linspace(0.05, 0.7, 27)
    by_line = [float(np.mean(line_f1(kept, lines, t))) for t in grid]
    yes_no, yes, yes_shares, _ = yes_no_rows(collected, question, answers)
    said_yes = cross_fitted(yes_no, yes, weights=yes_shares)
    line = float(grid[int(np.argmax(by_line))])
    contradicted = by_precision(
        against[plain], allowed[plain][:, 2] == 1, (0.6, 0.7, 0.8), least=0.4, few=100
    )
    thresholds = {
        "supported": three(entailed[news], allowed[news][:, 0] == 1, kept=0.9, passed=0.15),
        "contradicted": contradicted,
        "line": _rounded({"lenient": line - 0.1, "balanced": line, "strict": line + 0.1}),
        "yes": by_precision(said_yes, yes, PRECISE, least=0.55, weights=yes_shares),
        "no": by_precision(1 - said_yes, ~yes, PRECISE, least=0.55, weights=yes_shares),
        "disagreement": {name: max(value, 0.6) for name, value in contradicted.items()},
    }
    return thresholds, {
        "supported": _written(support.supported.weights, support.supported.bias),
        "against": _written(support.against.weights, support.against.bias),
        "question": {
            "weights": [[round(w, 5) for w in row] for row in question.weights],
            "biases": [round(b, 5) for b in question.biases],
        },
        "line": _logistic(*line_rows(claims)),
        "yes_no": _logistic(yes_no, yes, yes_shares),
    }


def _logistic(features: Array, wanted: Bools, shares: Array | None = None) -> dict:
    return _written(*fit_logistic(features, wanted, weights=shares))


def _written(weights: Sequence[float], bias: float) -> dict:
    return {"weights": [round(weight, 5) for weight in weights], "bias": round(bias, 5)}


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in values.items()}


def main() -> None:
    """Write the thresholds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, default=ROOT / "src/summit_qa/models/base")
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--sample", type=int, help="rows of each file, for a trial")
    parser.add_argument("--answers-only", action="store_true", help="keep what judges claims")
    options = parser.parse_args()
    content = calibrate(
        Models.load(options.model), options.sample, answers_only=options.answers_only
    )
    out = options.out
    out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(content["thresholds"], indent=1))


if __name__ == "__main__":
    main()
