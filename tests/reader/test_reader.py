"""The reader quotes and never words anything itself; it abstains with a reason, or cites."""

from collections.abc import Mapping, Sequence

import pytest

from doubles import FixedJudge, FixedRanker
from summit_qa.documents.citations import Numbering, compose_text
from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of
from summit_qa.models.thresholds import Thresholds
from summit_qa.reader.reader import MOST_STATEMENTS, Folder, Reader, abstention
from summit_qa.types import (
    Answer,
    Document,
    Hit,
    Models,
    SpanPrediction,
    Timings,
    Window,
    WindowReader,
)
from verified import all_verified

HOTLINE = "The three leaders will set up a hotline for crises."
RETOLD = "A hotline for crises will be set up by the three leaders."
RAIN = "Rain fell in the north all day."
SHARES = "Shares of a maker of chocolate fell by four percent."
PACT = "The three did not agree on a collective defense pact."
FILES = {
    "a.txt": f"{RAIN} {HOTLINE}\n",
    "b.txt": f"{SHARES}\r\n{RETOLD}\r\n",
    "c.txt": f"{PACT}\n",
}


def documents(files: Mapping[str, str] = FILES) -> dict[str, Document]:
    return {path: make_document(path, text.encode()) for path, text in sorted(files.items())}


def hits_of(held: Mapping[str, Document]) -> list[Hit]:
    passages = [passage for document in held.values() for passage in passages_of(document)]
    return [Hit(passage, 1 / (rank + 1)) for rank, passage in enumerate(passages)]


def answered(
    question: str,
    ranker: FixedRanker,
    judge: FixedJudge | None = None,
    *,
    files: Mapping[str, str] = FILES,
    numbering: Numbering | None = None,
) -> Answer:
    held = documents(files)
    reader = Reader(held, Models(ranker, judge or FixedJudge()), "balanced", numbering)
    *_, answer = reader.answer(question, hits_of(held))
    hold_the_laws(answer, held)
    return answer


def hold_the_laws(answer: Answer, held: Mapping[str, Document]) -> None:
    """What is true of every answer of the reader."""
    cited = [
        citation
        for statement in answer.statements
        for citation in (*statement.citations, *statement.further)
    ]
    assert all_verified(cited, held)
    assert {c.location for c in cited} == {c.location for c in answer.citations}
    assert answer.text == compose_text(answer.statements)
    assert answer.abstained == (not answer.statements)
    assert (answer.reason is not None) == answer.abstained
    assert not answer.unverified
    for statement in answer.statements:
        (citation,) = statement.citations
        assert " ".join(citation.quote.split()) == " ".join(statement.text.split())
        for start, end in statement.highlight:
            assert 0 <= start < end <= len(statement.text)
    places: dict[int, str] = {}
    for citation in cited:
        assert places.setdefault(citation.number, citation.location) == citation.location


def low(**high: float) -> FixedRanker:
    """A ranker that finds only what is named relevant."""
    texts = {"hotline": HOTLINE, "retold": RETOLD, "rain": RAIN, "shares": SHARES, "pact": PACT}
    return FixedRanker(dict.fromkeys(texts.values(), 0.01) | {texts[n]: v for n, v in high.items()})


def test_a_statement_is_a_sentence_of_the_file() -> None:
    answer = answered("What will be set up?", low(hotline=0.9))
    (statement,) = answer.statements
    assert statement.text == HOTLINE
    assert statement.status == "supported"
    (citation,) = answer.citations
    assert (citation.location, citation.quote) == ("a.txt:1", HOTLINE)
    assert answer.text == f"{HOTLINE} [1]"
    assert (answer.verdict, answer.engine, answer.abstained) == (None, "reader", False)


def test_a_sentence_over_two_lines_is_shown_in_one_and_quoted_as_it_stands() -> None:
    wrapped = "\n".join(["The three leaders will set up one hotline that is", "meant for crises."])
    lines = "\n".join(f"{wrapped}\n{wrapped}".splitlines() * 2)
    answer = answered(
        "What will be set up?", FixedRanker({wrapped: 0.9}), files={"a.txt": f"{lines}\n"}
    )
    statement = answer.statements[0]
    assert "\n" not in statement.text
    assert "\n" in statement.citations[0].quote
    assert statement.citations[0].end_line > statement.citations[0].start_line


