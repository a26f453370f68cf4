"""The tiny base says "entailed" for "good" and "contradicted" for "bad" in the evidence."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from summit_qa.language.wording import WORDING, wording
from summit_qa.models.base_model import BaseModel
from summit_qa.models.claims import JUDGED_ALONE, check_claim, read_claim
from summit_qa.models.support import (
    MODEL_ALONE,
    MOST_WINDOWS,
    QUESTION_ALONE,
    SUPPORT_FEATURES,
    WINDOW_CHARS,
    SupportModel,
    combine,
    support_features,
    windows,
    yes_no,
    yes_no_balance,
)
from summit_qa.models.thresholds import Coefficients, Logistic, Thresholds
from summit_qa.types import SupportJudge

FIXTURES = Path(__file__).parents[1] / "fixtures"
THRESHOLDS = Thresholds(
    supported=0.5,
    contradicted=0.5,
    line=0.5,
    relevant=0.5,
    answerable=0.5,
    tentative=0.3,
    yes=0.7,
    no=0.7,
    lean=0.2,
    span=0.5,
    short=0.5,
    disagreement=0.8,
)
# The model's own probabilities, whatever calibration has written.
COEFFICIENTS = replace(
    Coefficients.load(),
    supported=MODEL_ALONE.supported,
    against=MODEL_ALONE.against,
    line=Logistic((1.0, 1.0, 0.0, 0.0, 0.0, 0.0), 0.0),
    question=QUESTION_ALONE,
)


class Scripted(SupportJudge):
    """A judge that looks the evidence up and keeps the claims that it was asked."""

    def __init__(self, known: dict[str, tuple[float, float, float]]) -> None:
        self.known = known
        self.claims: list[str] = []
        self.evidence: list[str] = []

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        self.claims += [claim for _, claim in pairs]
        self.evidence += [evidence for evidence, _ in pairs]
        silent = (0.0, 1.0, 0.0)
        rows = [self.known.get(evidence, silent) for evidence, _ in pairs]
        return np.array(rows, dtype=np.float32).reshape(-1, 3)


@pytest.fixture(scope="module")
def model() -> SupportModel:
    return SupportModel(BaseModel.load(FIXTURES / "tiny_base"), COEFFICIENTS, THRESHOLDS)


@pytest.fixture(scope="module")
def coefficients() -> Coefficients:
    return COEFFICIENTS


def test_scores_are_probabilities_in_the_order_of_the_pairs(model: SupportModel) -> None:
    scores = model.score([("bad", "c"), ("good", "c"), ("word", "c"), ("bad", "c")])
    assert scores.shape == (4, 3)
    assert np.allclose(scores.sum(1), 1)
    assert scores.argmax(1).tolist() == [2, 0, 1, 2]
    assert np.array_equal(scores[0], scores[3])


def test_no_pairs_give_no_rows(model: SupportModel) -> None:
    assert model.score([]).shape == (0, 3)


def test_support_anywhere_in_long_evidence_is_found(model: SupportModel) -> None:
    filler = "Nothing of note was said on that day by any of them. " * 40
    early, late, neither = model.score(
        [(f"All good here. {filler}", "good"), (f"{filler}All good here.", "good"), (filler, "c")]
    )
    assert early.argmax() == late.argmax() == 0
    assert neither.argmax() == 1


def test_windows_are_whole_sentences() -> None:
    sentences = [f"Sentence number {n} of a long report is this one here." for n in range(40)]
    found = windows(" ".join(sentences), "c")
    assert len(found) == MOST_WINDOWS + 1
    assert all(len(window) <= WINDOW_CHARS for window in found)
    assert all(window.startswith("Sentence") and window.endswith("here.") for window in found)


def test_of_a_long_text_the_windows_nearest_to_the_claim_are_kept() -> None:
    filler = "Nothing of note was said on that day by any of them. "
    text = filler * 60 + "The ambassador resigned in protest. " + filler * 60
    assert any("ambassador" in window for window in windows(text, "The ambassador has resigned."))


def test_sentences_that_stand_far_apart_meet_in_one_window() -> None:
    filler = "Nothing of note was said on that day by any of them. "
    text = f"{filler * 20}Alpha came. {filler * 30}Beta left. {filler * 20}"
    assert any("Alpha came." in it and "Beta left." in it for it in windows(text, "Alpha and Beta"))


def test_words_are_told_of_long_evidence_alone() -> None:
    logits = np.array([[3.0, 1.0, 0.5], [0.0, 2.0, 4.0]], dtype=np.float32)
    pair = ("The envoy left.", "The envoy resigned.")
    entailed = pytest.approx(3.0 - np.logaddexp(1.0, 0.5))
    short, long = support_features(logits[:1], *pair), support_features(logits, *pair)
    assert [short.shape, long.shape] == [(SUPPORT_FEATURES,)] * 2
    assert short[0] == long[0] == long[2] == entailed
    assert [short[-1], long[-1]] == [-0.5, 2.0]
    assert not short[1:-1].any()
    assert long[3:-1].tolist() == pytest.approx(wording(*pair))


def test_the_model_alone_is_the_softmax_of_its_logits() -> None:
    logits = np.array([[3.0, 1.0, 0.5]], dtype=np.float32)
    expected = np.exp(logits[0]) / np.exp(logits[0]).sum()
    assert MODEL_ALONE.probabilities(support_features(logits, "e", "c")) == pytest.approx(expected)


def test_one_window_keeps_its_own_probabilities() -> None:
    row = np.array([[0.2, 0.5, 0.3]], dtype=np.float32)
    assert np.allclose(combine(row), row[0])


def test_support_in_one_window_leaves_little_to_contradiction_in_another() -> None:
    row = combine(np.array([[0.9, 0.05, 0.05], [0.0, 0.1, 0.9]], dtype=np.float32))
    assert row[0] == pytest.approx(0.9)
    assert row[2] < 0.1
    assert row.sum() == pytest.approx(1)


def test_contradiction_in_one_window_counts_where_nothing_supports() -> None:
    row = combine(np.array([[0.05, 0.9, 0.05], [0.02, 0.08, 0.9]], dtype=np.float32))
    assert row.argmax() == 2


def test_words_weigh_in_a_claim_and_not_in_a_question(model: SupportModel) -> None:
    on_words = np.zeros(SUPPORT_FEATURES - 1)
    on_words[3 + WORDING.index("missing words")] = -9.0
    weighed = SupportModel(
        model._model, replace(COEFFICIENTS, supported=Logistic(tuple(on_words), 0.0)), THRESHOLDS
    )
    evidence = "The envoy was seen. " * 60
    held, missing = weighed.score([(evidence, "envoy"), (evidence, "consul")])
    assert held[0] == pytest.approx(0.5)
    assert missing[0] < 0.01
    asked = [(evidence, "Was it the consul?")]
    assert np.array_equal(weighed.score(asked), model.score(asked))


@pytest.mark.parametrize(
    ("evidence", "verdict"), [("for", "yes"), ("against", "no"), ("silent", None)]
)
def test_the_verdict_follows_the_evidence_and_is_withheld_without_any(
    coefficients: Coefficients, evidence: str, verdict: str | None
) -> None:
    judge = Scripted(
        {"for": (0.98, 0.01, 0.01), "against": (0.01, 0.01, 0.98), "silent": (0.0, 1.0, 0.0)}
    )
    even = replace(coefficients, yes_no=Logistic((2.0,), 0.0))
    result = yes_no(
        judge,
        "Was a pact agreed?",
        [evidence, "silent"],
        None,
        coefficients=even,
        thresholds=THRESHOLDS,
    )
    assert result.verdict == verdict
    assert result.yes + result.no == pytest.approx(1)
    assert result.for_yes == (0 if verdict == "yes" else None)
    assert result.for_no == (0 if verdict == "no" else None)


def test_a_question_is_judged_as_the_claim_that_yes_is_right(coefficients: Coefficients) -> None:
    judge = Scripted({"e": (0.5, 0.3, 0.2)})
    yes_no(
        judge, "Was a pact agreed?", ["e"], [1.0], coefficients=coefficients, thresholds=THRESHOLDS
    )
    assert judge.claims == ["Was a pact agreed?"]


def test_without_evidence_nothing_is_decided(model: SupportModel) -> None:
    result = model.yes_no("Was a pact agreed?", [])
    assert (result.verdict, result.for_yes, result.for_no) == (None, None, None)


def test_a_claim_is_supported_contradicted_or_not_found() -> None:
    judge = Scripted(
        {"+": (0.9, 0.1, 0.0), "-": (0.0, 0.2, 0.8), "0": (0.1, 0.8, 0.1), "++": (0.95, 0.05, 0.0)}
    )
    supported = check_claim("c", ["0", "+", "++"], judge, THRESHOLDS, COEFFICIENTS)
    assert (supported.verdict, supported.supporting) == ("supported", (2, 1))
    contradicted = check_claim("c", ["0", "-"], judge, THRESHOLDS, COEFFICIENTS)
    assert (contradicted.verdict, contradicted.contradicting) == ("contradicted", (1,))
    both = check_claim("c", ["-", "+"], judge, THRESHOLDS, COEFFICIENTS)
    assert (both.verdict, both.supporting, both.contradicting) == ("supported", (1,), (0,))
    silent = check_claim("c", ["0"], judge, THRESHOLDS, COEFFICIENTS)
    assert (silent.verdict, silent.supporting, silent.contradicting) == ("not found", (), ())
    assert check_claim("c", [], judge, THRESHOLDS, COEFFICIENTS).verdict == "not found"


def test_sentences_that_support_only_together_are_all_named() -> None:
    judge = Scripted({"alpha came beta left": (0.9, 0.1, 0.0)})
    sentences = ["alpha came", "beta left"]
    coefficients = replace(COEFFICIENTS, line=Logistic((0.1, 3.0, 0.0, 0.0, 0.0, 0.0), 0.0))
    found = check_claim("Alpha and beta.", sentences, judge, THRESHOLDS, coefficients)
    assert (found.verdict, set(found.supporting)) == ("supported", {0, 1})
    assert found.probability == pytest.approx(0.9)


def test_of_many_sentences_only_the_nearest_are_judged_alone_and_all_together() -> None:
    judge = Scripted({})
    sentences = ["nothing at all"] * 50 + ["the envoy left", "x", "the envoy resigned"]
    reading = read_claim("The envoy resigned and left.", sentences, judge)
    assert len(judge.claims) == JUDGED_ALONE + 1
    assert judge.evidence[-1] == " ".join(sentences)
    assert reading.alone.shape == (53, 3)


def test_silent_evidence_changes_no_balance() -> None:
    speaking = np.array([[0.1, 0.1, 0.8]], dtype=np.float32)
    silent = np.tile(np.array([0.0, 1.0, 0.0], dtype=np.float32), (5, 1))
    alone = yes_no_balance(speaking, [0.9])
    assert alone == pytest.approx(-0.7)
    assert yes_no_balance(np.concatenate([speaking, silent]), [0.9] * 6) == pytest.approx(alone)


def test_evidence_that_hardly_answers_weighs_little() -> None:
    both = np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]], dtype=np.float32)
    assert yes_no_balance(both, [0.9, 0.1]) > 0 > yes_no_balance(both, [0.1, 0.9])
