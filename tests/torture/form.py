"""Short and long form of the torture: the only place that says how much is done."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

Number = TypeVar("Number", int, float)
Tally = Callable[..., None]  # what is done, cases, what was found
LONG = os.environ.get("TORTURE") == "long"  # as `make torture` sets it


def times(short: Number, long: Number) -> Number:
    """How often, or for how long, in the form that runs."""
    return long if LONG else short
