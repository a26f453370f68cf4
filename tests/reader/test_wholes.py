"""What is quoted is whole: lists with their lead-in, rows with columns, answers with questions."""

import pytest

from summit_qa.documents.corpus import make_document
from summit_qa.documents.outline import shown
from summit_qa.documents.passages import passages_of, sentences_of
from summit_qa.reader.wholes import Whole, whole_of
from summit_qa.types import Document, Sentence

LIST = """\
# Packing

Bring the following things:

- a tent
- **two** ropes
- one lamp

That is all.
"""
TABLE = """\
| Week | Topic | Room |
|-----:|-------|------|
| 1–3 | Hand building | C6 |
| 9 | Reading week | – |
"""
FAQ = """\
Q: May I keep hens?
A: Yes, up to six, but no cockerel. Rabbits are allowed as well.

Q: Is there a shop?
A: The hut sells seeds on Saturdays.
"""
TALK = """\
MT: What was your first job on board?

AL: Deck boy on the St Ola. I got eleven pounds a week.

MT: When did you become a captain?

AL: In May 1988. I was thirty-five.
"""
PLAIN = "The water is metered. It is turned off in November. Ask the warden.\n"


def sentence(document: Document, words: str) -> Sentence:
    return next(
        it
        for passage in passages_of(document)
        for it in sentences_of(passage, document)
        if words in it.text
    )


def whole(text: str, words: str, *, wide: bool = False, name: str = "a.md") -> Whole:
    document = make_document(name, text.encode())
    made = whole_of(sentence(document, words), document, wide=wide)
    assert words in document.text[made.start : made.end] or "?" in words
    return made


def test_a_list_is_its_lead_in_and_its_items() -> None:
    made = whole(LIST, "Bring the following")
    assert made.text == "Bring the following things: a tent; two ropes; one lamp"
    assert whole(LIST, "ropes", wide=True).text == made.text


def test_one_item_is_shown_under_its_lead_in() -> None:
    made = whole(LIST, "ropes")
    assert (made.text, made.under) == ("two ropes", "Bring the following things:")


def test_a_title_is_no_lead_in() -> None:
    assert whole("# Packing\n\nTake a tent.\n\nTake a rope.\n", "Packing").text.endswith("Packing")


def test_a_row_has_its_column_names() -> None:
    assert whole(TABLE, "Hand building").text == "Week: 1–3; Topic: Hand building; Room: C6"


def test_a_row_of_csv_too_and_empty_cells_are_left_out() -> None:
    made = whole('sku,name,note\nA1,"Box, small",\nA2,Folder,red\n', "Box", name="a.csv")
    assert made.text == "sku: A1; name: Box, small"


def test_a_line_of_a_log_is_quoted_as_it_stands_commas_and_all() -> None:
    lines = [f"2024-03-11 08:15:0{at},377 ERROR ledger   call {at} failed" for at in range(6)]
    assert whole("\n".join(lines), "call 3", name="a.log").text == lines[3]


@pytest.mark.parametrize(("text", "asked", "answer"), [
    (FAQ, "May I keep hens?", "Yes, up to six, but no cockerel. Rabbits are allowed as well."),
    (TALK, "When did you become a captain?", "In May 1988. I was thirty-five."),
])  # fmt: skip
def test_for_a_question_the_answer_that_follows_is_quoted(
    text: str, asked: str, answer: str
) -> None:
    made = whole(text, asked, name="a.txt")
    assert answer in made.text
    assert asked in made.under


def test_an_answer_is_whole_and_under_its_question() -> None:
    made = whole(TALK, "Deck boy", name="a.txt")
    assert "eleven pounds" in made.text
    assert "What was your first job on board?" in made.under


def test_a_sentence_that_leans_on_the_one_before_brings_it_along() -> None:
    assert whole(PLAIN, "turned off").text == "The water is metered. It is turned off in November."
    assert whole(PLAIN, "Ask").text == "Ask the warden."


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("- [ ] **Rosalind:** order\n  scaffolding", "Rosalind: order scaffolding"),
        ("> > quoted\n>> reply", "quoted reply"),
        ("2 ** 3 and a_b_c and __init__", "2 ** 3 and a_b_c and init"),
        ("1. Switch it off", "1. Switch it off"),
        ("–5 degrees - cold", "–5 degrees - cold"),
    ],
)
def test_marks_are_not_shown(raw: str, clean: str) -> None:
    assert shown(raw) == clean


def test_short_prose_that_may_answer_together_is_quoted_together() -> None:
    text = (
        "# Walk\n\nTwo towers stand there. Ships use them.\n\nThat is why. "
        + "Sand and more. " * 30
    )
    document = make_document("a.md", text.encode())
    sentences = [it for passage in passages_of(document) for it in sentences_of(passage, document)]
    towers = next(at for at, it in enumerate(sentences) if "towers" in it.text)
    long, short = tuple(sentences[towers:]), tuple(sentences[towers : towers + 3])
    whole = whole_of(sentences[towers], document, runs=(long, short))
    assert whole.text == "Two towers stand there. Ships use them. That is why."
    assert document.text[whole.start : whole.end].endswith("That is why.")
    assert whole_of(sentences[towers], document, runs=(long,)).text == "Two towers stand there."
