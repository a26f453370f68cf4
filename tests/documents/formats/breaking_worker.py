"""The parsing process with a parser that breaks as the file's name says."""

import os
import signal
import sys

from summit_qa.documents.formats import worker
from summit_qa.documents.formats.reading import Limits, Reading, Unreadable


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """What a parser does that a hostile file took over, or that is simply wrong."""
    match name:
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "hang":
            while True:
                pass
        case "memory":
            try:
                return Reading(str(len(bytearray(8 << 30))))
            except MemoryError:
                raise Unreadable("reading it takes more memory than the limit") from None
        case "fault":
            raise KeyError("a fault of ours")
        case "prints":
            os.write(1, b"7\n" * 100)
            sys.stdout.write("noise")
        case "environment":
            return Reading(" ".join(sorted(os.environ)))
        case "process":
            return Reading(str(os.getpid()))
    return Reading(data.decode())


if __name__ == "__main__":
    worker.read = read  # type: ignore[attr-defined]
    worker.main()
