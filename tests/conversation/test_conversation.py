"""Follow-ups, stable numbers, earlier evidence, exports; over real files and a scripted model."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles import FixedRanker, WordEncoder, write
from summit_qa.assistant import Assistant, OwnModels
from summit_qa.conversation.conversation import Conversation, Rewriting
from summit_qa.conversation.transcript import escaped, to_markdown
from summit_qa.errors import QuestionError, WriterError
from summit_qa.testing import Reply, Request, ScriptedServer, Stated
from summit_qa.types import Answer, Citation, Statement, Usage
from writing import KEY, WordJudge, written_by

FILES = {
    "oak.txt": "The old oak was planted in 1723.\n\nThe old oak is 31 metres tall.\n",
    "mill.txt": "The mill burned down in 1846.\n",
}


@pytest.fixture
def forest(quick: Assistant, tmp_path: Path) -> Assistant:
    """An assistant without a writer over two files."""
    write(tmp_path / "corpus", FILES)
    quick.sync()
    return quick


def number_of(request: Request, words: str) -> str:
    """The number of the sentence that holds the words."""
    shown = re.findall(r"^\[(\d+\.\d+)\] (.*)$", request.prompt, re.MULTILINE)
    return next(number for number, text in shown if words in text)


class TestTurns:
    def test_a_follow_up_shows_how_it_was_asked(self, forest: Assistant) -> None:
        with forest.conversation() as chat:
            first = chat.ask("When was the old oak planted?")
            second = chat.ask("How tall is it?")
        assert (first.question, first.rewritten) == ("When was the old oak planted?", None)
        assert second.question == "How tall is it?"
        assert second.rewritten == "How tall is the old oak?"
        assert "31 metres" in second.text

    def test_the_same_line_keeps_its_number(self, forest: Assistant) -> None:
        with forest.conversation() as chat:
            answers = [
                chat.ask(question)
                for question in (
                    "When was the old oak planted?",
                    "When did the mill burn down?",
                    "When was the old oak planted?",
                )
            ]
        numbers: dict[str, int] = {}
        for citation in (citation for answer in answers for citation in answer.citations):
            assert numbers.setdefault(citation.location, citation.number) == citation.number
        assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
        assert answers[0].citations == answers[2].citations

    def test_turns_are_kept_and_the_last_can_be_taken_back(self, forest: Assistant) -> None:
        with forest.conversation() as chat:
            chat.ask("When was the old oak planted?")
            chat.ask("How tall is it?")
            assert [turn.question for turn in chat.turns] == [
                "When was the old oak planted?",
                "How tall is it?",
            ]
            chat.undo()
            assert len(chat.turns) == 1

    def test_a_question_that_fails_is_no_turn(self, forest: Assistant) -> None:
        with forest.conversation() as chat:
            with pytest.raises(QuestionError):
                chat.ask("  ")
            assert chat.turns == ()

    def test_two_conversations_share_nothing(self, forest: Assistant) -> None:
        with forest.conversation() as one, forest.conversation() as two:
            one.ask("When was the old oak planted?")
            assert two.ask("How tall is it?").rewritten is None

    def test_an_answer_that_is_left_early_stays_as_far_as_it_came(self) -> None:
        closed = threading.Event()

        def answers(
            question: str, earlier: Sequence[Citation], rewriting: Rewriting
        ) -> Iterator[Answer]:
            try:
                for text in ("one", "one two"):
                    yield Answer(question, text, None, (), (), "answered", None)
            finally:
                closed.set()

        chat = Conversation(answers)
        stream = chat.stream("Count?")
        assert next(stream).text == "one"
        stream.close()
        assert closed.is_set(), "the answer below is closed as well"
        assert [turn.text for turn in chat.turns] == ["one"]


class TestEvidence:
    def test_what_earlier_turns_cited_is_a_candidate_again(
        self, forest: Assistant, tmp_path: Path
    ) -> None:
        narrow = forest.with_settings(passages=1)
        with narrow.conversation() as chat:
            chat.ask("When did the mill burn down?")
            answer = chat.ask("When did the mill burn down, and when was the old oak planted?")
        assert {citation.file for citation in answer.citations} == {"oak.txt", "mill.txt"}
        alone = narrow.ask("When did the mill burn down, and when was the old oak planted?")
        assert len({citation.file for citation in alone.citations}) == 1

    def test_evidence_that_is_gone_from_the_corpus_is_no_candidate(
        self, forest: Assistant, tmp_path: Path
    ) -> None:
        with forest.conversation() as chat:
            chat.ask("When was the old oak planted?")
            write(tmp_path / "corpus", {"oak.txt": "Only beeches are left.\n"})
            forest.sync()
            answer = chat.ask("When did the mill burn down?")
        assert {citation.file for citation in answer.citations} == {"mill.txt"}


class TestWithAModel:
    @pytest.fixture
    def models(self, tmp_path: Path, checked_in_process: None) -> Iterator[Models]:
        write(tmp_path / "corpus", FILES)
        with Models(tmp_path) as opened:
            yield opened

    def test_the_model_rewrites_and_its_request_counts_towards_the_answer(
        self, models: Models
    ) -> None:
        models.rewrites = "How tall is the old oak?"
        with models.assistant.conversation() as chat:
            chat.ask("When was the old oak planted?")
            answer = chat.ask("How tall is it?")
        assert answer.rewritten == "How tall is the old oak?"
        assert (answer.usage.requests, answer.usage.input_tokens) == (2, 200)
        assert models.asked_to_rewrite == 1

    def test_a_question_that_stands_on_its_own_is_not_sent_to_be_rewritten(
        self, models: Models
    ) -> None:
        with models.assistant.conversation() as chat:
            chat.ask("When was the old oak planted?")
            answer = chat.ask("When did the mill burn down?")
        assert (answer.rewritten, models.asked_to_rewrite) == (None, 0)

    @pytest.mark.parametrize(
        "said",
        [
            "",
            "How tall is the Eiffel tower?",
            "How tall is the old oak?\nAnd see https://evil.example",
            "x" * 2_000,
            "How tall is the old oak, says https://evil.example/?",
            None,
        ],
    )
    def test_the_rules_rewrite_where_the_model_fails_or_brings_in_words_of_its_own(
        self, models: Models, said: str | None
    ) -> None:
        models.rewrites = said
        with models.assistant.conversation() as chat:
            chat.ask("When was the old oak planted?")
            answer = chat.ask("How tall is it?")
        assert answer.rewritten == "How tall is the old oak?"
        assert models.asked_to_rewrite == 1, "a rewriting is asked for once"

    def test_the_conversation_is_shown_to_the_model_without_file_names(
        self, models: Models
    ) -> None:
        with models.assistant.conversation() as chat:
            chat.ask("When was the old oak planted?")
            chat.ask("How tall is it?")
        prompt = next(r.prompt for r in models.server.requests if "conversation" in r.prompt)
        assert "The last question: How tall is it?" in prompt
        assert "oak.txt" not in prompt

    def test_cancelling_ends_a_request_that_hangs(self, models: Models) -> None:
        models.hangs = True
        raised: list[Exception] = []
        chat = models.assistant.conversation()

        def wait() -> None:
            try:
                chat.ask("When was the old oak planted?")
            except WriterError as error:
                raised.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        assert models.came.wait(10)
        chat.cancel()
        waiting.join(10)
        assert not waiting.is_alive()
        assert [str(error) for error in raised] == ["The answer was stopped."]
        models.hangs = False
        assert chat.ask("When was the old oak planted?").engine == "writer"

    def test_what_an_endpoint_can_do_is_remembered_between_questions(self, models: Models) -> None:
        models.knows_no_formats = True
        asked = "When was the old oak planted?"
        assert models.assistant.ask(asked).usage.requests == 3
        assert models.assistant.ask(asked).usage.requests == 1
        assert models.assistant.with_settings(passages=3).ask(asked).usage.requests == 1


class Models:
    """An assistant with a scripted model that quotes the oak, rewrites and fails as it is told."""

    def __init__(self, folder: Path) -> None:
        self.rewrites: str | None = "How tall is the old oak?"
        self.asked_to_rewrite = 0
        self.hangs = False
        self.knows_no_formats = False
        self.came = threading.Event()
        self.server = ScriptedServer(self._reply)
        settings = written_by(self.server, corpus=folder / "corpus", index=folder / "index")
        self.assistant = Assistant.open(
            settings=settings,
            own=OwnModels(WordEncoder(), FixedRanker(), WordJudge()),
        )

    def __enter__(self) -> Models:
        self.server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.__exit__()
        self.assistant.close()

    def _reply(self, request: Request) -> Reply:
        self.came.set()
        if self.hangs:
            return Reply(hold="first")
        if "conversation" in request.prompt:
            self.asked_to_rewrite += 1
            return Reply(self.rewrites) if self.rewrites is not None else Reply.error(500)
        if self.knows_no_formats and "response_format" in request.body:
            return Reply.error(400, "response_format is not supported")
        number = number_of(request, "planted in 1723")
        return Reply.of(Stated("The old oak was planted in 1723.", number))


class TestExport:
    def test_json_holds_questions_answers_citations_and_quotes(self, forest: Assistant) -> None:
        with forest.conversation() as chat:
            answers = [chat.ask("When was the old oak planted?"), chat.ask("How tall is it?")]
            told = json.loads(chat.export("json"))
        assert told == {"turns": [json.loads(json.dumps(a.to_dict())) for a in answers]}

    def test_markdown_holds_questions_answers_citations_and_quotes(self, forest: Assistant) -> None:
        with forest.conversation() as chat:
            chat.ask("When was the old oak planted?")
            chat.ask("How tall is it?")
            told = chat.export("markdown")
        assert "## 1. When was the old oak planted?\n" in told
        assert "## 2. How tall is it?\n\nAsked as: How tall is the old oak?\n" in told
        assert "\\[1\\] oak.txt:1\n\n> The old oak was planted in 1723.\n" in told

    def test_another_format_is_an_error(self, forest: Assistant) -> None:
        with forest.conversation() as chat, pytest.raises(ValueError, match="markdown and json"):
            chat.export("html")  # type: ignore[arg-type]

    def test_what_is_contradicted_or_partly_supported_is_marked(self) -> None:
        statements = (
            Statement("It fell.", (), "contradicted"),
            Statement("It stands.", (), "partly"),
        )
        answer = Answer(
            "Does it?", "", "no", statements, (), "answered", None, notes=("a note",),
            engine="writer", model="gpt-*x*", usage=Usage(),
        )  # fmt: skip
        told = to_markdown([answer])
        assert "Contradicted by its own source: It fell." in told
        assert "It stands. (partly supported)" in told
        assert "Note: a note" in told
        assert r"Answered by the writer (gpt-\*x\*)." in told
        under = replace(statements[1], under="*When* did it fall?")
        told = to_markdown([replace(answer, statements=(under, under, statements[1]))])
        assert "*\\*When\\* did it fall?*\n\nIt stands." in told
        assert told.count("did it fall") == 1
        doubtful = replace(answer, status="tentative", confidence=0.5)
        assert r"Not sure, but this may answer it \(50% sure\):" in to_markdown([doubtful])

    def test_no_key_is_in_it(self, tmp_path: Path, checked_in_process: None) -> None:
        write(tmp_path / "corpus", FILES)
        with Models(tmp_path) as models, models.assistant.conversation() as chat:
            chat.ask("When was the old oak planted?")
            assert KEY not in chat.export("markdown") + chat.export("json")

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("![x](https://evil.example/a.png)", r"\!\[x\]\(https\://evil.example/a.png\)"),
            ("<img src=x onerror=alert(1)>", r"\<img src\=x onerror\=alert\(1\)\>"),
            ("# Title", r"\# Title"),
            ("- item", r"\- item"),
            ("+ item", r"\+ item"),
            ("1. item", r"1\. item"),
            ("2) item", r"2\) item"),
            ("a | b", r"a \| b"),
            ("&lt;b&gt;", r"\&lt;b\&gt;"),
            ("`code` *b* _i_ ~s~ $x$", r"\`code\` \*b\* \_i\_ \~s\~ \$x\$"),
            ("www.evil.example", r"www\.evil.example"),
            ("mailto:a@b.example", r"mailto\:a\@b.example"),
            ("line\nbreak\r\nand\ttab", "line break  and tab"),
            ("bell\x07 turn\N{RIGHT-TO-LEFT OVERRIDE}ed", "bell� turn�ed"),
            ("back\\slash", r"back\\slash"),
            ("plain text: 31 metres, 10-year-old.", "plain text: 31 metres, 10-year-old."),
        ],
    )
    def test_text_of_the_corpus_is_escaped(self, text: str, shown: str) -> None:
        assert escaped(text) == shown

    @given(st.text())
    def test_any_text_stays_on_one_line_and_opens_no_markup(self, text: str) -> None:
        shown = escaped(text)
        assert len(shown.splitlines()) <= 1
        assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]<>&|~$@#!]", shown)
