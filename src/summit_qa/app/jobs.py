"""Long work that one visitor starts and everybody may go on asking through."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from summit_qa.errors import IndexLockedError
from summit_qa.types import Progress, SyncReport

Result = TypeVar("Result")
_PATIENCE = 600.0  # seconds
_EVERY = 0.15  # seconds between two drawings of a progress bar


def patiently(
    sync: Callable[[Progress], SyncReport], wait: float = 1.0
) -> Callable[[Progress], SyncReport]:
    """The sync, after another process that writes the index has done; _PATIENCE at most.

    It begins anew then: what the other has published may be newer than what was read before.
    """

    def synced(progress: Progress) -> SyncReport:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return sync(progress)
            except IndexLockedError:
                if time.monotonic() > deadline:
                    raise
                progress(0, 1, "waiting for another update")
                time.sleep(wait)

    return synced


@dataclass(frozen=True, slots=True)
class Step:
    """How far the work is."""

    done: int
    total: int
    what: str


@dataclass(frozen=True, slots=True)
class Finished(Generic[Result]):
    """What the work gave: a result, or the error that ended it."""

    result: Result | None = None
    error: Exception | None = None


class Job(Generic[Result]):
    """Work of which one run goes on at a time, however many ask for it."""

    def __init__(self, work: Callable[[Progress], Result]) -> None:
        self._work = work
        self._running = threading.Lock()

    def run(self) -> Iterator[Step | Finished[Result]]:
        """Steps, then the end; nothing at all where it is running already."""
        if not self._running.acquire(blocking=False):
            return
        events: queue.Queue[Step | Finished[Result]] = queue.Queue()
        threading.Thread(target=self._run, args=(events,), daemon=True, name="job").start()
        # The lock is the thread's from here on: a visitor who leaves does not end the work.
        while True:
            event = events.get()
            try:
                while not isinstance(event, Finished):
                    event = events.get(timeout=_EVERY)
            except queue.Empty:
                pass
            yield event
            if isinstance(event, Finished):
                return

    def _run(self, events: queue.Queue[Step | Finished[Result]]) -> None:
        try:
            result = self._work(lambda done, total, what: events.put(Step(done, total, what)))
        except Exception as error:
            finished: Finished[Result] = Finished(error=error)
        else:
            finished = Finished(result)
        finally:
            self._running.release()
        events.put(finished)
