"""The state that Gradio keeps of each page, and forgets when a program's call is over.

It takes 145 KB, and Gradio keeps 10,000 of them: an endpoint of the API that is asked once a second
would have taken 1.5 GB after three hours.
"""

from __future__ import annotations

import re
from collections import OrderedDict

import fastapi
from gradio import Blocks
from gradio.state_holder import SessionState, StateHolder

_CALL = re.compile(r"[0-9a-f]{32}")  # Gradio names a call of no page by its own id
_CALLS = 64  # that are remembered while they go on


class Visits(StateHolder):
    """The state of so many pages, those that were used last, and of the last calls."""

    def __init__(self, blocks: Blocks, pages: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.set_blocks(blocks)
        self.capacity = pages
        self._calls: OrderedDict[str, SessionState] = OrderedDict()

    def __getitem__(self, session_id: str) -> SessionState:
        if not _CALL.fullmatch(session_id):
            return super().__getitem__(session_id)
        with self.lock:
            state = self._calls.pop(session_id, None) or SessionState(self.blocks)
            self._calls[session_id] = state
            while len(self._calls) > _CALLS:
                self._calls.popitem(last=False)
        return state

    def __contains__(self, session_id: str) -> bool:
        return session_id in self.session_data or session_id in self._calls


def keep_few(app: fastapi.FastAPI, blocks: Blocks, pages: int) -> None:
    """Make Gradio's app, which was mounted last, keep no more than this."""
    app.routes[-1].app.state_holder = Visits(blocks, pages)  # type: ignore[attr-defined]
