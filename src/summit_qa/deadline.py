"""Work that may hang, such as a request to another machine, bounded in time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Waited:
    """Seconds that a question has waited for another machine; its requests share its patience."""

    seconds: float = 0.0


_WAITED: ContextVar[Waited | None] = ContextVar("waited", default=None)


@contextmanager
def waiting(waited: Waited) -> Iterator[None]:
    """While the block runs, what is waited for on this thread counts for that question."""
    token = _WAITED.set(waited)
    try:
        yield
    finally:
        _WAITED.reset(token)


def waited_so_far() -> Waited:
    """What counts for the question that this thread is at, if it is at one."""
    return _WAITED.get() or Waited()


def within(seconds: float, work: Callable[[], T], name: str) -> T:
    """What the work gives or raises; TimeoutError where it takes longer.

    It runs on a thread of that name, which nobody waits for after that and which ends with the
    process: no client that we use can be bounded in every step, least of all in resolving names.
    """
    done: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as error:
            done.put((None, error))

    threading.Thread(target=run, name=name, daemon=True).start()
    try:
        given, error = done.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"{name} took more than {seconds:g} seconds") from None
    if error is not None:
        raise error
    return given  # type: ignore[return-value]
