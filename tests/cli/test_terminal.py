"""What a person sees: quotes in their lines, colours on a terminal alone, and no control codes."""

import io
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from summit_qa.cli import terminal
from summit_qa.cli.terminal import (
    print_answer,
    print_check,
    print_hits,
    print_report,
    progress_bar,
    quote_in_line,
)
from summit_qa.documents.citations import cite
from summit_qa.documents.corpus import make_document
from summit_qa.documents.visible import visible
from summit_qa.reader.check import ClaimCheck
from summit_qa.types import (
    Answer,
    Disagreement,
    Hit,
    Passage,
    Skipped,
    Span,
    Statement,
    SyncReport,
)

LINE = (
    "Before it there are many words that nobody needs to see again in order to know the place. "
    "The leaders met at Camp David. "
    "After it there are as many words that nobody needs to see again in order to know the place."
)
DOCUMENT = make_document("a.txt", f"First line.\n{LINE}\n".encode())
START = DOCUMENT.text.index("The leaders")
CITATION = cite(DOCUMENT, START, START + 30, number=1)
STATEMENT = Statement(CITATION.quote, (CITATION,), "supported", highlight=((4, 11),))
ANSWER = Answer(
    question="Who met?",
    text=f"{CITATION.quote} [1]",
    verdict=None,
    statements=(STATEMENT,),
    citations=(CITATION,),
    status="answered",
    reason=None,
)
HIT = Hit(Passage("id", "a.txt", Span(0, 11, 1, 1), "First line."), 0.0328, {"dense": 1})


def shown(what: object, value: object, *, colours: bool = False, width: int = 80) -> str:
    console = Console(
        file=io.StringIO(),
        force_terminal=colours,
        color_system="truecolor" if colours else None,
        width=width,
        highlight=False,
    )
    what(console, value)  # type: ignore[operator]
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def test_an_answer_shows_statement_place_and_quote() -> None:
    assert shown(print_answer, ANSWER) == (
        "The leaders met at Camp David. [1]\n"
        "\n"
        "[1] a.txt:2\n"
        "    …words that nobody needs to see again in order to know the place. "
        "The leaders met at Camp David. "
        "After it there are as many words that nobody needs to see again in…\n"
    )


def test_a_pipe_gets_no_codes_and_no_wrapping() -> None:
    text = shown(print_answer, ANSWER, width=20)
    assert "\x1b" not in text
    assert "The leaders met at Camp David. [1]\n" in text


def test_a_terminal_gets_colours_and_wrapping() -> None:
    text = shown(print_answer, ANSWER, colours=True, width=40)
    assert "\x1b[" in text
    lines = [line for line in text.splitlines() if "words" in line]
    assert len(lines) > 1
    assert all(line.startswith(("    ", "\x1b")) for line in lines)


def test_verdict_short_answer_notes_and_rewritten_question_are_shown() -> None:
    answer = replace(ANSWER, verdict="no", short="Camp David", notes=("Slow.",), rewritten="Who?")
    text = shown(print_answer, answer)
    assert text.startswith("Asked as: Who?\nNo.\nCamp David\nThe leaders")
    assert text.endswith("Note: Slow.\n")


def test_an_abstention_gives_its_reason_and_the_nearest_passages() -> None:
    answer = replace(
        ANSWER,
        text="",
        statements=(),
        citations=(),
        status="declined",
        reason="Silent.",
        nearest=(HIT,),
    )
    assert shown(print_answer, answer) == (
        "No answer: Silent.\nWhat comes nearest:\n  a.txt:1\n      First line.\n"
    )


def test_a_tentative_answer_begins_with_how_sure_it_is() -> None:
    text = shown(print_answer, replace(ANSWER, status="tentative", confidence=0.414))
    assert text.startswith("Not sure, but this may answer it (41% sure):\nThe leaders met")
    assert shown(print_answer, replace(ANSWER, confidence=0.9)).startswith("The leaders met")


def test_what_statements_are_read_under_stands_above_them_once() -> None:
    first = replace(STATEMENT, under="Minutes of May")
    text = shown(print_answer, replace(ANSWER, statements=(first, first, STATEMENT)))
    said = "The leaders met at Camp David. [1]\n"
    assert text.startswith(f"Minutes of May\n{said}{said}{said}")


def test_disagreements_and_what_was_left_out_are_shown_apart() -> None:
    answer = replace(
        ANSWER,
        disagreements=(Disagreement(CITATION, CITATION, 0.9, "the number"),),
        unverified=(replace(STATEMENT, text="They danced.", citations=(), status="unverified"),),
    )
    text = shown(print_answer, answer)
    # Each line is shown once, with its number; only what stands nowhere above is quoted here.
    said = f"{CITATION.location}\n"
    assert f"The sources disagree (the number):\n  [1] {said}  [1] {said}" in text
    apart = replace(answer, citations=())
    assert f"  {said}      …words" in shown(print_answer, apart)
    assert "Left out, since the files do not show it:\n  They danced.\n" in text


