"""What an endpoint offers is listed in its own words; what is wrong with it is said in ours."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest

from summit_qa.errors import (
    WriterConnectionError,
    WriterNotFoundError,
    WriterReplyError,
    WriterTimeoutError,
)
from summit_qa.testing import Reply, ScriptedServer
from summit_qa.writer import offered as offered_module
from summit_qa.writer.offered import nearby, offered, tried
from writing import KEY, written_by

NOTHING = Reply.of(answerable=False)


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


def test_models_are_listed_in_order_and_once() -> None:
    with ScriptedServer([NOTHING], models=["b", "a", "b"]) as server:
        assert offered(written_by(server)) == ("b", "a")
    assert server.listed[0].path == "/v1/models"
    assert server.listed[0].headers["authorization"] == f"Bearer {KEY}"


def test_names_that_no_person_could_read_are_left_out() -> None:
    with ScriptedServer([NOTHING], models=["good", "", "x" * 300, "a\x1b[2Jb", "c\nd"]) as server:
        assert offered(written_by(server)) == ("good",)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"no", b'{"data": 3}', b"<html></html>"])
def test_what_is_no_list_is_said_to_be_none(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "dumps", lambda told: body.decode())
    with ScriptedServer([NOTHING]) as server, pytest.raises(WriterReplyError, match="/v1"):
        offered(written_by(server))


def test_a_wrong_path_a_closed_port_and_a_silent_one_are_each_said(silent: str) -> None:
    with ScriptedServer([NOTHING]) as server:
        elsewhere = written_by(server.url.replace("/v1", "/v2"))
        with pytest.raises(WriterNotFoundError):
            offered(elsewhere)
        url = server.url
    with pytest.raises(WriterConnectionError, match="is the model server running"):
        offered(written_by(url))
    with pytest.raises(WriterTimeoutError, match=r"0\.3 seconds"):
        offered(written_by(silent), 0.3)
    assert threading.active_count() < 50


def test_only_the_usual_ports_are_looked_at_and_no_key_is_sent(
    monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    with ScriptedServer([NOTHING], models=["m"]) as server:
        ports = [int(url.split(":")[2].split("/")[0]) for url in (server.url, silent)]
        usual = (("One", ports[0]), ("Mute", ports[1]))
        monkeypatch.setattr(offered_module, "USUAL", usual)
        monkeypatch.setattr(offered_module, "_NEARBY", 0.3)
        (place,) = nearby(written_by("http://elsewhere.invalid/v1"))
    assert (place.name, place.url, place.models) == ("One", server.url, ("m",))
    assert KEY not in json.dumps(dict(server.listed[0].headers))


def test_trying_a_model_asks_it_for_a_word() -> None:
    with ScriptedServer([Reply("ready")]) as server:
        assert tried(written_by(server)) > 0
    thinks = ScriptedServer([Reply("", finish="length")] * 2)
    with thinks as server, pytest.raises(WriterReplyError, match="within 1,200 tokens"):
        tried(written_by(server))
    assert len(server.requests) == 1
    missing = ScriptedServer([Reply.error(404, "no such model")])
    with missing as server, pytest.raises(WriterNotFoundError, match="no such model"):
        tried(written_by(server))