def test_asked_what_the_sources_say_each_file_has_its_say_even_where_they_agree() -> None:
    judge = FixedJudge({(RETOLD, HOTLINE): (0.95, 0.04, 0.01)})
    ranker = low(hotline=0.9, retold=0.4, pact=0.01)
    answer = answered("What do the articles say about the hotline?", ranker, judge)
    assert [(s.text, s.citations[0].file) for s in answer.statements] == [
        (HOTLINE, "a.txt"),
        (RETOLD, "b.txt"),
    ]


def test_a_weekday_that_no_line_gives_is_not_made_up() -> None:
    answer = answered("On which day of the week did it rain?", low(rain=0.9))
    assert answer.abstained
    assert answer.reason == "The files speak of related things, but do not give a weekday for this."


def test_a_retelling_in_another_file_is_a_further_source_and_no_statement() -> None:
    judge = FixedJudge({(RETOLD, HOTLINE): (0.95, 0.04, 0.01)})
    answer = answered("What will be set up?", low(hotline=0.9, retold=0.88), judge)
    (statement,) = answer.statements
    assert [c.location for c in statement.further] == ["b.txt:2"]
    assert statement.further[0].support == pytest.approx(0.95)
    assert answer.text == f"{HOTLINE} [1][2]"


def test_a_sentence_that_does_not_support_the_statement_is_no_further_source() -> None:
    judge = FixedJudge({(RETOLD, HOTLINE): (0.2, 0.7, 0.1)})
    answer = answered("What will be set up?", low(hotline=0.9, retold=0.88), judge)
    (statement,) = answer.statements
    assert statement.further == ()


def test_the_same_text_in_two_files_is_cited_twice_and_said_once() -> None:
    files = {"a.txt": HOTLINE, "b.txt": HOTLINE}
    answer = answered("What will be set up?", FixedRanker({HOTLINE: 0.9}), files=files)
    (statement,) = answer.statements
    places = {c.location for c in (*statement.citations, *statement.further)}
    assert places == {"a.txt:1", "b.txt:1"}


def test_a_wide_question_gets_several_sentences_and_never_too_many() -> None:
    ranker = low(hotline=0.9, rain=0.8, shares=0.85, pact=0.82)
    answer = answered("Why did it happen?", ranker)
    assert 1 < len(answer.statements) <= MOST_STATEMENTS
    assert answer.statements[0].text == HOTLINE


def test_what_is_much_less_relevant_is_not_added() -> None:
    answer = answered("What will be set up?", low(hotline=0.95, shares=0.55))
    assert [statement.text for statement in answer.statements] == [HOTLINE]


def test_a_bare_yes_or_no_answers_no_open_question() -> None:
    ranker = FixedRanker({"No.": 0.95, HOTLINE: 0.9, SHARES: 0.85})
    files = {"a.txt": f"No. {HOTLINE} {SHARES}\n"}
    answer = answered("Why did it happen?", ranker, files=files)
    assert [statement.text for statement in answer.statements] == [HOTLINE, SHARES]
    doubtful = FixedRanker(
        {"No.": 0.95, HOTLINE: 0.9, SHARES: 0.85}, answerable=Thresholds.load().tentative
    )
    answer = answered("Why did it happen?", doubtful, files=files)
    assert answer.status == "tentative"
    assert "No." not in [statement.text for statement in answer.statements]


@pytest.mark.parametrize(
    ("question", "entailed", "contradicted", "verdict"),
    [
        ("Did the three not agree on a pact?", 0.95, 0.01, "yes"),
        ("Was a collective defense pact agreed?", 0.01, 0.95, "no"),
        ("Was a collective defense pact agreed?", 0.02, 0.02, None),
    ],
)
def test_a_yes_no_question_gets_a_verdict_and_the_sentence_that_decides(
    question: str, entailed: float, contradicted: float, verdict: str | None
) -> None:
    class Deciding(FixedJudge):
        def _plain(self, evidence: str, claim: str) -> tuple[float, float, float]:
            if evidence == PACT:
                return entailed, 1 - entailed - contradicted, contradicted
            return 0.02, 0.96, 0.02

    answer = answered(question, low(pact=0.9), Deciding())
    assert answer.verdict == verdict
    assert answer.statements[0].text == PACT
    assert bool(answer.notes) == (verdict is None)


