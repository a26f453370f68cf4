"""The chat-completions interface of OpenAI, so that other front ends can ask the folder.

`GET /v1/models`, `POST /v1/chat/completions`, streamed or not. An answer is Markdown with its
citations as footnotes; ``citations`` beside the content holds them as docs/json.md has them, and
``answer`` the whole. Files are data here too: what they hold is escaped, so that no front end
loads an image or follows a link because a document says so.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from summit_qa.app.sessions import Slots
from summit_qa.conversation.transcript import escaped
from summit_qa.errors import BusyError, QuestionError, SummitQAError
from summit_qa.types import Answer, Citation, EngineName, Statement

if TYPE_CHECKING:
    import fastapi

    from summit_qa.assistant import Assistant

MODELS: dict[str, EngineName] = {"summit-qa": "auto", "summit-qa-offline": "reader"}
OPENAI_PATH = "/v1"
_REMEMBERED = 200  # conversations whose answers are remembered, so that they need not be made again
_ASKED_AGAIN = 2  # earlier questions that are asked again where they are not remembered


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")
    type: str = "text"
    text: str = ""


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore")
    role: str
    content: str | list[_Part] | None = None

    @property
    def words(self) -> str:
        """What was said, without pictures and the like."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class _StreamOptions(BaseModel):
    model_config = ConfigDict(extra="ignore")
    include_usage: bool = False


class _Request(BaseModel):
    """What is read of a request; temperature, tools and the like change nothing here."""

    model_config = ConfigDict(extra="ignore")
    model: str = "summit-qa"
    messages: Annotated[list[_Message], Field(min_length=1, max_length=400)]
    stream: bool = False
    stream_options: _StreamOptions | None = None
    n: Literal[1] | None = None


class Completions:
    """Answers conversations that come whole with every request; remembers what it answered."""

    def __init__(self, assistant: Assistant, slots: Slots) -> None:
        self._assistant = assistant
        self._slots = slots
        self._lock = threading.Lock()
        self._answers: OrderedDict[tuple[str, ...], tuple[Answer, ...]] = OrderedDict()

    def stream(self, model: str, questions: Sequence[str]) -> Generator[Answer, None, None]:
        """Snapshots of the answer to the last question; the ones before are its conversation.

        Raises QuestionError where there is none, BusyError where too many wait.
        """
        if not questions:
            raise QuestionError("There is no question: the last message must be the user's.")
        engine = MODELS[model]
        with self._slots.taken(lambda ahead: None):
            earlier = self._earlier(model, questions[:-1], engine)
            conversation = self._assistant.conversation(engine, earlier=earlier)
            try:
                with closing(conversation.stream(questions[-1])) as answers:
                    yield from answers
            finally:
                conversation.cancel()
        self._remember(model, questions, conversation.turns)

    def _earlier(
        self, model: str, questions: Sequence[str], engine: EngineName
    ) -> tuple[Answer, ...]:
        with self._lock:
            if (known := self._answers.get((model, *questions))) is not None:
                self._answers.move_to_end((model, *questions))
                return known
        conversation = self._assistant.conversation(engine)
        for question in questions[-_ASKED_AGAIN:]:
            if any(character.isalnum() for character in question):
                conversation.ask(question)
        return conversation.turns

    def _remember(self, model: str, questions: Sequence[str], turns: tuple[Answer, ...]) -> None:
        with self._lock:
            self._answers[(model, *questions)] = turns
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)


def begins(answer: Answer) -> str:
    """What stands before the statements: doubt, verdict, short answer; or why there is none."""
    if answer.abstained:
        nearest = "".join(
            f"\n- `{_code(hit.location)}` {escaped(hit.passage.text[:200])}"
            for hit in answer.nearest[:3]
        )
        near = f"\n\nNearest to the question:\n{nearest}" if nearest else ""
        return f"**No answer in the files.** {escaped(answer.reason or '')}{near}\n\n"
    doubt = f"*{escaped(answer.doubt)}*\n\n" if answer.doubt else ""
    verdict = f"**{answer.verdict.capitalize()}.** " if answer.verdict else ""
    short = f"**{escaped(answer.short)}**" if answer.short else ""
    head = f"{verdict}{short}".strip()
    return doubt + (f"{head}\n\n" if head else "")


def statement_text(statement: Statement) -> str:
    """A statement with its footnote marks, as a paragraph."""
    marks = "".join(f"[^{number}]" for number in statement.numbers)
    note = {"partly": " (partly supported)", "contradicted": " (contradicted by its source)"}
    return f"{escaped(statement.text)}{note.get(statement.status, '')}{marks}\n\n"


def footnotes(answer: Answer) -> str:
    """A footnote for each cited line, and what the sources disagree on."""
    sides = [side for it in answer.disagreements for side in (it.first, it.second)]
    lines: dict[int, list[Citation]] = {}
    for citation in (*answer.citations, *sides):
        lines.setdefault(citation.number, []).append(citation)
    apart = "".join(
        f"The sources disagree{f' on {escaped(it.about)}' if it.about else ''}."
        f"[^{it.first.number}][^{it.second.number}]\n\n"
        for it in answer.disagreements
    )
    notes = "".join(f"Note: {escaped(note)}\n\n" for note in answer.notes)
    return (
        apart
        + notes
        + "\n".join(
            f"[^{number}]: `{_code(cited[0].location)}` "
            + " … ".join(f"“{escaped(it.quote)}”" for it in cited)
            for number, cited in sorted(lines.items())
        )
    )


def markdown(answer: Answer) -> str:
    """The whole answer as it is sent."""
    said = "".join(statement_text(statement) for statement in answer.statements)
    return (begins(answer) + said + footnotes(answer)).strip() + "\n"


