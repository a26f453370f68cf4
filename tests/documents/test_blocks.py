"""Plain text and Markdown fall into the parts that a person sees."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summit_qa.documents.blocks import TERM_LEVEL, blocks_of
from summit_qa.documents.corpus import make_document
from summit_qa.documents.outline import context_of


def shapes(text: str) -> list[tuple[str, str]]:
    return [(b.kind, " ".join(text[b.start : b.end].split())) for b in blocks_of(text)]


def contexts(text: str, path: str = "a.txt") -> dict[str, str]:
    document = make_document(path, text.encode())
    return {
        " ".join(document.text[b.start : b.end].split()): context_of(document, b)[1]
        for b in document.blocks
    }


def test_markdown() -> None:
    text = """\
---
author: Ines
---
# Boats

Rowing boats
are slow.

## Prices

| Boat | Hour |
|------|-----:|
| Dinghy | 4 |
| Canoe | 6 |

Rules:
* no dogs
  1. but guide dogs
* no fire

```sh
boats --list
```
> Quoted by
> two lines.
"""
    assert shapes(text) == [
        ("meta", "author: Ines"),
        ("heading", "Boats"),
        ("paragraph", "Rowing boats"),
        ("paragraph", "are slow."),
        ("heading", "Prices"),
        ("header", "| Boat | Hour |"),
        ("row", "| Dinghy | 4 |"),
        ("row", "| Canoe | 6 |"),
        ("paragraph", "Rules:"),
        ("item", "* no dogs"),
        ("item", "1. but guide dogs"),
        ("item", "* no fire"),
        ("code", "boats --list"),
        ("quote", "Quoted by"),
        ("quote", "two lines."),
    ]
    found = contexts(text, "a.md")
    assert found["| Canoe | 6 |"] == "Boats › Prices › | Boat | Hour |"
    assert found["1. but guide dogs"] == "Boats › Prices › Rules: › * no dogs"
    assert found["* no fire"] == "Boats › Prices › Rules:"


LONG = (
    "The committee met on the second Monday of the month in the small hall,\n"
    "and every member had a copy of the accounts for the year that had just\n"
    "ended. Nobody asked about the roof.\n"
)


@pytest.mark.parametrize("prefix", ["", "   ", "\t", "> ", ">> "])
def test_wrapped_lines_are_one_paragraph_under_any_prefix(prefix: str) -> None:
    text = "".join(f"{prefix}{line}" for line in LONG.splitlines(keepends=True))
    (block,) = blocks_of(text)
    assert block.kind == ("quote" if ">" in prefix else "paragraph")
    assert block.level == prefix.count(">")


def test_whether_lines_are_wrapped_is_decided_paragraph_by_paragraph() -> None:
    text = f"{LONG}\nBring:\nbread\ncheese\na knife\n\n{LONG}"
    assert [words for _, words in shapes(text)][1:5] == ["Bring:", "bread", "cheese", "a knife"]
    assert len(blocks_of(text)) == 6


def test_a_word_cut_at_a_line_end_is_whole_in_the_context_of_others() -> None:
    text = "Rules of the old har\u2010\nbour master:\n- pay first\n"
    assert contexts(text)["- pay first"] == "Rules of the old harbour master:"


def test_headings_by_underline_capitals_number_and_standing_alone() -> None:
    text = f"""\
THE CLUB HANDBOOK

1. Members
==========

{LONG}
1.1 Fees

{LONG}
2. BOATS

{LONG}
What may I borrow?

{LONG}
"""
    headings = [words for kind, words in shapes(text) if kind in ("title", "heading")]
    assert headings == [
        "THE CLUB HANDBOOK", "1. Members", "1.1 Fees", "2. BOATS", "What may I borrow?",
    ]  # fmt: skip


def test_numbered_items_are_no_headings() -> None:
    text = "Steps for the evening:\n\n1. Close the windows\n\n2. Lock the door\n\n3. Go home\n"
    assert [kind for kind, _ in shapes(text)][1:] == ["item", "item", "item"]


def test_a_label_holds_for_what_is_indented_below_it() -> None:
    text = f"""\
OPTIONS
    --dry-run
        Tells the tool to say what it would do and to leave every file as
        it is.

    -o, --output FILE
        Writes there.

{LONG}"""
    labels = [b.level for b in blocks_of(text) if b.kind == "heading"]
    assert labels[-2:] == [TERM_LEVEL + 4, TERM_LEVEL + 4]
    found = contexts(text)
    assert found["Writes there."].endswith("-o, --output FILE")
    assert "--output" not in found[" ".join(LONG.split())]


def test_the_first_column_labels_the_second() -> None:
    text = (
        "Mon   Paint the fence\n      buy brushes\nTue   Rest day for all\nWed   Sand the floor\n"
    )
    found = contexts(text)
    assert found["buy brushes"] == "Mon"
    assert found["Rest day for all"] == "Tue"


def test_turns_have_their_speaker_and_the_question_that_they_answer() -> None:
    text = """\
Present: Ada Holt (AH), the founder

JK: When did you begin?

AH: In the spring.

JK: And who helped?

AH: My sister did.
"""
    kinds = [(b.kind, b.label) for b in blocks_of(text)]
    assert kinds[1:] == [("turn", "JK"), ("turn", "AH"), ("turn", "JK"), ("turn", "AH")]
    found = contexts(text)
    assert "Ada Holt (AH)" in found["AH: My sister did."]
    assert found["AH: My sister did."].endswith("JK: And who helped?")


def test_an_answer_is_read_under_its_question() -> None:
    found = contexts("Q: May I fish?\nA: Yes, with a licence.\n\nQ: And swim?\nA: No.\n")
    assert found["A: Yes, with a licence."] == "Q: May I fish?"
    assert found["A: No."] == "Q: And swim?"


def test_feet_of_printed_pages_are_left_out() -> None:
    page = "{0}\nHolt                 Standards                [Page {1}]\n\f\nRFC 1   Boats\n\n"
    text = "".join(page.format(LONG, number) for number in range(1, 5)) + LONG
    assert {words for _, words in shapes(text)} == {" ".join(LONG.split())}


def test_an_item_goes_on_where_a_number_was_moved_to_the_next_line() -> None:
    text = (
        "  a) The keeper states every year what has been paid under the section\n"
        "     12. The rest is for the members to decide at the annual meeting.\n"
        "  b) The keeper resigns.\n"
    )
    assert [kind for kind, _ in shapes(text)] == ["item", "item"]


CHARACTER = st.sampled_from(list(" \n\r\t.:?#>-*=|`1aA\u2010\f<"))


@given(st.text(CHARACTER, max_size=120))
def test_blocks_are_trimmed_slices_in_order(text: str) -> None:
    blocks = blocks_of(text)
    for block in blocks:
        words = text[block.start : block.end]
        assert words == words.strip() != ""
    for first, second in pairwise(blocks):
        assert first.end <= second.start
    kept = "".join(text[b.start : b.end] for b in blocks)
    if "\f" not in text and "<" not in text and "`" not in text:
        assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]
