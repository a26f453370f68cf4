from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from summit_qa.app.sessions import BUSY, Session, Sessions, Slots, Turn
from summit_qa.conversation.conversation import Conversation
from summit_qa.errors import BusyError, QuestionError, WriterError
from summit_qa.types import Answer

Answers = Callable[[str], Iterator[Answer]]


def answer(question: str, text: str = "") -> Answer:
    return Answer(question, text or f"About {question}", None, (), (), "answered", None)


def at_once(question: str) -> Iterator[Answer]:
    yield answer(question, "First.")
    yield answer(question, "First. Second.")


class Scripted:
    """An assistant whose answers are those of a function."""

    def __init__(self, answers: Answers, **settings: Any) -> None:
        chosen = {"engine": "auto", "passages": 8, "strictness": "balanced", **settings}
        self.settings = SimpleNamespace(**chosen)
        self._answers = answers

    def with_settings(self, **changes: Any) -> Scripted:
        return Scripted(self._answers, **changes)

    def conversation(self, earlier: Sequence[Answer] = ()) -> Conversation:
        stopped = threading.Event()
        made = getattr(self._answers, "stopped", stopped)
        return Conversation(
            lambda question, earlier, rewriting: self._answers(question),
            stopped=made,
            earlier=earlier,
        )


def session(
    answers: Answers = at_once, slots: Slots | None = None, most_turns: int = 50
) -> Session:
    made = Scripted(answers)
    return Session(made, slots or Slots(2, 5), lambda error: f"told: {error}", most_turns)  # type: ignore[arg-type]


def test_a_turn_ends_with_the_last_snapshot() -> None:
    asked = session()
    states = [(turn.state, turn.answer.text if turn.answer else "") for turn in asked.ask("A?")]
    assert states[0] == ("waiting", "")
    assert states[-1] == ("done", "First. Second.")
    assert [turn.question for turn in asked.turns] == ["A?"]


def test_what_is_said_so_far_is_shown_before_the_rest_is_there() -> None:
    go_on = threading.Event()

    def slowly(question: str) -> Iterator[Answer]:
        yield answer(question, "First.")
        assert go_on.wait(10)
        yield answer(question, "First. Second.")

    seen = []
    for turn in session(slowly).ask("A?"):
        seen.append(turn.answer.text if turn.answer else "")
        if seen[-1] == "First.":
            go_on.set()
    assert "First." in seen
    assert seen[-1] == "First. Second."


def test_stopping_keeps_what_was_said_and_frees_the_slot() -> None:
    slots = Slots(1, 5)
    closed = threading.Event()

    def endless(question: str) -> Iterator[Answer]:
        try:
            while True:
                yield answer(question, "First.")
                time.sleep(0.01)
        finally:
            closed.set()

    asked = session(endless, slots)
    last: Turn | None = None
    for turn in asked.ask("A?"):
        last = turn
        if turn.answer:
            asked.stop()
    assert last is not None
    assert last.state == "stopped"
    assert last.answer is not None
    assert closed.wait(10)
    with slots.taken(lambda ahead: None) as mine:
        assert mine


class Hanging:
    """A model that says nothing more until its request is closed."""

    def __init__(self) -> None:
        self.stopped = threading.Event()

    def __call__(self, question: str) -> Iterator[Answer]:
        yield answer(question, "First.")
        assert self.stopped.wait(10)
        raise WriterError("The answer was stopped.")


def test_a_model_that_hangs_is_let_go_of_when_its_visitor_stops_or_leaves() -> None:
    for leave in (False, True):
        slots = Slots(1, 5)
        asked = session(Hanging(), slots)
        going = asked.ask("A?")
        for turn in going:
            if turn.answer and leave:
                going.close()
            elif turn.answer:
                asked.stop()
        assert asked.turns[0].state == ("running" if leave else "stopped")
        assert asked.turns[0].error is None
        with slots.taken(lambda ahead: None) as mine:  # which waits for the one that hung
            assert mine


def test_what_was_stopped_and_taken_back_is_not_remembered() -> None:
    go_on = threading.Event()

    def late(question: str) -> Iterator[Answer]:
        yield answer(question, "First.")
        assert go_on.wait(10)  # the visitor is quicker than the answer's end
        yield answer(question, "First. Second.")

    asked = session(late)
    for turn in asked.ask("A?"):
        if turn.answer:
            asked.stop()
    assert asked._conversation.turns == ()
    threading.Timer(0.2, go_on.set).start()
    assert [turn.question for turn in asked.withdraw()] == ["A?"]
    assert asked._conversation.turns == ()
    list(asked.ask("B?"))
    assert [turn.question for turn in asked._conversation.turns] == ["B?"]


def test_an_error_is_told_as_the_public_may_read_it() -> None:
    def fails(question: str) -> Iterator[Answer]:
        raise QuestionError("no")
        yield

    *_, last = session(fails).ask("A?")
    assert (last.state, last.error) == ("failed", "told: no")


