import re
from html.parser import HTMLParser

import pytest
from making import report, row

from summit_qa.evaluation.report import Report
from summit_qa.evaluation.results import (
    BinRow,
    CaseRow,
    CitationRow,
    Figure,
    JudgeRow,
    RelianceRow,
    StatementRow,
)

HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)> & \u202eback"
VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Collects tags and text; fails where tags are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def statement(
    quote: str,
    *,
    valid: bool = True,
    lines: tuple[int, int] = (1, 1),
    chars: tuple[int, int] = (0, 0),
) -> StatementRow:
    citation = CitationRow(
        number=1,
        file="a.txt",
        first_line=lines[0],
        last_line=lines[1],
        quote=quote,
        valid=valid,
        gold=False,
        first_char=chars[0],
        last_char=chars[1],
    )
    return StatementRow(
        text=quote, citations=(citation,), entailed=True, contradicted=False, probability=0.9
    )


def page_of(
    *rows: CaseRow, lines: dict[str, str] | None = None, against: Report | None = None
) -> str:
    return report({"reader": rows}, lines=lines or {}).html(against)


def test_text_of_the_corpus_is_never_markup() -> None:
    everywhere = row(
        "evil",
        False,
        question=HOSTILE,
        history=(HOSTILE,),
        wanted=(HOSTILE,),
        gold=("a.txt:1",),
        why=HOSTILE,
        missed=(HOSTILE, HOSTILE, HOSTILE),
        short=HOSTILE,
        kind=HOSTILE,
        disagreements=(HOSTILE,),
        statements=(statement(HOSTILE), statement(HOSTILE, valid=False)),
    )
    failed = row("broken", False, error=HOSTILE)
    silent = row("silent", False, abstained=True, reason=HOSTILE)
    before = report(
        {"reader": [row("evil", True, question=HOSTILE), failed, silent]}, dataset=HOSTILE
    )
    engine = report({"reader": [everywhere, failed, silent]}).engines[0]
    engine = engine.model_copy(
        update={
            "about": HOSTILE,
            "differing": (HOSTILE,),
            "reliance": (
                RelianceRow(
                    case=HOSTILE,
                    kind="removed",
                    what=HOSTILE,
                    before=HOSTILE,
                    after=HOSTILE,
                    relies=False,
                ),
            ),
        }
    )
    made = report({}, dataset=HOSTILE, notes=(HOSTILE,), models={HOSTILE: HOSTILE})
    made = made.model_copy(update={"engines": (engine,), "lines": {"a.txt:1": HOSTILE}})
    reader = read(made.html(before))
    assert {tag for tag, _ in reader.tags}.isdisjoint({"script", "img", "iframe", "object", "base"})
    assert not any(name.startswith("on") for _, attributes in reader.tags for name in attributes)
    assert reader.text.count("<script>alert(1)</script>") > 15
    assert "\u202e" not in reader.text


def test_the_page_loads_nothing() -> None:
    reader = read(page_of(row("a", statements=(statement("x"),)), lines={"a.txt:1": "x"}))
    for tag, attributes in reader.tags:
        assert tag not in ("link", "script", "img")
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    policies = [a for tag, a in reader.tags if tag == "meta" and "http-equiv" in a]
    assert "default-src 'none'" in (policies[0]["content"] or "")
    style = re.search(r"<style>(.*?)</style>", page_of(row("a")), re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]


@pytest.mark.parametrize(
    ("line", "quote", "at", "shown"),
    [
        ("He came. He left.", "He left.", 9, "He came. <mark>He left.</mark>"),
        ("a < b & c", "b & c", 4, "a &lt; <mark>b &amp; c</mark>"),
        ("all of it", "all of it", 0, "<mark>all of it</mark>"),
        ("so so so", "so", 3, "so <mark>so</mark> so"),
    ],
)
def test_a_quote_is_marked_where_it_stands(line: str, quote: str, at: int, shown: str) -> None:
    said = statement(quote, chars=(at, at + len(quote)))
    assert shown in page_of(row("a", statements=(said,)), lines={"a.txt:1": line})


def test_a_quote_over_many_lines_is_marked_in_each_and_cut() -> None:
    lines = {f"a.txt:{n}": f"line {n}" for n in range(1, 9)}
    over_all = statement("5 …", lines=(1, 8), chars=(5, 6))
    over_two = statement("5 …", lines=(5, 6), chars=(2, 3))
    page = page_of(row("a", statements=(over_all, over_two)), lines=lines)
    assert "line <mark>1</mark>" in page
    assert "<mark>line 4</mark>" in page
    assert "4 more lines" in page
    assert "li<mark>ne 5</mark>" in page
    assert "<mark>lin</mark>e 6" in page


def test_a_quote_that_does_not_stand_there_is_said_and_not_marked() -> None:
    said = row("a", statements=(statement("He left.", valid=False),))
    page = page_of(said, lines={"a.txt:1": "He left."})
    assert "the quote does not stand there" in page
    assert "<mark>" not in page


def test_the_worst_questions_come_first() -> None:
    reader = read(page_of(row("fine"), row("terrible", False, badness=8.0), row("poor", False)))
    text = reader.text
    assert text.index("terrible?") < text.index("fine?")


def test_a_comparison_names_the_questions_that_changed_sides() -> None:
    before = report({"reader": [row("lost"), row("won", False), row("kept")]})
    page = page_of(row("lost", False), row("won"), row("kept"), against=before)
    assert "Now wrong: 1" in page
    assert "Now right: 1" in page
    assert "Against the earlier run" in page
    assert "Against the earlier run" not in page_of(row("lost"))


def test_the_meter_is_drawn_with_what_people_say() -> None:
    figure = Figure(value=0.8, low=0.7, high=0.9, count=20, of=20)
    judge = JudgeRow(
        data="labels",
        count=20,
        positives=9,
        threshold=0.5,
        auroc=figure,
        balanced_accuracy=figure,
        calibration_error=figure,
        bins=(BinRow(low=0, high=0.1, count=12, predicted=0.04, observed=0.1),),
    )
    reader = read(report({"reader": [row("a")]}, judge=judge).html())
    circles = [attributes for tag, attributes in reader.tags if tag == "circle"]
    assert len(circles) == 1
    assert "20 claims labelled by hand" in reader.text


def test_rankings_have_neither_right_nor_wrong() -> None:
    page = page_of(row("q", None, found=("d1", "d2"), badness=0.3))
    assert "of 1 right" not in page
    assert "Found: d1, d2" in page


def test_very_long_runs_show_the_worst_and_say_how_many_are_left_out() -> None:
    page = page_of(*(row(f"q{n:04}", n % 2 == 0) for n in range(520)))
    assert page.count('class="q"') == 500
    assert "20 more stand in the JSON file" in page


def test_how_sure_it_was_is_held_against_how_often_it_was_right() -> None:
    sure = row("a", statements=(statement("x"),), confidence=0.9)
    reader = read(page_of(sure, row("b", abstained=True, confidence=0.1), lines={"a.txt:1": "x"}))
    assert "How sure, and how often right" in reader.text
    assert "1 answers, predicted 0.90" in reader.text
    assert "How sure" not in read(page_of(row("a", statements=(statement("x"),)))).text
