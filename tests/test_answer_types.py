import pytest

from summit_qa.answer_types import answer_type, holds


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many ships sank?", "number"),
        ("how much did the bridge cost", "number"),
        ("What percentage voted?", "number"),
        ("When did the strike end?", "time"),
        ("In what year was the mill built?", "time"),
        ("Since when has the ferry run?", "time"),
        ("Who built the mill?", "name"),
        ("By whom was the mill built?", "name"),
        ("What happened when the mill closed?", None),
        ("How did the mill close?", None),
        ("How long is the bridge?", "number"),
        ("Why was the mill closed?", None),
        ("Was the mill closed?", None),
    ],
)
def test_the_type_is_read_off_the_question(question: str, kind: str | None) -> None:
    assert answer_type(question) == kind


@pytest.mark.parametrize(
    ("text", "kind", "held"),
    [
        ("It cost 4 million.", "number", True),
        ("It cost a dozen eggs, twice.", "number", True),
        ("It cost a fortune.", "number", False),
        ("A three-way line was laid.", "number", False),
        ("It closed last May.", "time", True),
        ("It closed after the war.", "time", True),
        ("It closed.", "time", False),
        ("it was Ada", "name", True),
        ("it was they", "name", False),
        ("anything", None, True),
    ],
)
def test_a_text_holds_the_type_or_not(text: str, kind: str | None, held: bool) -> None:
    assert holds(text, kind) is held  # type: ignore[arg-type]
