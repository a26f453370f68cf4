"""A verdict is borne by the sentence that is shown; silence and dispute are told apart."""

from doubles import FixedJudge
from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of
from summit_qa.documents.passages import sentences_of as sentences_of_passage
from summit_qa.models.thresholds import Thresholds
from summit_qa.reader.found import Found
from summit_qa.reader.verdict import NOT_SURE, UNSETTLED, Decision, decide
from summit_qa.reader.windows import windows_of
from summit_qa.types import Hit, ScoredSentence, SpanPrediction

DRY = "The path was dry on Monday."
WET = "The path was under water on Friday."
KIOSK = "The kiosk opens at nine."
QUESTION = "Was the path dry?"


def decided(
    scores: dict[str, tuple[float, float, float]], relevances: tuple[float, ...] = (0.9, 0.8, 0.7)
) -> Decision:
    held = {}
    windows = []
    for name, text in zip("abc", (DRY, WET, KIOSK), strict=True):
        document = make_document(f"{name}.txt", text.encode())
        held[document.path] = document
        (passage,) = passages_of(document)
        (sentence,) = sentences_of_passage(passage, document)
        windows += windows_of([ScoredSentence(sentence, 0.5, Hit(passage, 1.0))], held)
    spans = tuple(SpanPrediction(0, 1, value, value) for value in relevances)
    found = Found((), tuple(windows), spans, relevances)
    judge = FixedJudge({(text, QUESTION): score for text, score in scores.items()})
    return decide(QUESTION, found, judge, Thresholds.load())


def test_the_plainest_sentence_decides_and_is_shown() -> None:
    yes = decided({DRY: (0.95, 0.03, 0.02)})
    assert yes.borne is not None
    assert (yes.verdict, yes.borne.sentence.text, yes.note) == ("yes", DRY, "")
    no = decided({WET: (0.02, 0.08, 0.9)})
    assert no.borne is not None
    assert (no.verdict, no.borne.sentence.text) == ("no", WET)


def test_where_lines_speak_for_both_the_sources_do_not_settle_it() -> None:
    both = decided({DRY: (0.8, 0.1, 0.1), WET: (0.1, 0.12, 0.78)})
    assert (both.verdict, both.note) == (None, UNSETTLED)


def test_where_nothing_speaks_the_reader_is_not_sure() -> None:
    assert decided({}).note == NOT_SURE
    assert decided({DRY: (0.2, 0.79, 0.01)}).verdict is None


def test_a_line_of_another_subject_decides_nothing() -> None:
    assert decided({KIOSK: (0.01, 0.04, 0.95)}, (0.9, 0.8, 0.1)).verdict is None


def test_a_question_in_a_file_says_neither() -> None:
    document = make_document("a.txt", b"**May I sell?**\nNo. We have a licence for ourselves.\n")
    (passage,) = passages_of(document)
    sentences = sentences_of_passage(passage, document)
    windows = windows_of(
        [ScoredSentence(sentences[1], 0.5, Hit(passage, 1.0))], {"a.txt": document}
    )
    found = Found((), tuple(windows), (SpanPrediction(0, 1, 0.9, 0.9),), (0.9,))
    judge = FixedJudge(
        {
            ("**May I sell?**", "May members sell?"): (0.95, 0.03, 0.02),
            ("May I sell? | No.", "May members sell?"): (0.1, 0.1, 0.8),
            ("May I sell? | We have a licence for ourselves.", "May members sell?"): (
                0.9,
                0.1,
                0.0,
            ),
        }
    )
    decided = decide("May members sell?", found, judge, Thresholds.load())
    assert decided.borne is not None
    assert (decided.verdict, decided.borne.sentence.text) == ("no", "No.")
