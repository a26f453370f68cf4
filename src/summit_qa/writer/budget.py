"""What one answer may spend on a language model, and what it has spent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from summit_qa.errors import WriterError, WriterTimeoutError
from summit_qa.types import Usage

MOST_REQUESTS = 3


class Budget:
    """Requests and seconds for one answer; counts tokens. Used by one thread, stopped by any."""

    def __init__(
        self,
        seconds: float,
        *,
        spent: Usage | None = None,
        stopped: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``spent`` was used before, on the rewriting; ``stopped`` is set to end the answer."""
        self.seconds = seconds
        self.stopped = stopped or threading.Event()
        self.requests = spent.requests if spent else 0
        self.input_tokens = spent.input_tokens if spent else 0
        self.output_tokens = spent.output_tokens if spent else 0
        self.cached = False
        self.kept = 0  # requests that are left to what comes next
        self._clock = clock
        self._began = clock()

    @property
    def spent(self) -> float:
        """Seconds since the budget began."""
        return self._clock() - self._began

    @property
    def left(self) -> float:
        """Seconds that are left; 0 where none are."""
        return max(0.0, self.seconds - self.spent)

    @property
    def may_ask(self) -> bool:
        """Whether there is a request and time for it left."""
        return (
            self.requests + self.kept < MOST_REQUESTS
            and self.left > 0
            and not self.stopped.is_set()
        )

    def check(self) -> None:
        """Raise WriterTimeoutError where the time is over, WriterError where it was stopped."""
        if self.stopped.is_set():
            raise WriterError("The answer was stopped.")
        if self.left <= 0:
            raise WriterTimeoutError(
                f"The language model took longer than the {self.seconds:g} seconds allowed "
                "(SUMMIT_QA_LLM_TIMEOUT)."
            )

    def wait(self, seconds: float) -> bool:
        """Wait that long if the budget allows it; False where it does not or was stopped."""
        return seconds < self.left and not self.stopped.wait(seconds)
