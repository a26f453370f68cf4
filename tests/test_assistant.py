"""The composition root: the example of the README runs, every error is one line, threads agree."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doubles import FixedJudge, FixedRanker, WordEncoder, settings, write
from summit_qa import Assistant
from summit_qa.assistant import OwnModels
from summit_qa.errors import (
    ConfigurationError,
    CorpusError,
    IndexUnusableError,
    QuestionError,
    SummitQAError,
)
from summit_qa.types import Answer
from verified import all_verified

ARTICLES = Path(__file__).parent.parent / "corpus"
PACT = "Was a collective defense pact agreed?"


@pytest.fixture
def workplace(tmp_path: Path, article_index: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the articles and their index, as after a first call."""
    (tmp_path / "corpus").symlink_to(ARTICLES)  # of which the index is
    shutil.copytree(article_index, tmp_path / "index")
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "SUMMIT_QA_LLM"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_example_runs_as_it_is_written(workplace: Path) -> None:
    with Assistant.open(corpus="corpus", index="index") as qa:
        answer = qa.ask("Was a collective defense pact agreed?")
        assert answer.text
        assert (answer.abstained, answer.reason) == (False, None)
        assert answer.verdict in ("no", None)
        for s in answer.statements:
            assert s.text
            assert s.citations
            assert s.status == "supported"
        for c in answer.citations:
            text = (workplace / "corpus" / c.file).read_text(encoding="utf-8")
            assert text[c.start_char : c.end_char] == c.quote
            lines = text.split("\n")[c.start_line - 1 : c.end_line]
            assert c.quote in "\n".join(lines)
            assert c.location == f"{c.file}:{c.start_line}"
        hits = qa.search("three-way hotline", k=10)
        assert len(hits) == 10
        for hit in hits:
            span = hit.passage.span
            text = (workplace / "corpus" / hit.passage.file).read_text(encoding="utf-8")
            assert text[span.start : span.end] == hit.passage.text
            assert hit.score > 0
        assert "hotline" in hits[0].passage.text
        response = qa.as_query_engine().query("Was a collective defense pact agreed?")
        assert answer.text in str(response)
        assert response.source_nodes[0].node.metadata["path"] == answer.citations[0].file


@pytest.mark.parametrize(
    "question",
    [
        PACT,
        "Who hosted the gathering?",
        "What will the hotline be used for?",
        "How did China respond to the summit?",
        "Why did the leaders meet?",
    ],
)
def test_answers_over_the_articles_are_quotes_with_their_place(
    articles: Assistant, question: str
) -> None:
    answer = articles.ask(question)
    assert not answer.abstained
    assert all_verified(answer.citations, articles.documents)
    for statement in answer.statements:
        assert all_verified(statement.citations, articles.documents)
        assert " ".join(statement.citations[0].quote.split()) == " ".join(statement.text.split())
    assert articles.ask(question).to_dict()["statements"] == answer.to_dict()["statements"]
    assert answer.timings.total >= answer.timings.retrieval > 0
    assert answer.generation == articles.generation.id


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("What did Vladimir Putin say about the summit?", "“Vladimir Putin” is not mentioned"),
        ("What is the capital of Australia?", "“Australia” is not mentioned"),
        ("How do I bake sourdough bread?", "nothing in them answers this"),
    ],
)
def test_it_abstains_with_a_reason_where_the_articles_are_silent(
    articles: Assistant, question: str, reason: str
) -> None:
    answer = articles.ask(question)
    assert answer.abstained
    assert (answer.text, answer.statements, answer.verdict) == ("", (), None)
    assert reason in (answer.reason or "")
    assert answer.nearest


@pytest.mark.parametrize("question", ["", "  \n", "?!…", "\u200b"])
def test_an_empty_question_is_refused(quick: Assistant, question: str) -> None:
    for call in (quick.ask, quick.search, quick.check):
        with pytest.raises(QuestionError, match="empty"):
            call(question)


