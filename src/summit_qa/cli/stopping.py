"""Ctrl-C: one line and status 130, at whatever moment it is pressed."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

STOPPED = 130
STOPPED_LINE = "Stopped.\n"
# To the start of the line, over "^C" and a progress bar, whose cursor was hidden.
_LINE_AGAIN = "\r\x1b[K\x1b[?25h"
_PATIENCE = 0.2  # seconds in which the main thread, which can tidy up more, may end by itself


def end_at_once() -> None:
    """From here on, Ctrl-C ends the process where it stands, without an exception.

    An exception would be raised in whatever library is being imported, and some keep it to
    themselves. Nothing needs an end in order: the index survives a kill at any moment, its lock
    dies with the process, and its checker removes what was being built.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # it was ignored for us, as in the background of a shell, or is another's
    restore = _terminal()

    once = threading.RLock()  # held until the process is gone

    def end(_number: int, _frame: object) -> NoReturn:
        once.acquire()
        restore()
        os.write(2, STOPPED_LINE.encode())
        os._exit(STOPPED)

    signal.signal(signal.SIGINT, end)
    _at_any_moment(end)


def _at_any_moment(end: Callable[[int, object], NoReturn]) -> None:
    """End also where the main thread does not come back to Python.

    Between its prompt and its waiting, readline keeps a signal for the next key; a library may be
    busy for long. A pipe is told of every signal at once, and a thread waits for it there.
    """
    if os.name != "posix":  # where only sockets may be told
        return
    told, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.set_wakeup_fd(tells, warn_on_full_buffer=False)

    def wait() -> None:
        while number := os.read(told, 1):
            if number[0] == signal.SIGINT:
                time.sleep(_PATIENCE)
                end(signal.SIGINT, None)

    threading.Thread(target=wait, daemon=True, name="ctrl-c").start()


def end_in_order() -> None:
    """From here on, Ctrl-C is an exception again, for what has folders or sockets to close."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _terminal() -> Callable[[], None]:
    """What gives the terminal back as it is now: a prompt with history types without an echo."""
    try:
        import termios

        typed = termios.tcgetattr(0) if os.isatty(0) else None
    except (ImportError, OSError):
        return lambda: None
    shows = sys.stderr is not None and os.isatty(2)

    def restore() -> None:
        if typed is not None:
            termios.tcsetattr(0, termios.TCSANOW, typed)
        if shows:
            os.write(2, _LINE_AGAIN.encode())

    return restore
