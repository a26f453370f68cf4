"""The latest evaluation on the page (placeholder until the report's shape is known)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import gradio as gr

from summit_qa.app.markup import message
from summit_qa.app.options import AppOptions

if TYPE_CHECKING:
    from summit_qa.assistant import Assistant


def add_evaluation_tab(
    assistant: Assistant, options: AppOptions, public: Callable[[Exception], str]
) -> None:
    """Lay out the tab and wire it."""
    gr.HTML(message("No evaluation has been run yet."), apply_default_css=False)
