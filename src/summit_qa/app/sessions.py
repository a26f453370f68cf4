"""Who asked what: one conversation a visitor, bounded in number and size, never shared."""

from __future__ import annotations

import json
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from summit_qa.errors import BusyError
from summit_qa.types import Answer

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant

State = Literal["waiting", "running", "done", "stopped", "failed"]
Rating = Literal["up", "down"]
BUSY = "Many questions are being answered just now. Please ask again in a moment."
UNEXPECTED = "Something went wrong here; the server's log says what."
_PATIENCE = 3.0  # seconds that a stopped answer is given to end
_TICK = 0.1  # seconds between looks at whether the visitor has stopped the answer


@dataclass(slots=True)
class Turn:
    """A question as it is shown: its answer so far, or why there is none."""

    number: int
    question: str
    state: State = "waiting"
    answer: Answer | None = None
    error: str | None = None
    ahead: int = 0  # questions that are answered first
    rating: Rating | None = None
    commented: bool = False
    suggestions: tuple[str, ...] = ()
    within: str = ""  # in words, which files were asked, where not all
    row: int = 0  # where it is kept, if it is


class Slots:
    """Lets a few questions run at once and a bounded number wait; the rest are told so."""

    def __init__(self, running: int, waiting: int) -> None:
        self._limit = running
        self._waiting = waiting
        self._condition = threading.Condition()
        self._queue: list[object] = []
        self._running = 0

    @property
    def idle(self) -> bool:
        """Whether nothing runs or waits."""
        return not (self._running or self._queue)

    @contextmanager
    def taken(
        self, on_wait: Callable[[int], None], stopped: threading.Event | None = None
    ) -> Iterator[bool]:
        """Hold a slot; ``on_wait`` is told how many are ahead. False where ``stopped`` came first.

        Raises BusyError at once where too many are waiting already.
        """
        ticket = object()
        with self._condition:
            if len(self._queue) >= self._waiting:
                raise BusyError(BUSY)
            self._queue.append(ticket)
            try:
                while self._queue[0] is not ticket or self._running >= self._limit:
                    if stopped is not None and stopped.is_set():
                        break
                    on_wait(self._queue.index(ticket) + self._running)
                    self._condition.wait(_TICK if stopped is not None else 5.0)
            finally:
                mine = self._queue[0] is ticket and self._running < self._limit
                self._queue.remove(ticket)
                self._running += mine
                self._condition.notify_all()
        try:
            yield mine
        finally:
            if mine:
                with self._condition:
                    self._running -= 1
                    self._condition.notify_all()


