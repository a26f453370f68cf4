"""Follow-up questions made to stand on their own, by rules alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from summit_qa.types import Answer

_ELLIPTIC = re.compile(r"^(?:and|but|what about|how about)\s+(.{1,60}?)\s*\?*$", re.IGNORECASE)


def stand_alone(question: str, turns: Sequence[Answer]) -> str | None:
    """The question with what it leaves out carried over; None where it stands on its own."""
    if not turns:
        return None
    base = turns[-1].rewritten or turns[-1].question
    found = _ELLIPTIC.match(question.strip())
    if found and len(found[1].split()) <= 4:
        return f"For {found[1]}, {base[:1].lower()}{base[1:]}"
    if len(question.split()) <= 3:
        return f"{question.rstrip('?. ')}: {base}"
    return None