def test_a_second_question_of_the_same_visitor_is_not_mixed_in() -> None:
    asked = session()
    first = asked.ask("A?")
    next(first)
    assert asked.asking
    assert list(asked.ask("B?")) == []
    *_, last = first
    assert last.state == "done"
    assert [turn.question for turn in asked.turns] == ["A?"]
    assert not asked.asking


def test_a_visitor_who_leaves_in_the_middle_can_ask_again() -> None:
    asked = session()
    first = asked.ask("A?")
    next(first)
    first.close()
    *_, last = asked.ask("B?")
    assert last.state == "done"


def test_taking_a_question_back_forgets_its_answer_too() -> None:
    asked = session()
    list(asked.ask("A?"))
    list(asked.ask("B?"))
    assert [turn.question for turn in asked.withdraw()] == ["B?"]
    assert [turn.question for turn in asked.turns] == ["A?"]
    assert [turn.question for turn in asked._conversation.turns] == ["A?"]
    assert [turn.question for turn in asked.withdraw()] == ["A?"]
    assert asked.withdraw() == []


def test_taking_an_early_question_back_takes_all_after_it() -> None:
    asked = session()
    for question in ("A?", "B?", "C?"):
        list(asked.ask(question))
    assert asked.withdraw(99) == []
    assert [turn.question for turn in asked.withdraw(2)] == ["B?", "C?"]
    assert [turn.question for turn in asked._conversation.turns] == ["A?"]


def test_a_kept_conversation_is_gone_on_with() -> None:
    asked, kept = session(), session()
    list(kept.ask("A?"))
    assert asked.restore("name", list(kept.turns))
    assert asked.named == "name"
    assert [turn.question for turn in asked._conversation.turns] == ["A?"]
    list(asked.ask("B?"))
    assert [turn.number for turn in asked.turns] == [1, 2]


def test_clearing_begins_anew_and_numbers_are_not_used_twice() -> None:
    asked = session()
    list(asked.ask("A?"))
    assert asked.clear()
    assert asked.turns == []
    list(asked.ask("B?"))
    assert asked.turns[0].number == 2


def test_nothing_is_cleared_while_an_answer_is_made() -> None:
    asked = session()
    first = asked.ask("A?")
    next(first)
    assert not asked.clear()
    assert asked.withdraw() == []
    list(first)
    assert asked.clear()


def test_a_conversation_is_full_at_its_limit() -> None:
    asked = session(most_turns=1)
    assert not asked.full
    list(asked.ask("A?"))
    assert asked.full


def test_other_settings_keep_the_turns_that_are_shown() -> None:
    asked = session()
    list(asked.ask("A?"))
    asked.configure("reader", 3, "strict")
    list(asked.ask("B?"))
    assert asked.assistant.settings.passages == 3
    exported = json.loads(asked.export("json"))
    assert [turn["question"] for turn in exported["turns"]] == ["A?", "B?"]
    assert "## 1. A?" in asked.export("markdown")


def test_too_many_questions_are_told_so_at_once() -> None:
    slots = Slots(running=1, waiting=1)
    with slots.taken(lambda ahead: None):
        waiting = threading.Thread(target=lambda: _take(slots), daemon=True)
        waiting.start()
        deadline = time.monotonic() + 10
        while not slots._queue and time.monotonic() < deadline:
            time.sleep(0.001)
        with pytest.raises(BusyError, match="again in a moment"), slots.taken(lambda ahead: None):
            pass
    waiting.join(10)
    assert not waiting.is_alive()


def _take(slots: Slots) -> None:
    with slots.taken(lambda ahead: None):
        pass


def test_the_busy_server_says_so_in_the_turn() -> None:
    *_, last = session(slots=Slots(running=1, waiting=0)).ask("A?")
    assert last.state == "failed"
    assert last.error == f"told: {BUSY}"


def test_who_waits_is_told_how_many_come_first_and_may_stop() -> None:
    slots = Slots(running=1, waiting=5)
    ahead: list[int] = []
    stopped = threading.Event()

    def heard(count: int) -> None:
        ahead.append(count)
        stopped.set()

    with slots.taken(lambda count: None), slots.taken(heard, stopped) as mine:
        assert not mine
    assert ahead[0] == 1
    assert slots._running == 0


def test_visitors_never_share_a_session() -> None:
    sessions = Sessions(session, most=10)
    list(sessions.of("ann").ask("A?"))
    assert sessions.of("bob").turns == []
    assert [turn.question for turn in sessions.of("ann").turns] == ["A?"]


def test_the_session_unused_for_longest_goes_first() -> None:
    sessions = Sessions(session, most=2)
    ann = sessions.of("ann")
    sessions.of("bob")
    sessions.of("ann")
    sessions.of("cid")
    assert len(sessions) == 2
    assert sessions.of("ann") is ann


def test_a_visitor_who_has_left_is_forgotten() -> None:
    sessions = Sessions(session, most=2)
    first = sessions.of("ann")
    sessions.forget("ann")
    sessions.forget("nobody")
    assert sessions.of("ann") is not first
