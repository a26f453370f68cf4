"""The conversations of a visitor as they are kept, beside those that the page shows."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from pydantic import SecretStr

from summit_qa.app.database_shared import SharedDatabase
from summit_qa.app.feedback import Feedback
from summit_qa.app.history import History
from summit_qa.app.rail import rail
from summit_qa.app.sessions import Turn
from summit_qa.app.site import Site

NOT_KEPT = '<p class="note">Conversations are not kept here.</p>'
AWAY = (
    '<p class="note">Kept conversations cannot be reached just now. You can go on asking; what you '
    "ask is kept when they can.</p>"
)
_OVER = ("done", "stopped", "failed")


class Keeper:
    """Keeps what a session asks, where conversations are kept at all.

    The same conversation may be open in several tabs. None of them takes away what another has
    added: a tab catches up first.
    """

    def __init__(self, site: Site) -> None:
        place, settings = site.options.history, site.assistant.settings
        shared = None
        if isinstance(place, SecretStr):
            shared = SharedDatabase(place.get_secret_value())
        kept_at = place if isinstance(place, Path) else shared
        self._site = site
        self.history = History(kept_at, settings.corpus) if kept_at else None
        self.feedback = Feedback(settings.index, settings.corpus, shared)

    def listed(self, request: gr.Request, words: str = "") -> str:
        """The list of the visitor's conversations, as HTML; only those that hold the words."""
        if self.history is None:
            return NOT_KEPT
        words = (words or "").strip()[:200]
        kept = self.history.all(self._site.owner(request), words)
        return AWAY if self.history.away else rail(kept, self._site.session(request).named, words)

    def listed_for(self, words: str, request: gr.Request) -> str:
        """The same, with what was looked for first, as events give it."""
        return self.listed(request, words)

    def keep(self, request: gr.Request, turn: Turn) -> None:
        """Keep a turn that is over, or what has changed about it; and first what could not be kept
        before."""
        if self.history is None:
            return
        session, owner = self._site.session(request), self._site.owner(request)
        missing = [
            it for it in session.turns if not it.row and it.state in _OVER and it is not turn
        ]
        for each in (*missing, turn):
            named, row = self.history.keep(owner, session.named, each)
            if not row:
                return
            session.named, each.row = named, row

    def withdraw(self, request: gr.Request, number: int | None = None) -> list[Turn]:
        """Take a question and all after it back, the last one where none is named."""
        session = self._site.session(request)
        gone = session.withdraw(number)
        if self.history is not None and session.named:
            rows = [turn.row for turn in gone if turn.row]
            self.history.forget_turns(self._site.owner(request), session.named, rows)
        return gone

    def visit(self, request: gr.Request, named: str) -> bool:
        """Open a conversation, a new one where none is named; False where it is not there."""
        session, turns = self._site.session(request), None
        if self.history is not None and named:
            turns = self.history.turns(self._site.owner(request), named)
        if turns:
            session.restore(named, turns)
        else:
            session.clear()
        return bool(turns) or not named

    def catch_up(self, request: gr.Request) -> bool:
        """Take over what another tab did with this conversation; whether there was anything."""
        session = self._site.session(request)
        if self.history is None or not session.named or session.asking:
            return False
        owner, shown = self._site.owner(request), [turn.row for turn in session.turns]
        if 0 in shown or self.history.rows(owner, session.named) == shown:
            return False
        turns = self.history.turns(owner, session.named)
        if self.history.away:
            return False  # nobody knows
        if not turns:
            return session.clear()  # it was deleted there
        known = {turn.row: turn for turn in session.turns}
        merged = [known.get(turn.row, turn) for turn in turns]
        if not session.restore(session.named, merged):
            return False
        for number, turn in enumerate(merged, 1):
            turn.number = number
        return True
