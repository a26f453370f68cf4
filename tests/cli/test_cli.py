"""The command line: exit statuses, JSON for programs, and every error in one line."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from doubles import FixedJudge, FixedRanker, WordEncoder, write
from summit_qa import __version__
from summit_qa.assistant import Assistant, OwnModels
from summit_qa.cli import main as cli
from summit_qa.cli import opening
from summit_qa.index.folder import LOCK
from summit_qa.settings import Settings

ROOT = Path(__file__).parents[2]
FILES = {
    "a.txt": "The leaders met at Camp David on Friday. A hotline will connect the three.\n",
    "b.txt": "Shares of a maker of chocolate fell.\n",
}


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checked_in_process: None) -> Path:
    """An empty current folder, doubles for the models, and no setting from outside."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("SUMMIT_QA_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    write(tmp_path / "corpus", FILES)
    opened = Assistant.open.__func__  # type: ignore[attr-defined]

    def with_doubles(*, settings: Settings, own: Any, progress: Any, sync: Any) -> Assistant:
        made: Assistant = opened(
            Assistant,
            settings=settings,
            progress=progress,
            sync=sync,
            own=OwnModels(WordEncoder(), FixedRanker(), FixedJudge()),
        )
        return made

    monkeypatch.setattr(Assistant, "open", with_doubles)
    return tmp_path


Run = Callable[..., Ran]


