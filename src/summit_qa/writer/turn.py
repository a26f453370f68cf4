"""What a question brings along from the conversation and the program that it is asked in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from summit_qa.documents.citations import Numbering
from summit_qa.types import Hit
from summit_qa.writer.endpoint import Abilities

if TYPE_CHECKING:
    from summit_qa.conversation.conversation import Rewriting


@dataclass(frozen=True, slots=True)
class Turn:
    """One question in its conversation; by default it is in none.

    ``numbering`` gives the same line the same number in every answer, ``stopped`` ends the answer
    when it is set, ``rewriting`` is what was spent on the question already, ``abilities`` remembers
    from one question to the next what endpoints can do, ``search`` finds more passages, and
    ``narrowed`` says what of them is worth reading, and how likely it answers.
    """

    numbering: Numbering | None = None
    stopped: threading.Event | None = None
    rewriting: Rewriting | None = None
    abilities: Abilities = field(default_factory=Abilities)
    search: Callable[[str], list[Hit]] | None = None
    narrowed: Callable[[str, Sequence[Hit]], tuple[list[Hit], float | None]] | None = None