def test_what_is_said_of_a_code_comes_before_what_is_said_of_its_neighbour() -> None:
    asked_for = "Release 12.1.1 came out on a Friday."
    other = "Release 12.1.0 came out on a Monday."
    spans = {asked_for: ("a Friday", 0.6), other: ("a Monday", 0.8)}
    ranker = FixedRanker({asked_for: 0.7, other: 0.9}, spans=spans)
    held = documents({"a.txt": f"{other}\n", "b.txt": f"{asked_for}\n"})

    def first(question: str) -> str:
        reader = Reader(held, Models(ranker, FixedJudge(), windows=ranker))
        *_, answer = reader.answer(question, hits_of(held))
        return answer.statements[0].text

    assert first("When did release 12.1.1 come out?") == asked_for
    assert first("When did the release come out?") == other


@pytest.mark.parametrize(("short_of", "status"), [(0.0, "answered"), (0.01, "declined")])
def test_no_line_is_so_plain_that_it_decides_what_hardly_answers(
    short_of: float, status: str
) -> None:
    ranker = FixedRanker({PACT: 0.9}, answerable=Thresholds.load().tentative - short_of)
    judge = FixedJudge({(PACT, "Was a ferry line agreed?"): (0.0, 0.0, 1.0)})
    assert answered("Was a ferry line agreed?", ranker, judge).status == status


def test_an_open_question_gets_no_verdict() -> None:
    judge = FixedJudge({(PACT, PACT): (1.0, 0.0, 0.0)})
    assert answered("What was agreed?", low(pact=0.9), judge).verdict is None


def test_it_abstains_where_the_corpus_does_not_answer() -> None:
    ranker = FixedRanker({HOTLINE: 0.9}, answerable=0.1)
    answer = answered("What will be set up?", ranker)
    assert answer.abstained
    assert (answer.text, answer.statements, answer.citations) == ("", (), ())
    assert answer.reason == "The files speak of related things, but nothing in them answers this."
    assert [hit.passage.path for hit in answer.nearest] == ["a.txt", "b.txt", "c.txt"]


def test_an_answer_that_is_not_sure_is_shown_as_such_with_its_line_and_nothing_in_short() -> None:
    limits = Thresholds.load()
    spans = {HOTLINE: ("a hotline", 0.99)}
    seen = {HOTLINE: 0.9, RETOLD: 0.01}
    doubtful = FixedRanker(seen, answerable=limits.tentative, spans=spans)
    answer = answered("What will be set up?", doubtful)
    assert (answer.status, answer.abstained, answer.confidence) == (
        "tentative", False, limits.tentative,
    )  # fmt: skip
    assert answer.statements[0].text == HOTLINE
    assert answer.short is None
    sure = FixedRanker(seen, answerable=limits.answerable, spans=spans)
    answer = answered("What will be set up?", sure)
    assert (answer.status, answer.confidence) == ("answered", limits.answerable)


def test_a_declined_question_says_how_likely_it_was_that_something_answered() -> None:
    declined = answered("What will be set up?", FixedRanker({HOTLINE: 0.9}, answerable=0.1))
    assert (declined.status, declined.confidence) == ("declined", 0.1)
    unread = answered("What did Vladimir Putin say about the hotline?", low(hotline=0.9))
    assert (unread.status, unread.confidence) == ("declined", None)


def test_it_says_that_it_does_not_know_the_language() -> None:
    answer = answered("Was wurde von den drei Staaten vereinbart?", low(hotline=0.9))
    assert answer.abstained
    assert answer.reason is not None
    assert "German" in answer.reason
    assert answer.nearest


def test_it_abstains_on_a_name_that_the_corpus_does_not_mention() -> None:
    answer = answered("What did Vladimir Putin say about the hotline?", low(hotline=0.9))
    assert answer.abstained
    assert answer.reason == "“Vladimir Putin” is not mentioned in the files."


def test_a_name_is_looked_for_in_the_whole_corpus() -> None:
    held = documents()
    looked: list[str] = []

    def mentions(name: str) -> list[str]:
        looked.append(name)
        return ["Putin was mentioned here."]

    reader = Reader(held, Models(low(hotline=0.9), FixedJudge()), folder=Folder(mentions))
    *_, answer = reader.answer("What did Vladimir Putin say of a hotline?", hits_of(held))
    assert looked == ["Vladimir Putin"]
    assert not answer.abstained


def test_it_abstains_where_nothing_was_found() -> None:
    reader = Reader({}, Models(FixedRanker(), FixedJudge()))
    *_, answer = reader.answer("What will be set up?", [])
    assert answer.reason == "Nothing in the files resembles the question."
    assert answer.nearest == ()


