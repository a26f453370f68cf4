from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from summit_qa.app.database_shared import SharedDatabase
from summit_qa.app.history import History
from summit_qa.app.rail import rail
from summit_qa.app.revive import from_plain, to_plain
from summit_qa.app.sessions import Turn
from summit_qa.documents.citations import cite
from summit_qa.documents.corpus import make_document
from summit_qa.types import Answer, Disagreement, Hit, Passage, Span, Statement, Usage

DOCUMENT = make_document("pact.txt", b"The pact was signed. It holds.")
CITATION = cite(DOCUMENT, 0, 20, number=3)
ANSWER = Answer(
    "Was it signed?", "The pact was signed. [3]", "yes",
    (Statement("The pact was signed.", (CITATION,), "supported", 0.9, ((4, 8),), (CITATION,)),),
    (CITATION,), "answered", None, confidence=0.8, short="signed",
    disagreements=(Disagreement(CITATION, CITATION, 0.7, "dates"),),
    nearest=(
        Hit(Passage("p", "a.txt", Span(0, 9, 1, 1), "x", (Span(0, 1, 1, 1),)), 0.5, {"bm25": 2}),
    ),
    usage=Usage(1, 2, 3), notes=("a",),
)  # fmt: skip

CONTRACT = (  # tests that every database has to pass
    "test_a_conversation_is_named_by_its_first_question_and_comes_back",
    "test_nobody_sees_or_touches_what_is_anothers",
    "test_each_folder_has_its_own",
    "test_it_is_searched_renamed_and_deleted",
    "test_a_rating_is_kept_with_its_turn_and_what_is_taken_back_goes",
    "test_the_oldest_go_where_there_are_too_many",
    "test_half_a_character_is_kept_escaped",
    "test_an_answer_that_cannot_be_read_says_so",
    "test_many_keep_at_once",
)


@pytest.fixture(params=["file", "database"])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    """Both ways to keep conversations; PostgreSQL's turn comes with the cluster tests."""
    if request.param == "file":
        yield History(tmp_path / "data" / "kept.sqlite3", tmp_path / "corpus")
        return
    shared = SharedDatabase(f"sqlite:///{tmp_path}/shared.sqlite3")
    yield History(shared, tmp_path / "corpus")
    shared.close()


@pytest.fixture
def in_file(tmp_path: Path) -> History:
    return History(tmp_path / "data" / "kept.sqlite3", tmp_path / "corpus")


def kept(history: History, *questions: str, owner: str = "ann") -> str:
    named = ""
    for number, question in enumerate(questions, 1):
        turn = Turn(number, question, "done", replace(ANSWER, question=question))
        named, _ = history.keep(owner, named, turn)
    return named


def test_an_answer_is_the_same_after_json() -> None:
    assert from_plain(Answer, json.loads(json.dumps(to_plain(ANSWER)))) == ANSWER


def test_an_answer_of_an_older_version_gets_the_defaults_and_one_without_sense_is_refused() -> None:
    plain = to_plain(ANSWER)
    del plain["confidence"]
    plain["something_of_later"] = 1
    assert from_plain(Answer, plain) == replace(ANSWER, confidence=None)
    with pytest.raises(TypeError):
        from_plain(Answer, {"question": "Who?"})


def test_a_conversation_is_named_by_its_first_question_and_comes_back(history: History) -> None:
    named = kept(history, "Was it\nsigned?", "When?")
    assert [item.title for item in history.all("ann")] == ["Was it signed?"]
    turns = history.turns("ann", named)
    assert turns is not None
    assert [(turn.number, turn.question, turn.state) for turn in turns] == [
        (1, "Was it\nsigned?", "done"),
        (2, "When?", "done"),
    ]
    assert turns[1].answer == replace(ANSWER, question="When?")


def test_another_process_reads_the_same_file(in_file: History, tmp_path: Path) -> None:
    named = kept(in_file, "Was it signed?")
    assert History(in_file.database.file, tmp_path / "corpus").turns("ann", named)


def test_nobody_sees_or_touches_what_is_anothers(history: History) -> None:
    named = kept(history, "Secret?")
    assert history.all("bob") == []
    assert history.turns("bob", named) is None
    history.rename("bob", named, "Mine")
    history.remove("bob", named)
    history.forget_turns("bob", named, [1])
    assert [item.title for item in history.all("ann")] == ["Secret?"]
    assert len(history.turns("ann", named) or ()) == 1
    other, _ = history.keep("bob", named, Turn(1, "Intrusion?", "done"))
    assert other != named


