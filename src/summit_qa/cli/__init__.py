"""The command line."""

from __future__ import annotations

import sys

STOPPED = 130  # exit status after Ctrl-C


def command() -> None:
    """The console script; Ctrl-C is one line from the first moment on."""
    try:
        from summit_qa.cli.main import main
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        raise SystemExit(STOPPED) from None
    main()