class Session:
    """What one visitor has asked, and how they want it answered."""

    def __init__(
        self,
        assistant: Assistant,
        slots: Slots,
        public: Callable[[Exception], str],
        most_turns: int,
    ) -> None:
        self._shared = assistant
        self._slots = slots
        self._public = public
        self._most_turns = most_turns
        self._busy = threading.Lock()
        self._conversing = threading.Lock()  # a stopped answer may take a while to notice
        self._stop = threading.Event()
        self._counter = 0
        self.turns: list[Turn] = []
        self.named = ""  # under which the conversation is kept, if it is
        self._since = 0  # turns before this one were asked under other settings
        self.files: tuple[str, ...] | None = None  # those that are asked; None are all
        self.within = ""  # in words, which those are
        self._endpoint: dict[str, Any] = {}
        self.wanted: dict[str, Any] = {}  # settings of this visitor
        self.configure(
            assistant.settings.engine, assistant.settings.passages, assistant.settings.strictness
        )

    def configure(self, engine: str, passages: int, strictness: str) -> None:
        """Answer with this engine, these many passages and this strictness from now on."""
        wanted = {"engine": engine, "passages": passages, "strictness": strictness}
        wanted |= self._endpoint
        if self.wanted == wanted:
            return
        self.wanted = wanted
        # A conversation belongs to one engine: the reader must not see its follow-ups rewritten
        # by a language model that the visitor has switched away from.
        self._since = len(self.turns)
        self._assist()
        self._conversation = self.assistant.conversation()

    def connect(self, url: str | None, model: str | None, key: Any) -> None:
        """Answer with this language model from now on; ``key`` stays in memory."""
        self._endpoint = {"openai_base_url": url, "llm": model, "openai_api_key": key}
        self.configure("auto", self.wanted["passages"], self.wanted["strictness"])

    def choose(self, files: Sequence[str] | None, within: str = "") -> bool:
        """Ask these files from now on, None for all, which ``within`` says in words.

        False while a question is being answered.
        """
        if not self._busy.acquire(blocking=False):
            return False
        try:
            self.files = None if files is None else tuple(files)
            self.within = within
            self._assist()
            self._converse()
            return True
        finally:
            self._busy.release()

    def _assist(self) -> None:
        chosen = self._shared.with_settings(**self.wanted)
        self.assistant = chosen if self.files is None else chosen.within(self.files)

    @property
    def asking(self) -> bool:
        """Whether a question is being answered."""
        return self._busy.locked()

    @property
    def full(self) -> bool:
        """Whether the conversation holds as many questions as one may."""
        return len(self.turns) >= self._most_turns

    def turn(self, number: int) -> Turn | None:
        """The turn with that number, if it is still there."""
        return next((turn for turn in self.turns if turn.number == number), None)

    def ask(self, question: str) -> Iterator[Turn]:
        """Answer a question; yields its turn whenever there is something new to show.

        Yields nothing where another question of this visitor is still being answered.
        """
        if not self._busy.acquire(blocking=False):
            return
        try:
            self._stop = threading.Event()
            conversation = self._conversation
            self._counter += 1
            turn = Turn(self._counter, question, within=self.within)
            self.turns.append(turn)
            yield from self._answered(turn)
        finally:
            self._stop.set()  # also where the visitor's connection is gone
            conversation.cancel()
            self._busy.release()

    def _answered(self, turn: Turn) -> Iterator[Turn]:
        events: queue.Queue[Answer | Exception | int | None] = queue.Queue()
        worker = threading.Thread(
            target=self._work, args=(turn.question, events, self._stop), daemon=True, name="answer"
        )
        yield turn
        worker.start()
        while True:
            if self._stop.is_set():
                turn.state = "stopped"
                break
            try:
                event = events.get(timeout=_TICK)
            except queue.Empty:
                continue
            match event:
                case None:
                    turn.state = "done" if turn.answer else "stopped"
                    break
                case int():
                    changed = turn.ahead != event
                    turn.ahead = event
                    if not changed:
                        continue
                case Answer():
                    turn.state, turn.answer = "running", event
                    if not events.empty():
                        continue  # a newer snapshot has come already
                case _ if self._stop.is_set():
                    continue  # the error that stopping has caused
                case _:
                    turn.state, turn.error = "failed", self._public(event)
                    break
            yield turn
        yield turn

    def _work(
        self,
        question: str,
        events: queue.Queue[Answer | Exception | int | None],
        stopped: threading.Event,
    ) -> None:
        """Run the answer on a thread of its own, so that stopping need not wait for it."""
        conversation = self._conversation
        try:
            with self._conversing, self._slots.taken(events.put, stopped) as mine:
                if mine:
                    with closing(conversation.stream(question)) as answers:
                        for answer in answers:
                            events.put(answer)
                            if stopped.is_set():
                                break
            events.put(None)
        except Exception as error:
            events.put(error)

    def stop(self) -> None:
        """End the answer that is being made; what was said so far stays."""
        self._stop.set()
        self._conversation.cancel()  # a request to a language model is closed at once

    def withdraw(self, number: int | None = None) -> list[Turn]:
        """Take a question and all after it back, the last one where none is named.

        Gives the turns that went, in order; none where a question is being answered.
        """
        if not self.turns or not self._busy.acquire(blocking=False):
            return []
        try:
            at = len(self.turns) - 1
            if number is not None:
                at = next((at for at, it in enumerate(self.turns) if it.number == number), at + 1)
            self.turns, gone = self.turns[:at], self.turns[at:]
            # An answer that was stopped may still be on its way into the conversation.
            if self._conversing.acquire(timeout=_PATIENCE):
                self._conversing.release()
            self._since = min(self._since, at)
            self._converse()
            return gone
        finally:
            self._busy.release()

    def restore(self, named: str, turns: list[Turn]) -> bool:
        """Go on with a conversation that was kept; False while a question is being answered."""
        if not self._busy.acquire(blocking=False):
            return False
        try:
            self.named, self.turns = named, turns
            self._counter = max((turn.number for turn in turns), default=0)
            self._since = 0
            self._converse()
            return True
        finally:
            self._busy.release()

    def _converse(self) -> None:
        """A conversation that knows what is shown and was asked under the settings of now."""
        earlier = [it.answer for it in self.turns[self._since :] if it.answer is not None]
        self._conversation = self.assistant.conversation(earlier=earlier)

    def export(self, kind: str) -> str:
        """Everything that is shown, under whatever engine it was asked, as Markdown or JSON."""
        answers = [turn.answer for turn in self.turns if turn.answer is not None]
        if kind == "json":
            turns = [answer.to_dict() for answer in answers]
            return json.dumps({"turns": turns}, ensure_ascii=False, indent=2) + "\n"
        from summit_qa.conversation.transcript import to_markdown

        return to_markdown(answers)

    def clear(self) -> bool:
        """Begin anew; False while a question is being answered."""
        if not self._busy.acquire(blocking=False):
            return False
        try:
            self.turns, self.named, self._since = [], "", 0
            self._conversation = self.assistant.conversation()
            return True
        finally:
            self._busy.release()


class Sessions:
    """The visitors' sessions by key; the one unused for longest goes when there are too many."""

    def __init__(self, make: Callable[[], Session], most: int) -> None:
        self._make = make
        self._most = most
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def of(self, key: str) -> Session:
        """The session of that visitor, made where it is new."""
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                session = self._sessions[key] = self._make()
            self._sessions.move_to_end(key)
            while len(self._sessions) > self._most:
                _, oldest = self._sessions.popitem(last=False)
                oldest.stop()
            return session

    def forget(self, key: str) -> None:
        """Drop a visitor who has left."""
        with self._lock:
            session = self._sessions.pop(key, None)
        if session is not None:
            session.stop()