def test_each_folder_has_its_own(history: History, tmp_path: Path) -> None:
    kept(history, "Here?")
    assert History(history.database, tmp_path / "elsewhere").all("ann") == []


def test_it_is_searched_renamed_and_deleted(history: History) -> None:
    first, second = kept(history, "Was it signed?"), kept(history, "100% of_what?")
    assert [item.id for item in history.all("ann", "PACT signed")] == [second, first]  # in answers
    assert [item.id for item in history.all("ann", "100%")] == [second]
    assert history.all("ann", "nothing at all") == []
    history.rename("ann", first, "  The pact  ")
    history.rename("ann", first, "   ")
    assert [item.title for item in history.all("ann", "the pact")][-1] == "The pact"
    history.remove("ann", first)
    assert history.turns("ann", first) is None
    left = history.database.run(lambda execute: execute("SELECT COUNT(*) FROM turns", {}))
    assert left[0][0] == 1


def test_a_rating_is_kept_with_its_turn_and_what_is_taken_back_goes(history: History) -> None:
    turn = Turn(1, "Was it signed?", "done", ANSWER)
    named, turn.row = history.keep("ann", "", turn)
    turn.rating = "down"
    assert history.keep("ann", named, turn) == (named, turn.row)
    (again,) = history.turns("ann", named) or ()
    assert again.rating == "down"
    history.forget_turns("ann", named, [turn.row])
    assert history.turns("ann", named) == []


def test_the_file_is_its_users_alone(in_file: History) -> None:
    kept(in_file, "Secret?")
    assert in_file.database.file.stat().st_mode & 0o077 == 0
    assert in_file.database.file.parent.stat().st_mode & 0o077 == 0


def test_the_oldest_go_where_there_are_too_many(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summit_qa.app.history.MOST", 2)
    for question in ("One?", "Two?", "Three?"):
        kept(history, question)
    assert [item.title for item in history.all("ann")] == ["Three?", "Two?"]


def test_what_cannot_be_kept_costs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = History(tmp_path / "file" / "kept.sqlite3", tmp_path)
    assert blocked.keep("ann", "", Turn(1, "Who?", "done", ANSWER)) == ("", 0)
    assert blocked.all("ann") == []
    assert blocked.turns("ann", "x") is None


def test_a_damaged_file_is_put_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    damaged = tmp_path / "kept.sqlite3"
    damaged.write_bytes(b"no database at all" * 100)
    broken = History(damaged, tmp_path)
    assert broken.all("ann") == []
    kept(broken, "Who?")
    assert [item.title for item in broken.all("ann")] == ["Who?"]
    assert (tmp_path / "kept.damaged.sqlite3").read_bytes().startswith(b"no database")


def test_half_a_character_is_kept_escaped(history: History) -> None:
    named = kept(history, "Who is \ud800?")
    (turn,) = history.turns("ann", named) or ()
    assert turn.question == "Who is \\ud800?"
    assert turn.answer is not None
    assert turn.answer.question == "Who is \ud800?"
    assert history.all("ann", "\ud800")[0].id == named
    kept(history, "What is a \0?")  # which PostgreSQL takes in no text
    assert [item.title for item in history.all("ann", "what")] == ["What is a \\x00?"]
    assert history.turns("ann", "\ud800") is None


def test_an_answer_that_cannot_be_read_says_so(history: History) -> None:
    named = kept(history, "Who?")
    broken = "UPDATE turns SET kept = :kept"
    history.database.run(lambda run: run(broken, {"kept": '{"answer": {"question": 1}}'}))
    (turn,) = history.turns("ann", named) or ()
    assert turn.state == "failed"
    assert "ask again" in (turn.error or "")


def test_many_keep_at_once(history: History) -> None:
    errors: list[BaseException] = []

    def writer(owner: str) -> None:
        try:
            assert kept(history, *("Q?",) * 8, owner=owner)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=writer, args=(f"user {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    for n in range(6):
        (item,) = history.all(f"user {n}")
        assert len(history.turns(f"user {n}", item.id) or ()) == 8


def test_the_list_is_by_day_and_marks_the_one_that_is_open(history: History) -> None:
    named = kept(history, "Was it signed?")
    (item,) = history.all("ann")
    html = rail([item, replace(item, id="old", updated=item.updated - 86_400 * 3)], named,
                now=item.updated)  # fmt: skip
    assert html.index("Today") < html.index("This week")
    assert html.count('aria-current="true"') == 1
    assert "Delete this conversation?" in html
    assert "No conversation holds" in rail([], "", "words")
