"""The command line."""

from __future__ import annotations

import sys


def command() -> None:
    """The console script; Ctrl-C is one line from the first moment on."""
    try:
        from summit_qa.cli.main import main
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        raise SystemExit(130) from None  # as main.STOPPED
    main()
