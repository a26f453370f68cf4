from typing import Any

import pytest
from llama_index.core.base.llms.types import CompletionResponse, LLMMetadata
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_completion_callback

from doubles import WordEncoder, document
from summit_qa.evaluation.baselines import BM25TopSentence, FirstLines
from summit_qa.evaluation.cases import Case, Place
from summit_qa.evaluation.faithfulness import pointer_valid
from summit_qa.evaluation.memory import Vectors
from summit_qa.evaluation.stock import StockLlamaIndex
from summit_qa.types import Answer

BRIDGE = document("a.txt", "The bridge opened in 1932.\n\nIt cost six million pounds.\n")
PEOPLE = document("b.txt", "Ann Lee built the bridge. Bob watched.\n")
DOCUMENTS = [BRIDGE, PEOPLE]
FILES = {each.path: each.text.encode() for each in DOCUMENTS}


class Says(CustomLLM):
    """A language model that always says the same."""

    text: str

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=4_096, num_output=64)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=self.text)

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        yield self.complete(prompt, formatted)


def asked(question: str) -> Case:
    return Case(id="c", question=question, kind="fact")


def stock(llm: CustomLLM | None = None) -> StockLlamaIndex:
    return StockLlamaIndex(DOCUMENTS, Vectors(WordEncoder()), llm)


def said(text: str) -> Answer:
    return stock(Says(text=text)).reply(asked("Who built it?")).answer


def test_bm25_quotes_the_sentence_whose_words_fit_best() -> None:
    engine = BM25TopSentence(DOCUMENTS)
    reply = engine.reply(asked("What did it cost?"))
    assert [each.text for each in reply.answer.statements] == ["It cost six million pounds."]
    assert reply.answer.citations[0].location == "a.txt:3"
    assert reply.ranked[0] == Place("a.txt", 3)
    assert engine.reply(asked("Qwxyz?")).answer.abstained
    engine.close()


def test_the_first_lines_are_said_whatever_is_asked() -> None:
    engine = FirstLines(
        [*DOCUMENTS, document("c.txt", "\n\nThird.\n"), document("d.txt", "Fourth.")]
    )
    first, second = (engine.reply(asked(text)) for text in ("Who?", "Why?"))
    assert [each.text for each in first.answer.statements] == [
        "The bridge opened in 1932.",
        "Ann Lee built the bridge.",
        "Third.",
    ]
    assert first.answer.statements == second.answer.statements
    assert first.ranked[:3] == (Place("a.txt", 1), Place("b.txt", 1), Place("d.txt", 1))
    assert all(pointer_valid(each, FILES) for each in first.answer.citations[:2])


def test_no_text_at_all_is_an_abstention() -> None:
    assert FirstLines([]).reply(asked("Who?")).answer.abstained


def test_the_stand_in_quotes_a_sentence_and_cites_all_lines_of_its_source() -> None:
    reply = stock().reply(asked("What did it cost?"))
    (statement,) = reply.answer.statements
    assert statement.text == "It cost six million pounds."
    assert statement.citations[0].location == "a.txt:1-3"
    assert pointer_valid(statement.citations[0], FILES)
    assert set(reply.ranked) == {Place("a.txt", 1), Place("a.txt", 3), Place("b.txt", 1)}


def test_the_stand_in_declines_where_no_word_is_shared() -> None:
    answer = stock().reply(asked("Qwxyz?")).answer
    assert answer.abstained
    assert answer.reason == "None of the sources are helpful."


def test_sentences_of_a_model_keep_the_sources_named_after_them() -> None:
    answer = said("Ann Lee built it [1]. It opened in 1932. [1, 2] It is tall.")
    assert [(each.text, len(each.citations)) for each in answer.statements] == [
        ("Ann Lee built it.", 1),
        ("It opened in 1932.", 2),
        ("It is tall.", 0),
    ]


def test_a_source_that_does_not_exist_is_no_citation() -> None:
    (statement,) = said("Ann Lee built it [7].").statements
    assert statement.citations == ()


def test_a_model_that_says_yes_or_no_gives_a_verdict() -> None:
    assert said("Yes, Ann Lee did [1].").verdict == "yes"
    assert said("No. Bob did [1].").verdict == "no"
    assert said("Nobody knows [1].").verdict is None


@pytest.mark.parametrize(
    "text", ["", "None of the sources are helpful.", "The sources do not say who built it."]
)
def test_a_model_that_finds_nothing_has_abstained(text: str) -> None:
    assert said(text).abstained


def test_a_model_that_cites_while_it_says_not_has_answered() -> None:
    assert not said("The sources do not name him, but Ann Lee built it [1].").abstained


def test_the_size_of_an_index_is_told() -> None:
    assert (stock().index_bytes or 0) > 100
    engine = BM25TopSentence(DOCUMENTS)
    assert (engine.index_bytes or 0) > 100
    engine.close()
