"""One heap for all threads: the models allocate much, for moments, on threads of their own."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_ARENA_MAX = -8  # M_ARENA_MAX of mallopt(3)


def one_heap() -> None:
    """Have glibc keep one heap for threads that start from now on.

    One a thread holds 150 MB that nobody uses, and is no faster: benchmarks/large.py.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL("libc.so.6").mallopt(_ARENA_MAX, 1)
