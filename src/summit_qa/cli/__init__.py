"""The command line."""

from __future__ import annotations

from summit_qa.cli.stopping import end_at_once


def command() -> None:
    """The console script; what takes time is imported when Ctrl-C is provided for."""
    end_at_once()
    from summit_qa.cli.main import main

    main()