def test_the_words_that_answer_are_marked_and_given_short() -> None:
    ranker = FixedRanker({SHARES: 0.9}, spans={SHARES: ("four percent", 0.99)})
    answer = answered("How much did the shares fall?", ranker, files={"a.txt": SHARES})
    (statement,) = answer.statements
    ((start, end),) = statement.highlight
    assert statement.text[start:end] == "four percent"
    assert answer.short == "four percent"


def test_wide_white_space_is_collapsed_and_marks_stay_in_place() -> None:
    wide = "Shares   of a maker of   chocolate fell  by four   percent."
    ranker = FixedRanker({wide: 0.9}, spans={wide: ("four   percent", 0.99)})
    answer = answered("How much did the shares fall?", ranker, files={"a.txt": wide})
    (statement,) = answer.statements
    assert statement.text == "Shares of a maker of chocolate fell by four percent."
    ((start, end),) = statement.highlight
    assert statement.text[start:end] == answer.short == "four percent"
    assert statement.citations[0].quote == wide


def test_words_that_are_not_sure_are_neither_marked_nor_given() -> None:
    ranker = FixedRanker({SHARES: 0.9}, spans={SHARES: ("four percent", 0.1)})
    answer = answered("How much did the shares fall?", ranker, files={"a.txt": SHARES})
    assert answer.statements[0].highlight == ()
    assert answer.short is None


def test_numbers_go_on_from_one_answer_to_the_next() -> None:
    numbering = Numbering()
    first = answered("What will be set up?", low(hotline=0.9), numbering=numbering)
    second = answered("How was the weather?", low(rain=0.9), numbering=numbering)
    third = answered("What about a pact?", low(pact=0.9), numbering=numbering)
    numbers = [answer.citations[0].number for answer in (first, second, third)]
    assert numbers == [1, 1, 2]  # the rain stands on the line of the hotline


def test_two_files_that_tell_different_numbers_are_shown_to_disagree() -> None:
    three = "The summit drew three thousand protesters to the gates."
    nine = "The summit drew nine thousand protesters to the gates."
    files = {"a.txt": three.replace("thousand ", ""), "b.txt": nine.replace("thousand ", "")}
    ranker = FixedRanker(dict.fromkeys(files.values(), 0.9))
    answer = answered("How many protesters came to the summit?", ranker, files=files)
    (disagreement,) = answer.disagreements
    assert {disagreement.first.file, disagreement.second.file} == {"a.txt", "b.txt"}
    assert "three protesters" in disagreement.about
    assert "nine protesters" in disagreement.about
    assert all_verified([disagreement.first, disagreement.second], documents(files))
    assert answer.statements[0].citations[0].number == 1


PRICES = {
    "prices-2022-03.txt": "A ticket costs twelve euros.",
    "prices-2024-01.txt": "A ticket costs fifteen euros.",
}


@pytest.mark.parametrize(
    ("question", "files", "told"),
    [
        ("What does a ticket cost now?", PRICES, True),
        (
            "What does a ticket cost now?",
            {"prices-2022-03.txt": PRICES["prices-2022-03.txt"]},
            False,
        ),
        ("What does a ticket cost now?", dict(zip("ab", PRICES.values(), strict=True)), False),
        ("What does a ticket cost?", PRICES, True),  # they disagree
        ("What does a ticket cost?", dict.fromkeys(PRICES, "A ticket costs fifteen euros."), False),
    ],
)
def test_the_dates_are_told_where_sources_differ_in_them(
    question: str, files: Mapping[str, str], told: bool
) -> None:
    answer = answered(question, FixedRanker(dict.fromkeys(files.values(), 0.9)), files=files)
    note = "prices-2024-01.txt 2024-01, prices-2022-03.txt 2022-03."
    assert any(each.endswith(note) for each in answer.notes) is told


def test_times_are_reported() -> None:
    timings = answered("What will be set up?", low(hotline=0.9)).timings
    assert 0 <= timings.ranking <= timings.answering
    assert timings.first_statement is not None


def test_an_abstention_shows_the_three_nearest_passages() -> None:
    hits = hits_of(documents())
    answer = abstention("Why?", "Because.", hits, Timings())
    assert answer.nearest == tuple(hits[:3])
    assert (answer.reason, answer.text, answer.verdict) == ("Because.", "", None)