@pytest.fixture
def run(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs the command line as the console script does."""

    def call(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["summit-qa", *arguments])
        try:
            cli.main()
            status = 0
        except SystemExit as ended:
            status = int(ended.code or 0)
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return call


def is_one_line(text: str) -> bool:
    return text.endswith("\n") and text.count("\n") == 1 and "Traceback" not in text


def test_an_answer_exits_with_0_and_shows_place_and_quote(run: Run) -> None:
    ran = run("ask", "What will a hotline do?")
    assert (ran.status, ran.err) == (0, "")
    assert "A hotline will connect the three. [1]\n" in ran.out
    assert "[1] a.txt:1\n" in ran.out
    assert "\x1b" not in ran.out


def test_an_abstention_exits_with_3_and_gives_its_reason(run: Run) -> None:
    ran = run("ask", "What did Vladimir Putin say?")
    assert ran.status == 3
    assert ran.out.startswith("No answer: “Vladimir Putin” is not mentioned in the files.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["fly"],
        ["ask", "Who?", "--colour", "red"],
        ["ask", "Who?", "--engine", "oracle"],
        ["search", "hotline", "-k", "0"],
        ["search"],
        ["index", "corpus", "--corpus", "other"],
    ],
)
def test_a_wrong_command_line_exits_with_2(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert "Usage: summit-qa" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ask", ""], "The question is empty"),
        (["ask", "  ?! "], "The question is empty"),
        (["ask", "why " * 25_000], "at most 4,000 are read"),
        (["ask", "caf\udce9?"], "not valid text"),
        (["search", ""], "The question is empty"),
        (["check", ""], "The question is empty"),
        (["check", "They met.", "--file", "nowhere.txt"], "no file 'nowhere.txt'"),
        (["ask", "Who?", "--corpus", "nowhere"], "There is no folder nowhere"),
        (["ask", "Who?", "--corpus", "corpus/a.txt"], "is not a folder"),
        (["ask", "Who?", "--index", "corpus"], "cannot be kept in the folder of the files"),
        (["ask", "Who?", "--index", "corpus/a.txt"], "it is not a folder"),
        (["ask", "Who?", "--passages", "0"], "Setting 'passages'"),
        (["ask", "Who?", "--engine", "writer"], "set SUMMIT_QA_LLM"),
    ],
)
def test_an_error_exits_with_1_and_is_one_line(run: Run, arguments: list[str], words: str) -> None:
    ran = run(*arguments)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("Error: ")
    assert words in ran.err
    assert is_one_line(ran.err)


@pytest.mark.parametrize("command", ["ask", "search", "check"])
def test_an_empty_folder_is_an_error_that_says_what_to_do(
    run: Run, workplace: Path, command: str
) -> None:
    (workplace / "empty").mkdir()
    ran = run(command, "Who met?", "--corpus", "empty")
    assert ran.status == 1
    assert ran.err == "Error: No text was found in empty; put files there and ask again.\n"


@pytest.mark.parametrize("question", ["x", "7", "日"])
def test_a_question_of_one_character_gets_an_answer_or_an_abstention(
    run: Run, question: str
) -> None:
    ran = run("ask", question)
    assert ran.status in (0, 3)
    assert ran.out
    assert ran.err == ""


@pytest.mark.skipif(getattr(os, "geteuid", lambda: -1)() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_an_error(run: Run, workplace: Path) -> None:
    (workplace / "shut").mkdir(mode=0)
    ran = run("ask", "Who?", "--corpus", "shut")
    assert ran.status == 1
    assert "may not be read" in ran.err


def test_a_folder_that_may_not_be_listed_is_an_error(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("summit_qa.documents.corpus.os.scandir", refuse)
    ran = run("ask", "Who?")
    assert ran.status == 1
    assert ran.err == "Error: The folder corpus may not be read; check its permissions.\n"


def test_an_index_that_another_process_writes_is_an_error(run: Run, workplace: Path) -> None:
    (workplace / "index").mkdir()
    with FileLock(workplace / "index" / LOCK):
        ran = run("ask", "What will a hotline do?")
    assert ran.status == 1
    assert "Another process is writing the index in index" in ran.err
    assert is_one_line(ran.err)


def test_what_nobody_thought_of_is_one_line_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division\nby zero \x1b[31m")

    monkeypatch.setattr(Assistant, "ask", fail)
    ran = run("ask", "What will a hotline do?")
    assert ran.status == 1
    assert ran.err.startswith("Error: ZeroDivisionError: division by zero")
    assert is_one_line(ran.err)
    assert "\x1b" not in ran.err
    with pytest.raises(ZeroDivisionError):
        run("ask", "What will a hotline do?", "--debug")


def test_debug_shows_where_an_error_comes_from(run: Run) -> None:
    from summit_qa.errors import QuestionError

    with pytest.raises(QuestionError):
        run("--debug", "ask", "")


def test_ctrl_c_stops_with_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Assistant, "ask", interrupt)
    ran = run("ask", "What will a hotline do?")
    assert (ran.status, ran.err) == (130, "Stopped.\n")


def test_json_of_an_answer_is_the_answer(run: Run) -> None:
    ran = run("ask", "What will a hotline do?", "--json")
    assert ran.status == 0
    assert ran.json["statements"][0]["text"] == "A hotline will connect the three."
    citation = ran.json["citations"][0]
    text = FILES[citation["file"]]
    assert text[citation["start_char"] : citation["end_char"]] == citation["quote"]


def test_json_of_an_abstention_is_printed_with_status_3(run: Run) -> None:
    ran = run("ask", "What did Vladimir Putin say?", "--json")
    assert ran.status == 3
    assert ran.json["abstained"] is True
    assert "Putin" in ran.json["reason"]


def test_json_of_a_search_is_a_list_of_hits(run: Run) -> None:
    ran = run("search", "hotline", "-k", "1", "--json")
    (hit,) = ran.json
    assert (hit["location"], hit["ranks"]) == ("a.txt:1", {"dense": 1, "bm25": 1})


def test_a_search_shows_places_best_first(run: Run) -> None:
    ran = run("search", "chocolate")
    assert ran.status == 0
    assert ran.out.startswith(" 1. b.txt:1  ")


def test_a_check_gives_verdict_and_lines(run: Run) -> None:
    ran = run("check", "A hotline will connect the three.")
    assert ran.status == 0
    assert ran.out.startswith("Supported (98%)\nFor:\n  a.txt:1  98%\n")
    assert (
        run("check", "A hotline will connect the three.", "--json").json["verdict"] == "supported"
    )
    assert run("check", "Pigs can fly.").status == 3


def test_index_reports_what_it_found(run: Run, workplace: Path) -> None:
    (workplace / "corpus" / "c.png").write_bytes(b"\x89PNG\0\0")
    ran = run("index")
    assert ran.status == 0
    assert (
        ran.out
        == "2 added; 2 passages\n  not read: c.png (an image; its text, if any, is not read)\n"
    )
    (workplace / "corpus" / "b.txt").unlink()
    ran = run("index", "corpus", "--json")
    assert (ran.json["removed"], ran.json["unchanged"]) == (["b.txt"], ["a.txt"])
    assert ran.json["skipped"] == [
        {"path": "c.png", "reason": "an image; its text, if any, is not read"}
    ]
    assert run("index", "--corpus", "corpus").out.startswith("1 unchanged; ")


def test_a_rebuilt_index_is_said_on_standard_error(run: Run, workplace: Path) -> None:
    run("index")
    name = (workplace / "index" / "CURRENT").read_text().split()[0]
    (workplace / "index" / name / "vectors.npy").unlink()
    ran = run("ask", "What will a hotline do?", "--json")
    assert ran.status == 0
    assert ran.json["generation"] != name
    assert ran.err.startswith("The index was damaged (vectors.npy is missing)")
    assert is_one_line(ran.err)


def test_the_environment_chooses_folder_and_engine(
    run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMIT_QA_INDEX", str(workplace / "elsewhere"))
    monkeypatch.setenv("SUMMIT_QA_ENGINE", "writer")
    ran = run("ask", "What will a hotline do?")
    assert "No writer" in ran.err
    assert (workplace / "elsewhere" / "CURRENT").exists()
    assert run("ask", "What will a hotline do?", "--engine", "reader").status == 0


def test_a_conversation_goes_on_until_an_empty_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = iter(["What will a hotline do?", "?", "Which shares fell?", "", "Never asked?"])
    monkeypatch.setattr("builtins.input", lambda *_: next(lines))
    ran = run("ask", "--interactive")
    assert ran.status == 0
    assert "A hotline will connect the three. [1]" in ran.out
    assert "Shares of a maker of chocolate fell. [2]" in ran.out
    assert "The question is empty" in ran.err
    assert next(lines) == "Never asked?"


@pytest.mark.parametrize("word", ["quit", "exit", " Quit "])
def test_a_conversation_ends_when_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    lines = iter(["help", word, "Never asked?"])
    monkeypatch.setattr("builtins.input", lambda *_: next(lines))
    ran = run("ask", "--interactive")
    assert (ran.status, ran.err) == (0, "")
    assert "quit, exit" in ran.out
    assert "No answer" not in ran.out
    assert next(lines) == "Never asked?"


def test_a_terminal_is_told_what_can_be_typed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda *_: "quit")
    ran = run("ask", "-i")
    assert "help" in ran.out
    assert "quit" in ran.out


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["Who met?"], ["ask", "Who met?"]),
        (["who met"], ["ask", "who met"]),
        (["Why?", "--json"], ["ask", "Why?", "--json"]),
        (["--json", "Why?"], ["ask", "--json", "Why?"]),
        (["-i"], ["ask", "-i"]),
        (["fly"], ["fly"]),
        (["serach", "some words"], ["serach", "some words"]),
        (["search", "some words"], ["search", "some words"]),
        (["--corpus", "my notes", "index"], ["--corpus", "my notes", "index"]),
        (["Why?", "--index", "index"], ["ask", "Why?", "--index", "index"]),
        (["--index", "index", "Why?"], ["ask", "--index", "index", "Why?"]),
        (["--help"], ["--help"]),
        (["--version"], ["--version"]),
        ([], []),
    ],
)
def test_a_question_needs_no_command(given: list[str], meant: list[str]) -> None:
    assert cli.with_command(given) == meant


@pytest.mark.parametrize("command", ["ask", "check"])
@pytest.mark.parametrize("strictness", ["lenient", "strict"])
def test_strictness_is_an_option(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str, strictness: str
) -> None:
    seen = []
    opened = Assistant.open

    def spied(**given: Any) -> Assistant:
        seen.append(given["settings"].strictness)
        return opened(**given)

    monkeypatch.setattr(Assistant, "open", spied)
    run(command, "A hotline will connect the three.", "--strictness", strictness)
    assert seen == [strictness]


def test_a_conversation_ends_with_its_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", closed)
    ran = run("ask", "-i", "What will a hotline do?", "--json")
    assert ran.status == 0
    assert ran.json["statements"]


def test_version_and_help(run: Run) -> None:
    assert run("--version").out == f"summit-qa {__version__}\n"
    shown = run("--help").out
    for command in ("index", "ask", "search", "check", "eval", "eval-judge", "chat"):
        assert f"  {command}  " in shown


def test_the_page_of_commands_is_what_the_command_line_says() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "command_docs.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_console_script_answers_over_the_articles(article_index: Path, tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("summit-qa"), "ask", "--engine", "reader", "--json"]
    folders = ["--corpus", ROOT / "corpus", "--index", article_index]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*command, *folders, "Was a collective defense pact agreed?"],
        capture_output=True,
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    answer = json.loads(done.stdout.decode("ascii"))
    assert answer["citations"][0]["location"].endswith(".txt:5")


def test_who_only_lists_or_searches_waits_for_no_model_that_answers(
    article_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it was loaded")

    settings = Settings.load(corpus=ROOT / "corpus", index=article_index)
    monkeypatch.setattr("summit_qa.models.base_model.BaseModel.load", refuse)
    with opening.opened(settings, answers=False) as assistant:
        assert "hotline" in assistant.search("the hotline", k=1)[0].text
    monkeypatch.setattr("summit_qa.models.relevance.RelevanceModel.load", refuse)
    with opening.opened(settings, searches=False) as assistant:
        assert len(assistant.documents) == 5


def test_an_answer_does_not_load_what_it_does_not_need(article_index: Path) -> None:
    program = (
        "import sys\nfrom summit_qa.cli import main as cli\n"
        "try: cli.main()\nexcept SystemExit: pass\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    question = ["ask", "Was a collective defense pact agreed?", "--engine", "reader"]
    folders = ["--corpus", str(ROOT / "corpus"), "--index", str(article_index)]
    done = subprocess.run(
        [sys.executable, "-c", program, *question, *folders],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stderr.split())
    assert {"chromadb", "onnxruntime"} <= loaded
    assert not loaded & {"llama_index", "gradio", "openai"}


def test_show_prints_the_lines_around_the_one_that_was_named(run: Run, workplace: Path) -> None:
    lines = "".join(f"Line {number}.\n" for number in range(1, 31))
    (workplace / "corpus" / "long.txt").write_text(lines)
    ran = run("show", "long.txt:10")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [f"{number:>2}  Line {number}." for number in range(7, 14)]
    assert len(run("show", "long.txt").out.splitlines()) == 30
    assert run("show", "long.txt:12-13", "--json").json["lines"][3]["text"] == "Line 12."


@pytest.mark.parametrize("place", ["nowhere.txt", "a.txt:2", "a.txt:0"])
def test_show_says_in_one_line_what_it_cannot_show(run: Run, place: str) -> None:
    ran = run("show", place)
    assert ran.status == 1
    assert is_one_line(ran.err)
