from __future__ import annotations

import pytest

from doubles import write
from summit_qa.assistant import Assistant
from summit_qa.errors import CorpusError
from summit_qa.retrieval.within import Within

FILES = {
    "new.txt": "The allowance for meals is 38 pounds a day. Part BX-77 is the pump.\n",
    "old.txt": "The allowance for meals is 32 pounds a day. Part BX-77 is the hose.\n",
    "sub/other.txt": "The lighthouse of Norwick is painted white.\n",
}


@pytest.fixture
def three(quick: Assistant) -> Assistant:
    write(quick.settings.corpus, FILES)
    quick.sync()
    return quick


def test_only_the_chosen_files_answer(three: Assistant) -> None:
    question = "What is the allowance for meals?"
    assert {it.file for it in three.ask(question).citations} == {"new.txt", "old.txt"}
    old = three.within(["old.txt"])
    assert {it.file for it in old.ask(question).citations} == {"old.txt"}
    assert {it.file for it in old.within(None).ask(question).citations} == {"new.txt", "old.txt"}


def test_what_was_cited_before_is_no_way_around_the_choice(three: Assistant) -> None:
    first = three.ask("What is the allowance for meals?")
    old = three.within(["sub/other.txt"]).conversation(earlier=[first])
    assert "new.txt" not in {
        it.file for it in old.ask("What is the allowance for meals?").citations
    }


def test_each_view_holds_the_chosen_passages_only(three: Assistant) -> None:
    generation = three.generation
    within = Within(generation, ["old.txt"])
    vector = three.encoder.embed_query("allowance")
    rows = {within.rows_of([identity])[0] for identity, _ in within.dense(vector, 10)}
    assert {passage.path for passage in within.at_rows(sorted(rows))} == {"old.txt"}
    words = within.word_scores("allowance")
    assert {it.path for it in within.at_rows(words.passages.nonzero()[0].tolist())} == {"old.txt"}
    assert {it.path for it in within.at_rows(within.rows_with("bx77").tolist())} <= {"old.txt"}
    assert len(Within(generation, [])) == 0
    assert Within(generation, ["gone.txt"]).dense(vector, 3) == []


def test_chosen_files_that_are_gone_are_told_so(three: Assistant) -> None:
    with pytest.raises(CorpusError, match="chosen files"):
        three.within(["gone.txt"]).ask("What is the allowance?")
