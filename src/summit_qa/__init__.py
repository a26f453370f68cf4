"""Ask a folder of text; every sentence of the answer carries a file and line that code verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from summit_qa.errors import SummitQAError
from summit_qa.types import (
    Answer,
    Citation,
    Disagreement,
    Document,
    Hit,
    Passage,
    Span,
    Statement,
    SyncReport,
)

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant
    from summit_qa.conversation.conversation import Conversation
    from summit_qa.settings import Settings

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Conversation",
    "Disagreement",
    "Document",
    "Hit",
    "Passage",
    "Settings",
    "Span",
    "Statement",
    "SummitQAError",
    "SyncReport",
]


def __getattr__(name: str) -> Any:
    """Assistant, Conversation and Settings are imported when they are first used."""
    match name:
        case "Assistant":
            from summit_qa.assistant import Assistant

            return Assistant
        case "Conversation":
            from summit_qa.conversation.conversation import Conversation

            return Conversation
        case "Settings":
            from summit_qa.settings import Settings

            return Settings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
