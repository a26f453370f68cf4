"""Ctrl-C: one line and status 130, at whatever moment it is pressed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

STOPPED = 130
STOPPED_LINE = "Stopped.\n"
# To the start of the line, over "^C" and a progress bar, whose cursor was hidden.
_LINE_AGAIN = "\r\x1b[K\x1b[?25h"


def end_at_once() -> None:
    """From here on, Ctrl-C ends the process where it stands, without an exception.

    An exception would be raised in whatever library is being imported, and some keep it to
    themselves. Nothing needs an end in order: the index survives a kill at any moment, its lock
    dies with the process, and its checker removes what was being built.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # it was ignored for us, as in the background of a shell, or is another's
    restore = _terminal()

    def end(_number: int, _frame: object) -> NoReturn:
        restore()
        os.write(2, STOPPED_LINE.encode())
        os._exit(STOPPED)

    signal.signal(signal.SIGINT, end)


def end_in_order() -> None:
    """From here on, Ctrl-C is an exception again, for what has folders or sockets to close."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
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
