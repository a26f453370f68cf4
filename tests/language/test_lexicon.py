import pytest

from summit_qa.language.lexicon import content_stems, numbers, words


def test_contracted_negation_is_a_word_of_its_own() -> None:
    assert words("It isn’t Biden's; they can't.") == [
        "it",
        "is",
        "n't",
        "biden",
        "they",
        "ca",
        "n't",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("three leaders met on Aug. 18, 2023", {3, 18, 2023}),
        ("1.5 million people and 20,000 troops", {1_500_000, 20_000}),
        ("twenty-one ships, two hundred men", {21, 200}),
        ("the 4th of July, in the 1990s", {4, 1990}),
        ("£1.5m, $2bn and 3k", {1_500_000, 2_000_000_000, 3_000}),
        ("no number here", set()),
        ("one", {1}),
    ],
)
def test_numbers_are_read_in_figures_and_words(text: str, expected: set[float]) -> None:
    assert numbers(text) == expected


def test_stems_leave_out_function_words() -> None:
    assert content_stems("The leaders agreed, and are agreeing") == ["leader", "agre", "agre"]
