"""What a page sends with an event, taken as from a stranger: the right type, or nothing."""

from __future__ import annotations

import gradio as gr


def text_of(event: gr.EventData, field: str) -> str:
    """A text that was sent; empty where it is something else."""
    value = event._data.get(field) if isinstance(event._data, dict) else None
    return value if isinstance(value, str) else ""


def number_of(event: gr.EventData, field: str) -> int:
    """A whole number that was sent; 0 where it is something else."""
    value = event._data.get(field) if isinstance(event._data, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def flag_of(event: gr.EventData, field: str, *, missing: bool = False) -> bool:
    """A yes or no that was sent; ``missing`` where it is something else."""
    value = event._data.get(field) if isinstance(event._data, dict) else None
    return value if isinstance(value, bool) else missing


def ranges_of(event: gr.EventData, field: str, end: int) -> list[tuple[int, int]]:
    """Ranges of characters before ``end`` that were sent, at most a hundred."""
    value = event._data.get(field) if isinstance(event._data, dict) else None
    found: list[tuple[int, int]] = []
    for pair in value[:100] if isinstance(value, list) else []:
        match pair:
            case [int(first), int(last)] if 0 <= first < last <= end:
                found.append((first, last))
    return found


def texts_of(event: gr.EventData, field: str) -> list[str]:
    """Texts that were sent as a list."""
    value = event._data.get(field) if isinstance(event._data, dict) else None
    return [it for it in value if isinstance(it, str)] if isinstance(value, list) else []
