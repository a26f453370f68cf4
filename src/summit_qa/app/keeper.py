"""The conversations of a visitor as they are kept, beside those that the page shows."""

from __future__ import annotations

import gradio as gr

from summit_qa.app.history import History, Kept
from summit_qa.app.rail import rail
from summit_qa.app.sessions import Turn
from summit_qa.app.site import Site

NOT_KEPT = '<p class="note">Conversations are not kept here.</p>'


class Keeper:
    """Keeps what a session asks, where conversations are kept at all.

    The same conversation may be open in several tabs. None of them takes away what another has
    added: a tab catches up first.
    """

    def __init__(self, site: Site) -> None:
        options = site.options
        self._site = site
        self.history = (
            History(options.history, site.assistant.settings.corpus) if options.history else None
        )

    def listed(self, request: gr.Request, words: str = "") -> str:
        """The list of the visitor's conversations, as HTML; only those that hold the words."""
        if self.history is None:
            return NOT_KEPT
        words = (words or "").strip()[:200]
        kept: list[Kept] = self.history.all(self._site.owner(request), words)
        return rail(kept, self._site.session(request).named, words)

    def listed_for(self, words: str, request: gr.Request) -> str:
        """The same, with what was looked for first, as events give it."""
        return self.listed(request, words)

    def keep(self, request: gr.Request, turn: Turn) -> None:
        """Keep a turn that is over, or what has changed about it."""
        if self.history is not None:
            session = self._site.session(request)
            owner = self._site.owner(request)
            session.named, turn.row = self.history.keep(owner, session.named, turn)

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
        if not turns:
            return session.clear()  # it was deleted there
        known = {turn.row: turn for turn in session.turns}
        merged = [known.get(turn.row, turn) for turn in turns]
        if not session.restore(session.named, merged):
            return False
        for number, turn in enumerate(merged, 1):
            turn.number = number
        return True
