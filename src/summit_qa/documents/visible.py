"""Text of a file as it may be shown."""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    """Text with control and format characters replaced, so that a file cannot drive a terminal."""
    return "".join(
        " "
        if character in "\t\n\r"
        else "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(character) in ("Cc", "Cf", "Cs")
        else character
        for character in text
    )
