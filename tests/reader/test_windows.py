"""A window has the sentences around one, of the same passage, and each is read once."""

from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of, sentences_of
from summit_qa.reader.windows import LONGEST_WINDOW, MOST_PIECES, SentenceWindow, windows_of
from summit_qa.types import Document, Hit, ScoredSentence

FIVE = "One came by sea. Two came by rail. Three came on foot. Four stayed away. Five wrote."


def scored(text: str, *order: int) -> tuple[list[ScoredSentence], dict[str, Document]]:
    document = make_document("a.txt", text.encode())
    (passage,) = passages_of(document)
    sentences = sentences_of(passage, document)
    hit = Hit(passage, 1.0)
    return [ScoredSentence(sentences[at], 0.5, hit) for at in order], {"a.txt": document}


def test_a_window_has_two_sentences_before_and_two_after() -> None:
    (made,) = windows_of(*scored(f"Nobody swam. {FIVE} Six called.", 3))
    assert made.window.text == FIVE
    assert made.around.sentence.text == "Three came on foot."


def test_at_the_ends_of_a_passage_a_window_is_shorter() -> None:
    first, last = windows_of(*scored(FIVE, 0, 4))
    assert first.window.text == "One came by sea. Two came by rail. Three came on foot."
    assert last.window.text == "Three came on foot. Four stayed away. Five wrote."


def test_a_sentence_that_was_read_in_a_window_gets_none_of_its_own() -> None:
    made = windows_of(*scored(f"{FIVE} Six called.", 2, 3, 1, 0, 5))
    assert [window.around.sentence.text for window in made] == [
        "Three came on foot.",
        "Six called.",
    ]


def test_what_lies_behind_a_neighbour_that_is_left_out_is_left_out_too() -> None:
    long = "A word and another " * 36
    (made,) = windows_of(*scored(f"One came. {long.strip()}. Two came by rail. Three came.", 2))
    assert made.window.text == "Two came by rail. Three came."


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


def windows_in(path: str, text: str, words: str) -> SentenceWindow:
    document = make_document(path, text.encode())
    for passage in passages_of(document):
        for sentence in sentences_of(passage, document):
            if words in sentence.text:
                scored = ScoredSentence(sentence, 0.5, Hit(passage, 1.0))
                (made,) = windows_of([scored], {path: document})
                return made
    raise AssertionError(words)


def test_a_row_is_read_alone_with_its_columns() -> None:
    made = windows_in("a.csv", "room,use\nG1,desk\nG2,blood samples\nG4,archive\n", "G2")
    assert made.window.text == "room: G2; use: blood samples"
    (row,) = made.sentences
    assert made.text_of(row) == made.window.text
    assert row.text == "G2,blood samples"


def test_an_entry_of_a_configuration_is_read_alone() -> None:
    made = windows_in("a.yaml", "disk:\n  keep: 35\n  at: 2\n  path: /mnt\n", "at: 2")
    assert (made.window.text, made.window.context) == ("at: 2", "disk › at")


def test_what_stands_under_another_heading_or_in_a_table_is_not_read_with_a_sentence() -> None:
    text = "# Trip\n\n| Day | Boat |\n|---|---|\n| 1 | Ada |\n\nWe left early. Rain fell.\n"
    made = windows_in("a.md", text, "We left early.")
    assert made.window.text == "We left early. Rain fell."


def test_what_another_speaker_says_is_context() -> None:
    said = "ANN: Who came first?\n\nBEN: The boat did.\n\nANN: And then?\n\nBEN: The bus came.\n"
    made = windows_in("a.txt", said, "The boat did.")
    assert made.window.text == "BEN: The boat did."
    assert made.window.context.endswith("ANN: Who came first?")


def test_a_lead_in_is_read_with_what_it_introduces() -> None:
    made = windows_in("a.md", "# Walk\n\nBring these things:\n\n- boots\n- a map\n", "Bring these")
    assert made.window.text == "Bring these things:\n\n- boots\n- a map"


def test_a_turn_is_read_with_what_another_said_before_it() -> None:
    said = "ANN: Who came?\n\nBEN: The boat.\n\nCYD: It leaked.\n\nANN: And?\n\nBEN: I swam.\n"
    said += "\nCYD: So did I.\n"
    made = windows_in("a.txt", said, "It leaked.")
    assert made.window.text == "BEN: The boat.\n\nCYD: It leaked."
