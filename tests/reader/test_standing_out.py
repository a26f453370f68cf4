"""In a large folder what answers stands out; in a small one how well it was found says nothing."""

from collections.abc import Sequence

from doubles import FixedRanker
from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of
from summit_qa.models.thresholds import Logistic
from summit_qa.reader.found import Found
from summit_qa.reader.standing_out import FEW, MANY, features, weighed
from summit_qa.reader.windows import windows_of
from summit_qa.retrieval.fusion import rank_sentences
from summit_qa.types import Hit

TEXTS = {"a.txt": "The bridge opened in May.", "b.txt": "It rained.", "c.txt": "Shares fell."}
DOCUMENTS = {path: make_document(path, text.encode()) for path, text in TEXTS.items()}
SAID = Logistic((1.0, 1.0, 0.0), -0.5)


def hits(scores: Sequence[float], cosines: Sequence[float | None]) -> list[Hit]:
    passages = [passages_of(document)[0] for document in DOCUMENTS.values()]
    made = zip(passages, scores, cosines, strict=False)
    return [Hit(passage, score, cosine=cosine) for passage, score, cosine in made]


def found(made: Sequence[Hit], answers: str = "a.txt") -> Found:
    ranker = FixedRanker({TEXTS[answers]: 0.9})
    scored = rank_sentences("When?", made, DOCUMENTS, ranker)
    windows = windows_of(scored, DOCUMENTS)
    return Found(
        tuple(scored), tuple(windows), (), tuple(made.around.relevance for made in windows)
    )


def test_it_sees_how_far_the_best_file_is_ahead_and_how_near_the_one_is_that_answers() -> None:
    made = hits((4.0, 3.0, 1.0), (0.5, 0.75, 0.25))
    assert features(0.5, found(made), made) == (0.0, 1.0, 0.5)
    assert features(0.5, found(made, "b.txt"), made) == (0.0, 1.0, 0.75)


def test_a_rare_code_is_no_further_ahead_than_a_good_match() -> None:
    made = hits((104.0, 3.0), (0.5, 0.25))
    assert features(0.5, found(made), made) == (0.0, 4.0, 0.5)


def test_a_file_that_was_found_alone_is_ahead_as_usual() -> None:
    made = hits((4.0,), (0.5,))
    assert features(0.5, found(made), made) == (0.0, 1.0, 0.5)


def test_the_larger_the_folder_the_more_it_counts() -> None:
    made = hits((4.0, 3.0, 1.0), (0.5, 0.25, 0.25))
    counts = [weighed(0.5, found(made), made, n, SAID) for n in (0, FEW, 1_500, MANY, 10 * MANY)]
    assert counts[0] == counts[1] == 0.5
    assert counts[1] < counts[2] < counts[3] == counts[4]
    behind = hits((4.0, 3.9, 1.0), (0.25, 0.9, 0.25))
    assert weighed(0.5, found(behind), behind, MANY, SAID) < 0.5


def test_without_vectors_what_was_read_stands() -> None:
    made = hits((4.0, 3.0), (None, None))
    assert weighed(0.4, found(made), made, MANY, SAID) == 0.4
    assert weighed(0.4, Found(), hits((4.0,), (0.5,)), MANY, SAID) == 0.4