class Second(WindowReader):
    """A second stage that finds given words in windows, and is as sure of the window as told."""

    def __init__(self, found: Mapping[str, float]) -> None:
        self.found = found
        self.windows: list[Window] = []
        self.read: list[str] = []

    def spans(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float]
    ) -> list[SpanPrediction]:
        self.windows = list(windows)
        self.read += [window.text for window in windows]
        made = []
        for window in windows:
            words = next((words for words in self.found if words in window.text), "")
            start = max(0, window.text.find(words))
            sure = self.found.get(words, 0.0)
            made.append(SpanPrediction(start, start + len(words), sure, sure))
        return made

    def answerability(
        self, question: str, windows: Sequence[Window], relevances: Sequence[float]
    ) -> float:
        return max(self.found.values(), default=0.0)


def read_twice(question: str, ranker: FixedRanker, second: Second, text: str) -> Answer:
    held = documents({"a.txt": text})
    reader = Reader(held, Models(ranker, FixedJudge(), second))
    *_, answer = reader.answer(question, hits_of(held))
    hold_the_laws(answer, held)
    return answer


def test_the_sentence_of_the_window_that_holds_the_answer_is_quoted() -> None:
    second = Second({"four percent": 0.99})
    ranker = FixedRanker({HOTLINE: 0.9, SHARES: 0.1})
    answer = read_twice("How much did they fall?", ranker, second, f"{HOTLINE} {SHARES}\n")
    assert answer.statements[0].text == SHARES
    assert answer.short == "four percent"
    assert second.windows == [Window(f"{HOTLINE} {SHARES}")]


def test_what_the_second_stage_finds_likelier_comes_first() -> None:
    far = " ".join(f"Nothing of note came on day {n}." for n in ("one", "two", "three"))
    ranker = FixedRanker({RAIN: 0.9, SHARES: 0.5})
    second = Second({"Rain": 0.2, "four percent": 0.9})
    answer = read_twice("What fell?", ranker, second, f"{RAIN} {far} {SHARES}\n")
    assert answer.statements[0].text == SHARES


def test_the_second_stage_decides_whether_anything_answers() -> None:
    ranker = FixedRanker({HOTLINE: 0.99})
    assert read_twice("What will be set up?", ranker, Second({"nowhere": 0.01}), HOTLINE).abstained


FALLS = ("Rain fell.", "Snow fell.", "Hail fell.", "Shares fell.")


@pytest.mark.parametrize(
    ("third", "sure", "read"),
    [
        (0.1, 0.9, FALLS[:2]),  # one answers, and the next are about something else
        (0.1, 0.5, FALLS),  # none answers yet
        (0.6, 0.9, FALLS),  # what is next may tell more, or something else
    ],
)
def test_nothing_more_is_read_once_one_answers_and_the_rest_is_far_behind(
    third: float, sure: float, read: Sequence[str]
) -> None:
    ranker = FixedRanker(dict(zip(FALLS, (0.9, 0.8, third, 0.1), strict=True)))
    second = Second({"Snow": sure})
    files = {f"{number}.txt": text for number, text in enumerate(FALLS)}
    held = documents(files)
    list(Reader(held, Models(ranker, FixedJudge(), second)).answer("What fell?", hits_of(held)))
    assert second.read[:4] == list(read)


DIARY = (
    "Diary\n\n2 January\nFrost. No wind.\n\n4 October\nKarin fell from the ladder. Joost drove.\n"
)


def test_a_date_above_what_happened_is_quoted_with_it() -> None:
    fell = "Diary › 4 October\nKarin fell from the ladder."
    answer = answered("When did Karin fall?", FixedRanker({fell: 0.9}), files={"a.txt": DIARY})
    (statement,) = answer.statements
    assert statement.text == "4 October Karin fell from the ladder."
    assert [citation.quote for citation in answer.citations] == [
        "4 October\nKarin fell from the ladder."
    ]


def test_where_the_words_are_not_sure_the_sentence_that_led_there_is_quoted_too() -> None:
    second = Second({"four percent": 0.45})
    ranker = FixedRanker({HOTLINE: 0.9, SHARES: 0.1})
    answer = read_twice("How much did they fall?", ranker, second, f"{HOTLINE} {SHARES}\n")
    assert answer.statements[0].text == f"{HOTLINE} {SHARES}"
