import math

from summit_qa.models.support_rules import FEATURES, rule_features

EVIDENCE = "Ana Ruiz met 12 ministers in Lima. They may sign the treaty in June."


def told(claim: str) -> dict[str, float]:
    return dict(zip(FEATURES, rule_features(EVIDENCE, claim), strict=True))


def test_the_evidence_itself_has_nothing_amiss() -> None:
    found = told("Ana Ruiz met 12 ministers in Lima.")
    assert found["coverage"] == found["word order"] == 1
    held = ("coverage", "word order", "copied threes", "copied runs")
    assert not any(found[name] for name in FEATURES if name not in held)


def test_another_number_and_another_name_are_seen() -> None:
    assert told("Ana Ruiz met 13 ministers in Lima.")["missing numbers"] == 1
    assert told("Peter Lund met 12 ministers in Lima.")["missing names"] == 1


def test_a_negation_is_compared_with_the_nearest_sentence() -> None:
    assert told("Ana Ruiz did not meet ministers in Lima.")["negation differs"] == 1
    assert rule_features("He never left. She won.", "He never left.")[5] == 0


def test_a_plan_told_as_a_fact_is_seen() -> None:
    assert told("They sign the treaty in June.")["hedge dropped"] == 1
    assert told("They may sign the treaty in June.")["hedge dropped"] == 0


def test_swapped_roles_change_the_order_of_words() -> None:
    evidence = "Norway sued Chile over the port that had been closed for eleven months."
    assert rule_features(evidence, "Norway sued Chile.")[2] == 1
    assert rule_features(evidence, "Chile sued Norway.")[2] < 1


def test_a_claim_without_words_of_content_has_nothing_amiss() -> None:
    assert rule_features(EVIDENCE, "It is.")[0] == 1
    assert len(rule_features("", "Norway sued Chile.")) == len(FEATURES)


def test_a_changed_word_breaks_what_was_copied() -> None:
    whole = told("Ana Ruiz met 12 ministers in Lima.")
    assert whole["copied threes"] == 1
    assert whole["copied runs"] == math.log1p(7)  # one run of all seven words: 49 / 7
    changed = told("Ana Ruiz met 13 ministers in Lima.")
    assert changed["copied threes"] == 2 / 5  # "Ana Ruiz met" and "ministers in Lima"
    assert changed["copied runs"] == math.log1p((9 + 9) / 7)
    assert told("Norway sued Chile.")["copied runs"] == 0


def test_two_words_are_copied_as_a_pair() -> None:
    assert rule_features("He met Ana Ruiz in Lima.", "Ana Ruiz")[-2:] == (1, math.log1p(2))
    assert rule_features("He met Ruiz; Ana left.", "Ana Ruiz")[-2] == 0
    assert rule_features("He met Ruiz.", "Ruiz")[-2:] == (1, math.log1p(1))