def test_a_question_of_a_hundred_thousand_characters_is_refused(quick: Assistant) -> None:
    with pytest.raises(QuestionError, match=r"has 99,999 characters; at most 4,000 are read"):
        quick.ask("why " * 25_000)


def test_a_question_that_is_no_text_is_refused(quick: Assistant) -> None:
    with pytest.raises(QuestionError, match="not valid text"):
        quick.ask("What is caf\udce9?")


@pytest.mark.parametrize("question", ["a", "7", "日", "é"])
def test_a_question_of_one_character_gets_an_answer(articles: Assistant, question: str) -> None:
    answer = articles.ask(question)
    assert answer.abstained != bool(answer.statements)


def test_a_question_of_the_longest_length_gets_an_answer(articles: Assistant) -> None:
    assert articles.ask(("hotline " * 1000)[:4000]).question.startswith("hotline")


def test_an_empty_corpus_is_said_in_words(quick: Assistant) -> None:
    for call in (quick.ask, quick.search, quick.check):
        with pytest.raises(CorpusError, match=r"No text was found in .*corpus; put files there"):
            call("Who met?")


def test_an_empty_corpus_says_which_files_were_not_read(quick: Assistant) -> None:
    folder = quick.settings.corpus
    (folder / "lease.pdf").write_bytes(b"%PDF-1.7\0\0")
    quick.sync()
    assert [item.path for item in quick.skipped] == ["lease.pdf"]
    with pytest.raises(CorpusError, match=r"1 file was not read \(lease\.pdf: "):
        quick.ask("Who met?")


def test_what_is_not_read_is_known_though_the_index_stays_as_it_is(quick: Assistant) -> None:
    folder = quick.settings.corpus
    (folder / "a.txt").write_text("The minister met the king.", encoding="utf-8")
    quick.sync()
    (folder / "scan.pdf").write_bytes(b"%PDF-1.7\0\0")
    quick.sync()
    assert [item.path for item in quick.skipped] == ["scan.pdf"]


def test_a_claim_is_checked_in_the_file_that_is_named(quick: Assistant) -> None:
    folder = quick.settings.corpus
    for number in range(80):
        (folder / f"m{number:02}.txt").write_text("Rain fell on Lima.", encoding="utf-8")
    (folder / "zz.txt").write_text("Rain fell on Lima.", encoding="utf-8")
    quick.sync()
    found = quick.check("Rain fell on Lima.", ["zz.txt"])
    assert {citation.file for citation in found.supporting} == {"zz.txt"}


@pytest.mark.parametrize("text", ["Hotline", "It is what it is.", "The the the.", "…", "?"])
def test_the_smallest_corpora_get_an_answer_or_an_abstention(
    quick: Assistant, tmp_path: Path, text: str
) -> None:
    write(tmp_path / "corpus", {"a.txt": text})
    quick.sync()
    answer = quick.ask("Is there a hotline?")
    assert answer.abstained != bool(answer.statements)
    assert len(quick.search("hotline")) == 1


def test_a_missing_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="There is no folder"):
        Assistant.open(tmp_path / "nowhere", tmp_path / "index", own=OwnModels(WordEncoder()))


def test_an_index_that_was_never_made_is_said_so(quick: Assistant, tmp_path: Path) -> None:
    chosen = settings(corpus=tmp_path, index=tmp_path / "none")
    with Assistant.open(
        settings=chosen,
        own=OwnModels(WordEncoder(), FixedRanker(), FixedJudge()),
        sync=False,
    ) as unsynced:
        assert not unsynced.report.published
        with pytest.raises(IndexUnusableError, match="There is no index"):
            unsynced.ask("Who met?")


