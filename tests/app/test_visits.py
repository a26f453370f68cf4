"""Gradio's state: one for each page that is open, none for a call that is over."""

from __future__ import annotations

from types import SimpleNamespace

from summit_qa.app import visits
from summit_qa.app.visits import Visits


def test_the_state_of_a_call_is_forgotten_and_takes_no_page_its_place() -> None:
    config = SimpleNamespace(blocks={})
    empty = SimpleNamespace(blocks={}, default_config=config, state_session_capacity=9)
    held = Visits(empty, 2)  # type: ignore[arg-type]
    one, two = held["page-1"], held["page-2"]
    calls = [f"{number:032x}" for number in range(visits._CALLS + 10)]
    states = [held[call] for call in calls]
    assert held[calls[-1]] is states[-1]
    assert calls[-1] in held
    assert calls[0] not in held
    assert held["page-1"] is one
    assert held["page-2"] is two
    assert list(held.session_data) == ["page-1", "page-2"]
    held["page-3"]
    assert "page-1" not in held
