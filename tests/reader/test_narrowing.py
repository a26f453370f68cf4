"""What a language model is shown of the hits: the windows that the reader would read."""

from collections.abc import Mapping

from doubles import FixedJudge, FixedRanker, document
from summit_qa.documents.passages import passages_of, sentences_of
from summit_qa.reader.reader import SHOWN_WINDOWS, Reader
from summit_qa.types import Hit, Models

FELL = "Karin fell from the ladder."
SOLD = "The pears were sold on Monday."
DAYS = " ".join(f"Nothing of note came on day {n}." for n in range(3, 12))
DIARY = f"{SOLD} {DAYS} {FELL} Joost drove her home.\n"
RULES = "Members must not bring:\n\n- ladders\n- dogs\n- pears\n- bees\n- fire\n- music\n"


def narrowed(
    question: str, scores: Mapping[str, float], files: Mapping[str, str]
) -> tuple[list[str], float | None]:
    """What is left of each hit, and how likely it answers."""
    held = {name: document(name, text) for name, text in files.items()}
    hits = [Hit(passage, 1.0) for each in held.values() for passage in passages_of(each, 1500)]
    cut, sure = Reader(held, Models(FixedRanker(scores), FixedJudge())).narrowed(question, hits)
    for hit in cut:
        span, text = hit.passage.span, held[hit.passage.path].text
        assert hit.passage.text == text[span.start : span.end]
        assert all(
            it.text in hit.passage.text for it in sentences_of(hit.passage, held[hit.passage.path])
        )
    return [hit.passage.text for hit in cut], sure


def test_the_best_windows_come_first_and_the_rest_is_left_out() -> None:
    (first, second, *others), sure = narrowed(
        "Who fell?", {FELL: 0.9, SOLD: 0.5}, {"a.txt": DIARY, "b.txt": "Bees sleep. Bees wake.\n"}
    )
    assert FELL in first
    assert SOLD in second
    assert SOLD not in first
    assert sure is not None
    assert len(others) <= SHOWN_WINDOWS - 2


def test_windows_that_touch_are_one() -> None:
    text = "One came by sea. Two came by rail. Three walked. Four stayed. Five wrote. Six called."
    scores = {"One came by sea.": 0.9, "Six called.": 0.8}
    cut, _ = narrowed("Who came?", scores, {"a.txt": f"{text}\n"})
    assert cut == [text]


def test_a_list_is_shown_with_what_introduces_it() -> None:
    (first, *_), _ = narrowed("List what is forbidden.", {"- fire": 0.9}, {"a.md": RULES})
    assert first == RULES.strip()


def test_what_cannot_be_ranked_is_shown_whole() -> None:
    question = "Wer ist von der Leiter gefallen und wann war das genau?"
    cut, sure = narrowed(question, {}, {"a.txt": DIARY})
    assert (cut, sure) == ([DIARY.strip()], None)
    assert narrowed(question, {}, {}) == ([], None)
