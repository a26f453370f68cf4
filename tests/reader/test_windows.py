"""A window has the sentences around one, of the same passage, and each is read once."""

from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of, sentences_of
from summit_qa.reader.windows import LONGEST_WINDOW, MOST_PIECES, windows_of
from summit_qa.types import Document, Hit, ScoredSentence

FIVE = "One came by sea. Two came by rail. Three came on foot. Four stayed away. Five wrote."


def scored(text: str, *order: int) -> tuple[list[ScoredSentence], dict[str, Document]]:
    document = make_document("a.txt", text.encode())
    (passage,) = passages_of(document)
    sentences = sentences_of(passage, document)
    hit = Hit(passage, 1.0)
    return [ScoredSentence(sentences[at], 0.5, hit) for at in order], {"a.txt": document}


def test_a_window_has_the_sentence_before_and_the_one_after() -> None:
    (made,) = windows_of(*scored(FIVE, 2))
    assert made.window.text == "Two came by rail. Three came on foot. Four stayed away."
    assert made.around.sentence.text == "Three came on foot."


def test_at_the_ends_of_a_passage_a_window_is_shorter() -> None:
    first, last = windows_of(*scored(FIVE, 0, 4))
    assert first.window.text == "One came by sea. Two came by rail."
    assert last.window.text == "Four stayed away. Five wrote."


def test_a_sentence_that_was_read_in_a_window_gets_none_of_its_own() -> None:
    made = windows_of(*scored(FIVE, 2, 3, 1, 0))
    assert [window.around.sentence.text for window in made] == [
        "Three came on foot.",
        "One came by sea.",
    ]


def test_there_are_no_more_windows_than_asked_for() -> None:
    assert len(windows_of(*scored(FIVE, 0, 2, 4), most=2)) == 2


def test_a_sentence_may_be_read_alone() -> None:
    made = windows_of(*scored(FIVE, 1, 2), alone=True)
    assert [window.window.text for window in made] == ["Two came by rail.", "Three came on foot."]


def test_a_long_neighbour_is_left_out() -> None:
    long = "A word and another " * 36
    made = windows_of(*scored(f"{long.strip()}. Two came by rail. Three came on foot.", 1))
    assert made[0].window.text == "Two came by rail. Three came on foot."
    assert len(made[0].window.text) <= LONGEST_WINDOW


def test_the_sentence_of_a_place_in_the_window_is_found() -> None:
    (made,) = windows_of(*scored(FIVE, 2))
    start = made.window.text.index("on foot")
    sentence = made.sentence_at(start, start + 7)
    assert sentence.text == "Three came on foot."
    assert made.window.text[made.offset_of(sentence) :].startswith("Three")


def test_a_long_question_leaves_less_room_for_neighbours() -> None:
    asked = "Who came second? " + "<x>" * (MOST_PIECES // 3 - 2)
    (made,) = windows_of(*scored(FIVE, 2), question=asked)
    assert made.window.text == made.around.sentence.text


def test_code_takes_more_of_what_the_model_reads_than_prose() -> None:
    (made,) = windows_of(*scored(f"One came by {'<a>' * 90} sea. Two came by rail.", 1))
    assert made.window.text == "Two came by rail."
