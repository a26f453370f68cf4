"""Claims made wrong on purpose: each rule changes what it says and nothing else."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))

import claims
from data import LABELS


@pytest.fixture
def chance() -> random.Random:
    return random.Random(4)


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("plan", "planned"),
        ("carry", "carried"),
        ("make", "made"),
        ("close", "closed"),
        ("be", "was"),
        ("likely", None),
        ("not", None),
    ],
)
def test_past(verb: str, expected: str | None) -> None:
    assert claims.past(verb) == expected


def test_a_number_becomes_another_number(chance: random.Random) -> None:
    text = "Some 45 ships left the port."
    for _ in range(20):
        changed = claims.change_number(text, chance)
        assert changed is not None
        assert changed != text
        assert changed.startswith("Some ")
        assert changed.endswith(" ships left the port.")


def test_a_text_without_numbers_stays(chance: random.Random) -> None:
    assert claims.change_number("Ships left the port.", chance) is None


def test_a_number_is_borrowed_from_the_evidence(chance: random.Random) -> None:
    found = claims.borrow_number("It sold 45 ships.", "It sold 45 ships and 30 boats.", chance)
    assert found == "It sold 30 ships."


def test_negation_goes_in_and_comes_out(chance: random.Random) -> None:
    assert claims.negate("The deal is not final.", chance) == "The deal is final."
    assert claims.negate("The deal is final.", chance) in (
        "The deal is not final.",
        "The deal is never final.",
    )
    assert claims.negate("Rain fell.", chance) is None


def test_names_change_places(chance: random.Random) -> None:
    text = "On Monday, Ana Ruiz told Peter Lund to leave."
    assert claims.swap_roles(text, chance) == "On Monday, Peter Lund told Ana Ruiz to leave."


def test_names_in_a_list_do_not_change_places(chance: random.Random) -> None:
    assert claims.swap_roles("Talks of Rome and Paris ended.", chance) is None


def test_a_name_is_replaced_by_one_of_its_shape(chance: random.Random) -> None:
    text = "The letter was sent by Ana Ruiz."
    assert claims.swap_name(text, ["Norway", "Ana", "Peter Lund"], chance) == (
        "The letter was sent by Peter Lund."
    )


def test_a_plan_is_told_as_a_fact(chance: random.Random) -> None:
    assert claims.drop_hedge("The bank plans to close a branch.", chance) == (
        "The bank closed a branch."
    )


def test_a_word_is_replaced_by_a_sibling_that_fits(chance: random.Random) -> None:
    siblings = {"shoulder": ["elbow", "knee"]}
    seen = claims.neighbours(["He fell on her knee."])
    changed = claims.change_word(
        "A bird sat on her shoulder.", lambda w: siblings.get(w, []), seen, chance
    )
    assert changed == "A bird sat on her knee."
    assert claims.change_word("A bird sat.", lambda w: siblings.get(w, []), seen, chance) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The pact was agreed.", "Was the pact agreed?"),
        ("Ana Ruiz will lead the talks.", "Will Ana Ruiz lead the talks?"),
        ("Rain fell.", None),
        ("What was said is clear.", None),
    ],
)
def test_a_claim_becomes_a_question(text: str, expected: str | None) -> None:
    assert claims.question(text) == expected


def test_shorter_is_true(chance: random.Random) -> None:
    text = "The mayor, who lives in Leeds, opened the bridge."
    assert claims.shorten(text, chance) == "The mayor opened the bridge."


def test_either_half_of_an_apposition_names_the_person(chance: random.Random) -> None:
    text = "The mayor, Ana Ruiz, opened the bridge."
    found = {claims.shorten(text, chance) for _ in range(30)}
    assert found == {"The mayor opened the bridge.", "Ana Ruiz opened the bridge."}


def test_degrees_of_factuality(chance: random.Random) -> None:
    text = "The bank refused to lend money."
    found = {made for _ in range(30) for made in claims.degrees(text, chance)}
    assert ("The bank agreed to lend money.", LABELS["contradicted"]) in found
    assert ("The bank did not lend money.", LABELS["entailed"]) in found
    assert claims.degrees("Rain fell.", chance) == []


def test_a_pronoun_is_named(chance: random.Random) -> None:
    found = claims.name_pronoun(
        "He left the club in May.", "Peter Lund was the coach.", ["Peter Lund", "Ana Ruiz"], chance
    )
    assert found[0][1] == LABELS["entailed"]
    assert found[0][0] in ("Peter Lund left the club in May.", "Lund left the club in May.")
    assert found[1] == ("Ana Ruiz left the club in May.", LABELS["not_entailed"])


def test_the_same_in_other_words(chance: random.Random) -> None:
    found = {claims.reword("The two firms rose.", chance) for _ in range(30)}
    assert "The 2 firms rose." in found or "The 2 companies increased." in found


@pytest.mark.parametrize("seed", range(5))
def test_situations_have_twins_of_different_labels(seed: int) -> None:
    from situations import situation_pairs

    told = situation_pairs(random.Random(seed))
    groups = [next(told) for _ in range(60)]
    assert all(pair.group and pair.claim and pair.evidence for group in groups for pair in group)
    assert {pair.label for group in groups for pair in group} == set(LABELS.values())


def test_twins_from_an_article() -> None:
    article = (
        "The mayor, Ana Ruiz, opened the new bridge on Monday in front of 300 guests. "
        "The bridge is expected to carry 4,000 cars a day across the river. "
        "Peter Lund told Maria Okafor that the old ferry would stop in June. "
        "Shops near the ferry have asked the council to delay the change."
    )
    groups = claims.news_pairs([article], lambda word: [], random.Random(1))
    for _ in range(40):
        twins = next(groups)
        assert len({pair.group for pair in twins}) == 1
        assert len(twins) > 1
        assert twins[0].label == LABELS["entailed"]
