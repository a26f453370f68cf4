"""The tiny reader finds "answer" relevant; its spans run from "alpha" to "omega"."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from summit_qa.language.lexicon import overlap
from summit_qa.models.relevance import READ, REMEMBERED_QUESTIONS, RelevanceModel
from summit_qa.types import Window

FIXTURES = Path(__file__).parents[1] / "fixtures"


class Counting:
    """An embedder that points every text with "near" the way of the question."""

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += texts
        near = [[1.0, 0.0] if "near" in text or "?" in text else [0.0, 1.0] for text in texts]
        return np.array(near, dtype=np.float32)


def counted_runs(model: RelevanceModel, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pairs each run of the reader has, filled as it runs."""
    ran: list[int] = []
    run = model._encoder.run_encoded

    def counted(encodings: list[object]) -> object:
        ran.append(len(encodings))
        return run(encodings)

    monkeypatch.setattr(model._encoder, "run_encoded", counted)
    return ran


@pytest.fixture(scope="module")
def model() -> RelevanceModel:
    return RelevanceModel.load(folder=FIXTURES / "tiny_reader")


def test_a_text_that_answers_ranks_above_one_that_does_not(model: RelevanceModel) -> None:
    scores = model.relevance("who?", ["nothing", "the answer is here", "no"])
    assert scores.argmax() == 1
    assert ((scores >= 0) & (scores <= 1)).all()


def test_a_text_scores_the_same_with_other_neighbours_that_share_no_word(
    model: RelevanceModel,
) -> None:
    alone = model.relevance("who?", ["the answer"])
    among = model.relevance("who?", ["x y z", "the answer", "w"])
    assert alone[0] == among[1]


def test_the_cosine_counts_where_there_is_an_embedder() -> None:
    model = RelevanceModel.load(Counting(), folder=FIXTURES / "tiny_reader")
    near, far = model.relevance("who?", ["near it", "far off"])
    assert near > far


def test_vectors_of_texts_are_remembered() -> None:
    embedder = Counting()
    model = RelevanceModel.load(embedder, folder=FIXTURES / "tiny_reader")
    first = model.relevance("who?", ["a b", "c d", "a b"])
    again = model.relevance("who?", ["c d", "a b", "e f"])
    assert embedder.embedded == ["a b", "c d", "who?", "e f", "who?"]
    assert first[0] == first[2] == again[1]


def test_what_was_just_read_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    model = RelevanceModel.load(folder=FIXTURES / "tiny_reader")
    ran = counted_runs(model, monkeypatch)
    first = model.relevance("who?", ["the answer", "alpha to omega"])
    span = model.spans("who?", [Window("alpha to omega")])
    model.answerability("who?", [Window("the answer"), Window("more")])
    assert ran == [2, 1]
    for number in range(REMEMBERED_QUESTIONS):
        model.relevance(f"who {number}?", ["the answer"])
    assert ran == [2, 1, *[1] * REMEMBERED_QUESTIONS]
    assert model.spans("who?", [Window("alpha to omega")]) == span
    assert model.relevance("who?", ["the answer", "alpha to omega"]).tolist() == first.tolist()


def test_of_many_texts_only_the_nearest_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    model = RelevanceModel.load(Counting(), folder=FIXTURES / "tiny_reader")
    ran = counted_runs(model, monkeypatch)
    far = ["the answer far off", *(f"text {number}" for number in range(READ))]
    near = ["the answer is near", *(f"near {number}" for number in range(READ - 1))]
    features = model.relevance_features("who?", far + near)
    assert ran == [READ]
    read = features[len(far) :, 0]
    assert read.argmax() == 0
    assert (features[: len(far), 0] == read.min()).all()


def test_a_span_is_the_characters_of_the_text(model: RelevanceModel) -> None:
    text = "It was  Alpha and Omega, they said."
    (span,) = model.spans("who?", [Window(text)])
    assert text[span.start : span.end] == "Alpha and Omega"


def test_a_span_never_ends_before_it_starts(model: RelevanceModel) -> None:
    text = "omega then alpha"
    (span,) = model.spans("who?", [Window(text)])
    assert span.start < span.end
    assert text[span.start : span.end] in ("omega", "alpha", text)


def test_a_text_with_the_answer_is_surer_than_one_without(model: RelevanceModel) -> None:
    there, missing = model.spans(
        "who?", [Window("the answer alpha omega"), Window("nothing at all")]
    )
    assert there.answerable > missing.answerable
    assert there.confidence > missing.confidence


def test_an_empty_text_has_an_unsure_empty_span(model: RelevanceModel) -> None:
    (span,) = model.spans("who?", [Window("")])
    assert (span.start, span.end) == (0, 0)
    assert span.confidence < 0.1


def test_texts_that_answer_are_more_answerable(model: RelevanceModel) -> None:
    there = model.answerability("who?", [Window("nothing"), Window("the answer alpha omega")])
    assert there > model.answerability("who?", [Window("nothing"), Window("none")])
    assert model.answerability("who?", []) == 0.0


def test_nothing_to_rank_gives_nothing(model: RelevanceModel) -> None:
    assert model.relevance("who?", []).shape == (0,)
    assert model.spans("who?", []) == []


def test_rare_words_of_the_question_weigh_more() -> None:
    texts = ["the summit opened", "the summit closed", "the envoy left", "the summit met"]
    scores = overlap("summit envoy", texts)
    assert scores.argmax() == 2
    assert scores[0] == scores[1] > 0


def test_a_question_of_function_words_finds_nothing() -> None:
    assert overlap("who is it?", ["it is he"]).tolist() == [0.0]
