"""Every way in which an endpoint fails is a typed error in one line, or an answer of the reader."""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults import FAILURES, GOOD, NOW

from serving import free_port
from summit_qa.errors import (
    WriterConnectionError,
    WriterError,
    WriterRateLimitError,
    WriterReplyError,
    WriterTimeoutError,
)
from summit_qa.testing import Reply, Request, ScriptedServer
from summit_qa.writer.budget import MOST_REQUESTS, Budget
from summit_qa.writer.endpoint import Abilities, _may_need_tls
from writing import HITS, KEY, PLANTED, QUESTION, TALL, Offline, ask, writer


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("summit_qa.writer.endpoint._BACKOFF", (0.0, 0.0))


def failing(url: str, **options: object) -> WriterError:
    """What asking the address raises."""
    with pytest.raises(WriterError) as caught:
        list(writer(url, **options).answer(QUESTION, HITS))
    return caught.value


class TestFailures:
    @pytest.mark.parametrize("name", FAILURES)
    def test_each_is_a_typed_error_in_one_line(self, name: str) -> None:
        reply, kind, words = FAILURES[name]
        with ScriptedServer([reply]) as server:
            error = failing(server.url)
        assert type(error) is kind
        assert words in str(error)
        assert "\n" not in str(error)
        assert 1 <= len(server.requests) <= MOST_REQUESTS

    @pytest.mark.parametrize("name", FAILURES)
    def test_the_reader_answers_instead_where_there_is_one(self, name: str) -> None:
        reply, _, words = FAILURES[name]
        answer = ask(reply, fallback=Offline())[-1]
        assert (answer.engine, answer.reason) == ("reader", "offline")
        (note,) = answer.notes
        assert note.startswith("Answered offline, without the language model: ")
        assert words in note

    def test_a_refused_connection(self) -> None:
        error = failing(f"http://127.0.0.1:{free_port()}/v1")
        assert type(error) is WriterConnectionError
        assert str(error) == "127.0.0.1 refused the connection; is the model server running?"

    def test_a_name_that_does_not_resolve(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unresolved(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unresolved)
        error = failing("http://models.invalid/v1")
        assert type(error) is WriterConnectionError
        assert str(error) == "The name models.invalid could not be resolved."

    @pytest.mark.parametrize("url", ["127.0.0.1/v1", "ftp://127.0.0.1/v1", "http://[::1/v1"])
    def test_an_address_that_is_none(self, url: str) -> None:
        error = failing(url)
        assert type(error) is WriterConnectionError
        assert "http://" in str(error)

    @pytest.mark.parametrize("hold", ["first", "last"])
    def test_a_hang_ends_with_the_budget_and_the_request_is_closed(self, hold: str) -> None:
        with ScriptedServer([Reply('{"answerable": true', hold=hold)]) as server:  # type: ignore[arg-type]
            error = failing(server.url, llm_timeout=1.5)
            _until(lambda: bool(server.requests))  # a busy machine may take longer to send it
            assert server.requests[0].left.wait(30)
        assert type(error) is WriterTimeoutError
        assert "1.5 seconds" in str(error)
        assert len(server.requests) == 1

    def test_a_server_that_trickles_on_ends_with_the_budget_as_well(self) -> None:
        def slow(request: Request) -> Reply:
            return Reply(" " * 100_000, piece=1, packet=1)

        with ScriptedServer(slow) as server:
            assert type(failing(server.url, llm_timeout=1.5)) is WriterTimeoutError
            _until(lambda: bool(server.requests))
            assert server.requests[0].left.wait(30)

    def test_what_was_verified_before_the_failure_stays(self) -> None:
        text = GOOD.text or ""
        cut = Reply(text[: text.index('], "verdict"')] + ', {"quotes": [{"so', cut=True)
        *_, answer = ask(cut, fallback=Offline())
        assert answer.engine == "writer"
        assert answer.text == "The oak was planted in 1723. [1]"
        assert answer.notes == (
            "The answer may lack something: The model's reply broke off in the middle.",
        )

    def test_a_whole_object_is_taken_even_where_the_stream_lacks_its_end(self) -> None:
        reply = Reply(GOOD.text, finish=None, done=False)
        *_, answer = ask(reply)
        assert (answer.text, answer.notes) == ("The oak was planted in 1723. [1]", ())


class TestRequests:
    @pytest.mark.parametrize(
        "first", [Reply.error(429, headers=NOW), Reply.error(503), Reply(""), Reply("", cut=True)]
    )
    def test_what_may_pass_is_asked_again(self, first: Reply) -> None:
        *_, answer = ask([first, GOOD])
        assert answer.text == "The oak was planted in 1723. [1]"
        assert answer.usage.requests == 2

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_what_will_not_pass_is_not_asked_again(self, status: int) -> None:
        with ScriptedServer([Reply.error(status)]) as server:
            failing(server.url)
        assert len(server.requests) == 1

    def test_no_answer_makes_more_than_three_requests(self) -> None:
        with ScriptedServer([Reply.error(500)]) as server:
            failing(server.url)
        assert len(server.requests) == MOST_REQUESTS == 3

    def test_a_wait_that_the_budget_does_not_allow_is_not_begun(self) -> None:
        with ScriptedServer([Reply.error(429, headers={"retry-after": "3600"})]) as server:
            assert type(failing(server.url, llm_timeout=5.0)) is WriterRateLimitError
        assert len(server.requests) == 1

    def test_what_has_begun_to_be_shown_is_not_begun_anew(self) -> None:
        text = GOOD.text or ""
        cut = Reply(text[: text.index('], "verdict"')], cut=True)
        with ScriptedServer([cut, Reply.of(TALL)]) as server:
            *_, answer = writer(server).answer(QUESTION, HITS)
        assert answer.text == "The oak was planted in 1723. [1]"
        assert len(server.requests) == 1


class TestNegotiation:
    """What an endpoint takes is found out once."""

    @staticmethod
    def formats(server: ScriptedServer) -> list[str | None]:
        return [
            (request.body.get("response_format") or {}).get("type") for request in server.requests
        ]

    def test_structured_output_then_json_then_text(self) -> None:
        def picky(request: Request) -> Reply:
            if "response_format" in request.body:
                return Reply.error(400, "response_format is not supported", param="response_format")
            return Reply(f"Here it is:\n```json\n{GOOD.text}\n```\nDone.")

        with ScriptedServer(picky) as server:
            *_, answer = writer(server).answer(QUESTION, HITS)
        assert self.formats(server) == ["json_schema", "json_object", None]
        assert answer.text == "The oak was planted in 1723. [1]"
        assert answer.usage.requests == 3

    @pytest.mark.parametrize(
        "refusal",
        [Reply.error(400, "bad request"), Reply.error(422, "json_schema: extra fields"),
         Reply.error(501, "not implemented"), Reply.error(500, "('body', 'response_format')")],
    )  # fmt: skip
    def test_what_was_found_out_is_remembered_for_the_next_question(self, refusal: Reply) -> None:
        def picky(request: Request) -> Reply:
            kind = (request.body.get("response_format") or {}).get("type")
            return refusal if kind == "json_schema" else GOOD

        abilities = Abilities()
        with ScriptedServer(picky) as server:
            for _ in range(2):
                *_, answer = writer(server, abilities=abilities).answer(QUESTION, HITS)
                assert answer.text == "The oak was planted in 1723. [1]"
        assert self.formats(server) == ["json_schema", "json_object", "json_object"]

    @pytest.mark.parametrize("takes_schema", [True, False])
    def test_a_server_on_llama_cpp_gets_the_schema_beside_the_json_object(
        self, takes_schema: bool
    ) -> None:
        said = "('body', 'response_format', 'type'): Input should be 'text' or 'json_object'"

        def picky(request: Request) -> Reply:
            wanted = request.body["response_format"]
            if wanted["type"] == "json_schema" or ("schema" in wanted and not takes_schema):
                return Reply.error(500 if wanted["type"] == "json_schema" else 400, said)
            return GOOD

        with ScriptedServer(picky) as server:
            *_, answer = writer(server).answer(QUESTION, HITS)
        assert answer.text == "The oak was planted in 1723. [1]"
        assert self.formats(server)[:2] == ["json_schema", "json_object"]
        assert ("schema" in server.requests[-1].body["response_format"]) is takes_schema

    def test_another_model_of_the_endpoint_is_tried_anew(self) -> None:
        abilities = Abilities()
        script = [Reply.error(400, "response_format"), GOOD]
        with ScriptedServer(script) as server:
            list(writer(server, abilities=abilities).answer(QUESTION, HITS))
            list(writer(server, abilities=abilities, llm="other").answer(QUESTION, HITS))
        assert self.formats(server) == ["json_schema", "json_object", "json_schema"]

    @pytest.mark.parametrize("name", ["temperature", "seed", "stream_options"])
    def test_a_parameter_that_is_rejected_is_left_out(self, name: str) -> None:
        def picky(request: Request) -> Reply:
            if name in request.body:
                return Reply.error(400, f"Unsupported parameter: '{name}' is not supported.")
            return GOOD

        with ScriptedServer(picky) as server:
            *_, answer = writer(server).answer(QUESTION, HITS)
        assert answer.text == "The oak was planted in 1723. [1]"
        assert [name in request.body for request in server.requests] == [True, False]
        assert self.formats(server) == ["json_schema", "json_schema"]

    def test_the_newer_name_of_the_token_limit_is_used_where_the_old_one_is_rejected(self) -> None:
        def newer(request: Request) -> Reply:
            if "max_tokens" in request.body:
                return Reply.error(
                    400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."
                )
            return GOOD

        with ScriptedServer(newer) as server:
            *_, answer = writer(server).answer(QUESTION, HITS)
        assert answer.text == "The oak was planted in 1723. [1]"
        assert server.requests[-1].body["max_completion_tokens"] == 1_200

    def test_a_reply_that_was_not_streamed_is_read_all_the_same(self) -> None:
        *_, answer = ask(Reply.whole(GOOD.text))
        assert answer.text == "The oak was planted in 1723. [1]"
        assert answer.usage.input_tokens == 100

    def test_thoughts_before_the_reply_are_skipped(self) -> None:
        *_, answer = ask(Reply(f'<think>Is it {{"statements": []}}?</think>\n{GOOD.text}'))
        assert answer.text == "The oak was planted in 1723. [1]"


class TestCancelling:
    @pytest.mark.parametrize("hold", ["first", "last"])
    def test_it_ends_the_request_at_once_from_another_thread(self, hold: str) -> None:
        stopped = threading.Event()
        caught: list[WriterError] = []
        with ScriptedServer([Reply('{"answerable": true', hold=hold)]) as server:  # type: ignore[arg-type]

            def wait() -> None:
                try:
                    list(writer(server, stopped=stopped, fallback=Offline()).answer(QUESTION, HITS))
                except WriterError as error:
                    caught.append(error)

            waiting = threading.Thread(target=wait)
            waiting.start()
            _until(lambda: bool(server.requests))
            stopped.set()
            waiting.join(10)
            assert not waiting.is_alive()
            assert server.requests[0].left.wait(30)
        assert [str(error) for error in caught] == ["The answer was stopped."]

    def test_what_was_said_until_then_stays(self) -> None:
        stopped = threading.Event()
        with ScriptedServer([Reply.of(PLANTED, TALL, hold="last")]) as server:
            snapshots = []
            for answer in writer(server, stopped=stopped).answer(QUESTION, HITS):
                snapshots.append(answer.text)
                stopped.set()
            assert server.requests[0].left.wait(30)
        assert snapshots == ["The oak was planted in 1723. [1]"]

    def test_a_stopped_answer_asks_nothing(self) -> None:
        stopped = threading.Event()
        stopped.set()
        with ScriptedServer([GOOD]) as server, pytest.raises(WriterError, match="stopped"):
            list(writer(server, stopped=stopped).answer(QUESTION, HITS))
        assert server.requests == []


class TestKey:
    """The key is in no log, repr, error, answer or file, even where the endpoint repeats it."""

    REPLIES = (
        GOOD,
        Reply.error(401, f"Incorrect API key provided: {KEY}"),
        Reply.error(404, f"no model for {KEY}"),
        Reply.error(400, f"bad key {KEY[:12]}***"),
        Reply.error(500, f"trace: Authorization: Bearer {KEY}", headers=NOW),
        Reply(f'data: {{"error": {{"message": "key {KEY}"}}}}\n\n', raw=True),
        Reply(f"your key is {KEY}"),
        Reply(KEY, hold="last"),
        Reply(f"{{{KEY}", cut=True),
    )

    @pytest.fixture
    def logged(self, caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
        names = [None, "openai", "openai._base_client", "httpx", "httpx2", "httpcore", "httpcore2"]
        before = {name: logging.getLogger(name).level for name in names}
        for name in names:
            logging.getLogger(name).setLevel(logging.DEBUG)
        caplog.set_level(logging.DEBUG)
        yield caplog
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)

    @pytest.mark.parametrize("reply", REPLIES)
    def test_it_never_appears(
        self, reply: Reply, logged: pytest.LogCaptureFixture, tmp_path: Path
    ) -> None:
        shown = ""
        with ScriptedServer([reply]) as server:
            asking = writer(server, llm_cache=tmp_path / "cache", llm_timeout=1.0)
            shown += f"{asking!r} {vars(asking)!r} {asking._settings!r} {asking._endpoint!r}"
            try:
                shown += repr([answer.to_dict() for answer in asking.answer(QUESTION, HITS)])
            except WriterError as error:
                at: BaseException | None = error
                while at is not None:
                    shown += "".join(traceback.format_exception(at)) + repr(vars(at))
                    at = at.__cause__ or at.__context__
            fallen = list(
                writer(server, fallback=Offline(), llm_timeout=1.0).answer(QUESTION, HITS)
            )
            shown += repr([answer.to_dict() for answer in fallen])
        saved = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert logged.text, "the libraries did log"
        for where in (shown, logged.text, saved):
            assert KEY not in where
            assert KEY[:10] not in where

    def test_an_error_holds_on_to_no_request_of_the_library(self) -> None:
        with ScriptedServer([Reply.error(500, headers=NOW)]) as server:
            error = failing(server.url)
        assert error.__context__ is None
        assert error.__cause__ is None


class TestCache:
    def test_the_same_question_is_answered_without_a_request(self, tmp_path: Path) -> None:
        with ScriptedServer([GOOD]) as server:
            first, second = (
                list(writer(server, llm_cache=tmp_path).answer(QUESTION, HITS)) for _ in range(2)
            )
        assert len(server.requests) == 1
        assert first[-1].text == second[-1].text
        assert (second[-1].usage.cached, second[-1].usage.requests) == (True, 0)
        assert not first[-1].usage.cached

    @pytest.mark.parametrize(
        "change",
        [
            {"llm": "another"},
            {"llm_temperature": 0.5},
            {"llm_seed": 8},
            {"llm_max_tokens": 900},
        ],
    )
    def test_everything_that_shapes_a_reply_is_part_of_its_key(
        self, tmp_path: Path, change: dict[str, object]
    ) -> None:
        with ScriptedServer([GOOD]) as server:
            list(writer(server, llm_cache=tmp_path).answer(QUESTION, HITS))
            list(writer(server, llm_cache=tmp_path, **change).answer(QUESTION, HITS))
            list(writer(server, llm_cache=tmp_path).answer("How tall is it?", HITS))
            list(writer(server, llm_cache=tmp_path).answer(QUESTION, HITS[1:]))
        assert len(server.requests) == 4

    def test_replies_that_are_broken_are_not_kept(self, tmp_path: Path) -> None:
        script = [Reply('{"answerable": tru', cut=True), GOOD]
        with ScriptedServer(script) as server:
            with pytest.raises(WriterReplyError):
                list(writer(server, llm_cache=tmp_path).answer(QUESTION, HITS))
            *_, answer = writer(server, llm_cache=tmp_path).answer(QUESTION, HITS)
        assert answer.text == "The oak was planted in 1723. [1]"

    def test_a_damaged_file_counts_as_absent(self, tmp_path: Path) -> None:
        with ScriptedServer([GOOD]) as server:
            list(writer(server, llm_cache=tmp_path).answer(QUESTION, HITS))
            for path in tmp_path.iterdir():
                path.write_bytes(b"\xff\x00{")
            *_, answer = writer(server, llm_cache=tmp_path).answer(QUESTION, HITS)
        assert answer.text == "The oak was planted in 1723. [1]"
        assert len(server.requests) == 2

    def test_a_folder_that_cannot_be_written_does_not_lose_the_answer(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("not a folder")
        *_, answer = ask(GOOD, llm_cache=tmp_path / "file")
        assert answer.text == "The oak was planted in 1723. [1]"

    def test_only_the_owner_may_read_it_and_nothing_else_is_left(self, tmp_path: Path) -> None:
        ask(GOOD, llm_cache=tmp_path)
        (kept,) = tmp_path.iterdir()
        assert kept.stat().st_mode & 0o077 == 0


class TestCertificates:
    @pytest.mark.parametrize(
        ("url", "proxy", "checked"),
        [
            ("https://models.example/v1", None, True),
            ("HTTPS://models.example/v1", None, True),
            ("models.example/v1", None, True),
            ("http://127.0.0.1:8000/v1", None, False),
            ("http://models.example/v1", "https://proxy.example:3128", True),
        ],
    )
    def test_they_are_checked_wherever_there_may_be_any(
        self, monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None, checked: bool
    ) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        if proxy:
            monkeypatch.setenv("http_proxy", proxy)
        assert _may_need_tls(url) is checked


class TestBudget:
    def test_it_runs_out(self) -> None:
        now = [0.0]
        budget = Budget(10.0, clock=lambda: now[0])
        assert budget.may_ask
        now[0] = 10.5
        assert (budget.left, budget.may_ask) == (0.0, False)
        with pytest.raises(WriterTimeoutError, match="10 seconds"):
            budget.check()

    def test_a_wait_beyond_it_is_refused(self) -> None:
        assert not Budget(0.5, clock=lambda: 0.0).wait(0.5)


def _until(holds: Callable[[], bool]) -> None:
    """Wait a little until something holds."""
    for _ in range(500):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to hold")
