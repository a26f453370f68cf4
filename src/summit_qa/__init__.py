"""Ask a folder of text; every sentence of the answer carries a file and line that code verified."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant
    from summit_qa.conversation.conversation import Conversation
    from summit_qa.errors import SummitQAError
    from summit_qa.settings import Settings
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

# ONNX Runtime reports what models it runs to its makers unless told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

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
_ELSEWHERE = {
    "Assistant": "assistant",
    "Conversation": "conversation.conversation",
    "Settings": "settings",
    "SummitQAError": "errors",
}


def __getattr__(name: str) -> Any:
    """A public name is imported when it is first used: the command line needs none to begin."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"summit_qa.{_ELSEWHERE.get(name, 'types')}"), name)
