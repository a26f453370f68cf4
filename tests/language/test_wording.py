import pytest

from summit_qa.language.wording import WORDING, wording

EVIDENCE = "The envoy of Japan left Geneva on 5 May. Some 300 people saw him go to the harbour."


def told(claim: str, evidence: str = EVIDENCE) -> dict[str, float]:
    return dict(zip(WORDING, wording(evidence, claim), strict=True))


def test_a_copied_claim_lacks_nothing() -> None:
    copied = told("The envoy of Japan left Geneva on 5 May.")
    assert copied["coverage"] == copied["word order"] == 1.0
    assert copied["missing words"] == copied["missing numbers"] == copied["missing names"] == 0.0


@pytest.mark.parametrize(
    ("claim", "feature"),
    [
        ("The envoy of Japan left Geneva on 7 May.", "missing numbers"),
        ("The envoy of Norway left Geneva on 5 May.", "missing names"),
        ("The envoy of Japan hated Geneva.", "missing words"),
    ],
)
def test_what_is_changed_is_seen(claim: str, feature: str) -> None:
    assert told(claim)[feature] > 0


def test_the_same_words_in_another_order_are_not_the_same() -> None:
    kept, turned = told("Japan's envoy left Geneva."), told("Geneva left Japan's envoy.")
    assert kept["coverage"] == turned["coverage"]
    assert kept["word order"] != turned["word order"]


def test_one_changed_word_breaks_a_copied_run_in_two() -> None:
    whole = told("Some 300 people saw him go to the harbour")
    broken = told("Some 300 people heard him go to the harbour")
    assert whole["copied runs"] > broken["copied runs"] > told("harbour")["copied runs"] > 0


def test_a_claim_of_function_words_and_evidence_without_words_are_read() -> None:
    assert len(wording(EVIDENCE, "It is he.")) == len(WORDING)
    assert told("The envoy left.", "")["coverage"] == 0.0
    assert told("", EVIDENCE)["missing words"] == 0.0