def test_a_sync_is_seen_by_the_next_question(quick: Assistant, tmp_path: Path) -> None:
    write(tmp_path / "corpus", {"a.txt": "Rain fell on Monday."})
    assert quick.sync().added == ("a.txt",)
    assert quick.report.added == ("a.txt",)
    assert quick.ask("Which rain fell?").statements[0].text == "Rain fell on Monday."
    write(tmp_path / "corpus", {"a.txt": "Snow fell on Friday."})
    quick.sync()
    assert quick.ask("Which snow fell?").statements[0].text == "Snow fell on Friday."
    assert list(quick.documents) == ["a.txt"]
    assert quick.skipped == ()


class TestOtherSettings:
    def test_share_index_and_models_and_leave_the_first_alone(
        self, quick: Assistant, tmp_path: Path
    ) -> None:
        write(tmp_path / "corpus", {f"{n}.txt": f"Rain fell on day {n}." for n in range(9)})
        quick.sync()
        other = quick.with_settings(passages=2, strictness="strict")
        assert (other.settings.passages, quick.settings.passages) == (2, 8)
        assert other.generation is quick.generation
        assert other.models is quick.models
        assert len(other.ask("Why did it rain?", engine="reader").nearest) <= 2

    @pytest.mark.parametrize("changes", [{"passages": 0}, {"engine": "oracle"}, {"colour": "red"}])
    def test_are_checked(self, quick: Assistant, changes: dict[str, Any]) -> None:
        with pytest.raises(ConfigurationError):
            quick.with_settings(**changes)

    @pytest.mark.parametrize("name", ["corpus", "index", "embedder", "passage_chars"])
    def test_cannot_change_what_the_index_was_opened_with(
        self, quick: Assistant, name: str
    ) -> None:
        with pytest.raises(ConfigurationError, match=f"'{name}' cannot change"):
            quick.with_settings(**{name: 400 if name == "passage_chars" else "other"})


def test_a_folder_alone_gets_an_index_of_its_own(
    tmp_path: Path, checked_in_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path / "cache")
    monkeypatch.chdir(tmp_path)
    own = OwnModels(WordEncoder(), FixedRanker(), FixedJudge())
    for name, text in (("corpus", "Rain fell."), ("notes", "The password is plum.")):
        write(tmp_path / name, {"a.txt": text})
        with Assistant.open(name, settings=settings(), own=own) as assistant:
            assert assistant.documents["a.txt"].text == text
    assert (tmp_path / "index" / "CURRENT").exists()
    (kept,) = (tmp_path / "cache" / "index").iterdir()
    with pytest.raises(IndexUnusableError, match="belongs to the folder"):
        Assistant.open("corpus", kept, settings=settings(), own=own)


class TestEngines:
    def test_say_what_they_have_or_lack(self, quick: Assistant) -> None:
        reader, writer = quick.engines()
        assert (reader.name, reader.available) == ("reader", True)
        assert (writer.name, writer.available) == ("writer", False)
        assert "SUMMIT_QA_LLM" in writer.detail
        named = quick.with_settings(llm="small").engines()[1]
        assert not named.available
        assert "OPENAI_API_KEY" in named.detail
        ready = quick.with_settings(llm="small", openai_base_url="http://u:p@host:1/v1").engines()[
            1
        ]
        assert ready.available
        assert ready.detail == "small at host"

    def test_a_writer_that_is_not_configured_is_an_error_only_if_asked_for(
        self, quick: Assistant, tmp_path: Path
    ) -> None:
        write(tmp_path / "corpus", {"a.txt": "Rain fell."})
        quick.sync()
        assert quick.ask("Did rain fall?", engine="auto").engine == "reader"
        with pytest.raises(ConfigurationError, match="No writer: set SUMMIT_QA_LLM"):
            quick.ask("Did rain fall?", engine="writer")
        with pytest.raises(ConfigurationError, match="No engine 'oracle'"):
            quick.ask("Did rain fall?", engine="oracle")  # type: ignore[arg-type]

    def test_a_model_without_key_or_address_is_told_with_the_answer(
        self, quick: Assistant, tmp_path: Path
    ) -> None:
        write(tmp_path / "corpus", {"a.txt": "Rain fell."})
        quick.sync()
        named = quick.with_settings(llm="small", engine="auto")
        (note,) = [n for n in named.ask("Did rain fall?").notes if "small" in n]
        assert "neither OPENAI_API_KEY nor OPENAI_BASE_URL is set" in note
        with named.conversation() as chat:
            assert note in chat.ask("Did rain fall?").notes
        assert note not in named.ask("Did rain fall?", engine="reader").notes
        assert note not in quick.ask("Did rain fall?", engine="auto").notes