@pytest.mark.parametrize(
    ("status", "words"),
    [("partly", "(partly supported)"), ("contradicted", "Contradicted by its own source:")],
)
def test_a_statement_that_is_not_supported_says_so(status: str, words: str) -> None:
    statement = replace(STATEMENT, status=status)  # type: ignore[arg-type]
    assert words in shown(print_answer, replace(ANSWER, statements=(statement,)))


def test_a_short_line_is_shown_whole() -> None:
    assert quote_in_line(cite(DOCUMENT, 0, 5, number=1)).plain == "First line."


def test_wide_white_space_is_shown_as_one_space() -> None:
    document = make_document("a.txt", b"Keep    a\n     notice  in each   file.")
    text = quote_in_line(cite(document, 8, 28, number=1))
    assert text.plain == "Keep a notice in each file."


def test_of_equal_words_in_a_line_the_quoted_ones_are_marked() -> None:
    document = make_document("a.txt", b"No. It was late. No.")
    text = quote_in_line(cite(document, 17, 20, number=1))
    (bold,) = [span for span in text.spans if "bold" in str(span.style)]
    assert (bold.start, bold.end) == (17, 20)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_quote_over_lines_is_marked_in_one_line(end: str) -> None:
    document = make_document("a.txt", f"One two{end}three four{end}".encode())
    stop = len(f"One two{end}three")
    text = quote_in_line(cite(document, 4, stop, number=1))
    (bold,) = [span for span in text.spans if "bold" in str(span.style)]
    assert text.plain[bold.start : bold.end].split() == ["two", "three"]
    assert text.plain.split() == ["One", "two", "three", "four"]


@given(st.text(max_size=60))
def test_nothing_that_drives_a_terminal_is_shown(text: str) -> None:
    made = visible(text)
    assert len(made) == len(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in made)


def test_corpus_text_cannot_colour_or_mark_up() -> None:
    evil = "\x1b[31mred [bold]loud[/bold] \u202eback"
    document = make_document("a.txt", f"x {evil}".encode())
    citation = cite(document, 2, 2 + len(evil), number=1)
    answer = replace(
        ANSWER,
        statements=(Statement(evil, (citation,), "supported"),),
        citations=(citation,),
        notes=(evil,),
    )
    text = shown(print_answer, answer)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("[bold]loud[/bold]") == 3


def test_hits_show_rank_place_and_score() -> None:
    assert shown(print_hits, [HIT, HIT]) == (
        " 1. a.txt:1  0.0328\n    First line.\n 2. a.txt:1  0.0328\n    First line.\n"
    )


def test_a_report_counts_and_names_what_was_not_read() -> None:
    report = SyncReport(
        added=("a.txt", "b.txt"),
        removed=("c.txt",),
        skipped=(Skipped("p.png", "binary file"),),
        passages=1234,
        embedded=7,
        messages=("The index was damaged.",),
    )
    assert shown(print_report, report) == (
        "2 added, 1 removed; 1,234 passages\n"
        "  not read: p.png (binary file)\n"
        "The index was damaged.\n"
    )
    assert shown(print_report, SyncReport()) == "no files; 0 passages\n"


def test_a_report_does_not_drown_in_what_was_not_read() -> None:
    skipped = tuple(Skipped(f"{n:03}.png", "binary file") for n in range(300))
    lines = shown(print_report, SyncReport(skipped=skipped)).splitlines()
    assert len(lines) < 30
    assert lines[-1] == "  not read: 280 more (--json lists them all)"


def test_a_check_shows_the_lines_for_and_against() -> None:
    citation = replace(CITATION, support=0.913)
    text = shown(print_check, ClaimCheck("They met.", "supported", 0.9, (citation,), (citation,)))
    assert text.startswith("Supported (90%)\nFor:\n  a.txt:2  91%\n")
    assert "Against:\n  a.txt:2  91%\n" in text
    assert shown(print_check, ClaimCheck("x", "not found", 0.6, (), ())) == "Not found (60%)\n"


class TestTheProgressBar:
    def run(self, monkeypatch: pytest.MonkeyPatch, seconds: float, *, terminal_: bool) -> str:
        now = iter([0.0, *[seconds] * 20])
        monkeypatch.setattr(terminal.time, "monotonic", lambda: next(now, seconds))
        console = Console(file=io.StringIO(), force_terminal=terminal_, width=80)
        with progress_bar(console) as progress:
            for done in range(1, 4):
                progress(done, 3, "passages embedded")
        return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]

    def test_shows_on_work_over_a_second(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "passages embedded" in self.run(monkeypatch, 1.5, terminal_=True)

    def test_stays_away_from_quick_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.run(monkeypatch, 0.5, terminal_=True) == ""

    def test_leaves_a_pipe_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.run(monkeypatch, 1.5, terminal_=False) == ""
