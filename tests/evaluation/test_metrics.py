"""Ranking figures are those of trec_eval; the others are checked against values worked out."""

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as some

from summit_qa.evaluation.metrics import (
    auroc,
    average_precision,
    balanced_accuracy,
    calibration_error,
    exact_match,
    hit_at,
    ndcg_at,
    normalized,
    percentile,
    recall_at,
    reciprocal_rank,
    reliability,
    token_f1,
)

DOCUMENTS = [f"d{number}" for number in range(12)]
MEASURES = {"success.1,5,10", "recip_rank", "ndcg_cut.10", "recall.5", "map"}


@settings(max_examples=150, deadline=None)
@given(
    ranked=some.permutations(DOCUMENTS).flatmap(
        lambda order: some.integers(1, 12).map(lambda count: list(order[:count]))
    ),
    gains=some.dictionaries(some.sampled_from([*DOCUMENTS, "unseen"]), some.integers(0, 3)),
)
def test_rankings_score_as_trec_eval_scores_them(ranked: list[str], gains: dict[str, int]) -> None:
    gains = gains or {"d0": 1}
    run = {document: float(-rank) for rank, document in enumerate(ranked)}
    scored = pytrec_eval.RelevanceEvaluator({"q": gains}, MEASURES).evaluate({"q": run})["q"]
    assert hit_at(ranked, gains, 5) == scored["success_5"]
    assert hit_at(ranked, gains, 1) == scored["success_1"]
    assert reciprocal_rank(ranked, gains, 12) == pytest.approx(scored["recip_rank"])
    assert ndcg_at(ranked, gains, 10) == pytest.approx(scored["ndcg_cut_10"])
    assert recall_at(ranked, gains, 5) == pytest.approx(scored["recall_5"])
    assert average_precision(ranked, gains) == pytest.approx(scored["map"])


def test_a_relevant_item_past_the_cut_does_not_count() -> None:
    assert reciprocal_rank(["a", "b"], {"b": 1}, 1) == 0
    assert hit_at(["a", "b"], {"b": 1}, 1) == 0


def test_squad_answers_are_compared_without_case_articles_and_punctuation() -> None:
    assert normalized("The  Normans, a people!") == "normans people"
    assert exact_match("the Normans.", ["Normans", "Vikings"]) == 1
    assert exact_match("some Normans", ["Normans"]) == 0


def test_squad_f1_takes_the_best_wanted_answer() -> None:
    assert token_f1("in the 10th century", ["10th century", "11th"]) == pytest.approx(0.8)
    assert token_f1("nothing shared", ["10th century"]) == 0


def test_no_answer_is_right_only_where_none_is_wanted() -> None:
    assert exact_match("", []) == token_f1("", []) == 1
    assert exact_match("Normans", []) == token_f1("Normans", []) == 0
    assert exact_match("", ["Normans"]) == token_f1("", ["Normans"]) == 0


def test_auroc_counts_ties_half() -> None:
    assert auroc(np.array([True, False]), np.array([0.9, 0.1])) == 1
    assert auroc(np.array([True, False]), np.array([0.5, 0.5])) == 0.5
    assert auroc(np.array([True, False, False]), np.array([0.5, 0.5, 0.9])) == 0.25
    assert auroc(np.array([True]), np.array([0.9])) is None


@settings(max_examples=60, deadline=None)
@given(
    some.lists(some.tuples(some.booleans(), some.sampled_from([0.05, 0.2, 0.5, 0.9])), min_size=1)
)
def test_figures_of_probabilities_are_those_worked_out_one_by_one(
    rows: list[tuple[bool, float]],
) -> None:
    labels, scores = np.array([one for one, _ in rows]), np.array([two for _, two in rows])
    pairs = [(p > n) + (p == n) / 2 for yes, p in rows if yes for no, n in rows if not no]
    expected = sum(pairs) / len(pairs) if pairs else None
    assert auroc(labels, scores) == (None if expected is None else pytest.approx(expected))
    bins = reliability(labels.tolist(), scores.tolist())
    gap = sum(each.count * abs(each.predicted - each.observed) for each in bins) / len(rows)
    assert calibration_error(labels, scores) == pytest.approx(gap)


def test_balanced_accuracy_weighs_both_classes_alike() -> None:
    labels = np.array([True] * 9 + [False])
    assert balanced_accuracy(labels, np.array([True] * 10)) == 0.5
    assert balanced_accuracy(labels, labels) == 1
    assert balanced_accuracy(np.array([True]), np.array([True])) is None


def test_calibration_is_the_mean_gap_of_the_bins() -> None:
    labels, probabilities = [True, False, True, True], [0.9, 0.95, 0.15, 1.0]
    bins = reliability(labels, probabilities)
    assert [(each.count, each.observed) for each in bins] == [(1, 1.0), (3, pytest.approx(2 / 3))]
    error = calibration_error(np.array(labels), np.array(probabilities))
    assert error == pytest.approx((0.85 + 3 * (0.95 - 2 / 3)) / 4)


def test_percentiles_are_those_of_numpy() -> None:
    values = [0.3, 0.1, 2.0, 0.7]
    for share in (0, 0.5, 0.95, 1):
        assert percentile(values, share) == pytest.approx(np.quantile(values, share))
    assert percentile([], 0.5) is None