class TestChecking:
    def test_a_claim_gets_the_lines_for_it(self, articles: Assistant) -> None:
        check = articles.check("The three countries will set up a hotline.")
        assert check.verdict == "supported"
        assert all_verified(check.supporting, articles.documents)
        assert any("hotline" in citation.quote.lower() for citation in check.supporting)

    def test_only_the_named_files_are_held_against_it(self, articles: Assistant) -> None:
        file = "003_df70005f37d4df08.txt"
        check = articles.check("The three countries will set up a hotline.", [file])
        assert {c.file for c in (*check.supporting, *check.contradicting)} <= {file}

    def test_an_unknown_file_is_named(self, articles: Assistant) -> None:
        with pytest.raises(CorpusError, match=r"no file 'nowhere\.txt'"):
            articles.check("They met.", ["nowhere.txt"])

    def test_strictness_counts(self, quick: Assistant, tmp_path: Path) -> None:
        write(tmp_path / "corpus", {"a.txt": "Rain fell."})
        quick.sync()
        asked = quick.with_settings(strictness="lenient").check("Rain fell.")
        assert asked.verdict == "supported"


def test_snapshots_end_with_the_answer(articles: Assistant) -> None:
    *_, last = articles.stream(PACT)
    assert last.to_dict()["statements"] == articles.ask(PACT).to_dict()["statements"]


def test_many_threads_get_the_same_answers_while_another_syncs(
    quick: Assistant, tmp_path: Path
) -> None:
    write(tmp_path / "corpus", {"a.txt": "Rain fell on Monday.", "b.txt": "Shares rose."})
    quick.sync()
    answers: list[Answer] = []
    errors: list[SummitQAError] = []
    stop = threading.Event()

    def ask() -> Iterator[None]:
        while not stop.is_set():
            try:
                answers.append(quick.ask("Which rain fell?"))
            except SummitQAError as error:
                errors.append(error)
            yield

    threads = [threading.Thread(target=lambda: [None for _ in ask()]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(3):
        write(tmp_path / "corpus", {"b.txt": f"Shares rose {number} times."})
        quick.sync()
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {answer.text for answer in answers} == {"Rain fell on Monday. [1]"}
    assert len({answer.generation for answer in answers}) >= 1


@pytest.mark.parametrize("wrong", [None, 5, b"Who?", ["Who?"]])
def test_a_question_of_another_type_is_refused(quick: Assistant, wrong: Any) -> None:
    for asked in (quick.ask, quick.search, quick.check, quick.conversation().ask):
        with pytest.raises(QuestionError, match="is text"):
            asked(wrong)


def test_counts_files_and_folders_of_another_type_are_refused(
    quick: Assistant, tmp_path: Path
) -> None:
    write(tmp_path / "corpus", {"a.txt": "The oak was planted in 1723.\n"})
    quick.sync()
    for count in (0, -1, 1.5, "3", None):
        with pytest.raises(QuestionError, match="at least one"):
            quick.search("oak", count)  # type: ignore[arg-type]
    for files in ("a.txt", 5, [5], {"a.txt": 1}):
        with pytest.raises(CorpusError, match="by a list"):
            quick.check("The oak is old.", files)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="as a Path"):
        Assistant.open(5)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="no folder has such a name"):
        Assistant.open("a\0b")