def pieces(answers: Iterator[Answer]) -> Generator[tuple[str, Answer], None, None]:
    """The Markdown as it grows, with the snapshot it is of; together as `markdown` has it.

    What is sent cannot be taken back: the head goes out with the first statement, and a verdict
    that comes later stands at the end.
    """
    head: str | None = None
    sent = 0
    last: Answer | None = None
    for answer in answers:
        last = answer
        if head is None and not answer.statements:
            continue
        if head is None:
            head = begins(answer)
            yield head, answer
        for statement in answer.statements[sent:]:
            yield statement_text(statement), answer
        sent = max(sent, len(answer.statements))
    if last is None:
        return
    if head is None or head != begins(last):
        yield begins(last), last
    yield footnotes(last) + "\n", last


def _code(value: str) -> str:
    """A name inside a code span, which nothing in it can end."""
    return value.replace("`", "ˋ").replace("\n", " ").replace("\r", " ")


def _usage(answer: Answer) -> dict[str, int]:
    spent = answer.usage
    return {
        "prompt_tokens": spent.input_tokens,
        "completion_tokens": spent.output_tokens,
        "total_tokens": spent.input_tokens + spent.output_tokens,
    }


def _citations(answer: Answer) -> list[dict[str, Any]]:
    return [citation.to_dict() for citation in answer.citations]


def add_openai_routes(
    app: fastapi.FastAPI, completions: Completions, public: Callable[[Exception], str]
) -> None:
    """Add the routes; every error is a JSON object as OpenAI's own are."""
    import anyio.to_thread
    from fastapi import Request
    from fastapi.responses import JSONResponse, Response, StreamingResponse

    class Stream(StreamingResponse):
        """Ends what it is made from also where the client has gone: it holds a slot."""

        def until(self, *sources: Generator[Any, None, None]) -> Stream:
            self._sources = sources
            return self

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            try:
                await super().__call__(scope, receive, send)
            finally:  # left to the collector, two would keep everybody waiting
                for source in self._sources:
                    source.close()

    def failed(said: str, status: int, kind: str = "invalid_request_error") -> JSONResponse:
        error = {"message": said, "type": kind, "param": None, "code": None}
        return JSONResponse({"error": error}, status_code=status)

    async def models(request: Request) -> JSONResponse:
        data = [{"id": it, "object": "model", "created": 0, "owned_by": "summit-qa"}
                for it in MODELS]  # fmt: skip
        return JSONResponse({"object": "list", "data": data})

    async def complete(request: Request) -> Response:
        try:
            asked = _Request.model_validate_json(await request.body())
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            return failed(f"{place or 'The body'}: {first['msg']}", 400)
        if asked.model not in MODELS:
            return failed(f"There is no such model; there are {', '.join(MODELS)}.", 404)
        questions = [it.words.strip() for it in asked.messages if it.role == "user"]
        if asked.messages[-1].role != "user":
            return failed("The last message must be the user's.", 400)
        answers = completions.stream(asked.model, questions)
        chunks = pieces(answers)
        try:  # the first piece, so that what is wrong is told before a reply begins
            first_piece = await anyio.to_thread.run_sync(next, chunks, None)
            if asked.stream:
                events = _events(asked, first_piece, chunks, public)
                return Stream(events, media_type="text/event-stream").until(chunks, answers)
            rest = await anyio.to_thread.run_sync(list, chunks)
        except BusyError as error:
            return failed(public(error), 429, "rate_limit_error")
        except QuestionError as error:
            return failed(public(error), 400)
        except SummitQAError as error:
            return failed(public(error), 503, "server_error")
        except Exception as error:
            return failed(public(error), 500, "server_error")
        assert first_piece is not None
        return JSONResponse(_whole(asked, [first_piece, *rest][-1][1]))

    app.add_route(f"{OPENAI_PATH}/models", models, methods=["GET"])
    app.add_route(f"{OPENAI_PATH}/chat/completions", complete, methods=["POST"])


def _frame(kind: str, model: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
    }


def _whole(asked: _Request, answer: Answer) -> dict[str, Any]:
    message = {
        "role": "assistant",
        "content": markdown(answer),
        "refusal": None,
        "citations": _citations(answer),
    }
    return {
        **_frame("chat.completion", asked.model),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": _usage(answer),
        "answer": answer.to_dict(),
    }


def _events(
    asked: _Request,
    first: tuple[str, Answer] | None,
    chunks: Iterator[tuple[str, Answer]],
    public: Callable[[Exception], str],
) -> Iterator[str]:
    """The pieces as server-sent events, the last with citations and the whole answer."""
    frame = _frame("chat.completion.chunk", asked.model)

    def event(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return f"data: {json.dumps({**frame, 'choices': [choice], **more}, ensure_ascii=False)}\n\n"

    answer: Answer | None = None
    try:
        yield event({"role": "assistant", "content": ""})
        if first is not None:
            answer = first[1]
            yield event({"content": first[0]})
        for words, of in chunks:
            answer = of
            yield event({"content": words})
        if answer is not None:
            yield event({"citations": _citations(answer)}, "stop", answer=answer.to_dict())
            if asked.stream_options and asked.stream_options.include_usage:
                last = {**frame, "choices": [], "usage": _usage(answer)}
                yield f"data: {json.dumps(last)}\n\n"
    except Exception as error:
        said = {"message": public(error), "type": "server_error", "param": None, "code": None}
        yield f"data: {json.dumps({'error': said})}\n\n"
    yield "data: [DONE]\n\n"
