"""Plain text and Markdown fall into the parts that a person sees."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summit_qa.documents.blocks import TERM_LEVEL, blocks_of
from summit_qa.documents.corpus import make_document
from summit_qa.documents.outline import context_of


def shapes(text: str, markup: str = "") -> list[tuple[str, str]]:
    return [(b.kind, " ".join(text[b.start : b.end].split())) for b in blocks_of(text, markup)]


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


def test_a_table_of_contents_is_no_text() -> None:
    text = f"""\
HARBOUR RULES

Contents

   1. Berths . . . . . . . . . . . 3
   2. Fees . . . . . . . . . . . . 4
   Appendix: Forms . . . . . . . . 9

1. Berths

{LONG}
2. Fees

{LONG}
"""
    document = make_document("rules.txt", text.encode())
    words = [document.text[b.start : b.end] for b in document.blocks]
    assert [w for w in words if len(w) < 40] == ["HARBOUR RULES", "1. Berths", "2. Fees"]


def test_a_list_under_contents_that_names_no_section_stays() -> None:
    text = f"Contents\n\n- two oars\n- a rope\n- an anchor\n\n{LONG}"
    assert "- an anchor" in contexts(text)


def test_the_title_of_printed_text_stands_in_the_middle() -> None:
    text = f"""\
Harbour Board                                                  E. Holt
Paper: 17                                                     May 2021

                     Mooring in the Inner Basin

1.  Scope

{LONG}
"""
    assert [w for k, w in shapes(text) if k == "title"] == ["Mooring in the Inner Basin"]
    assert contexts(text)[" ".join(LONG.split())] == "Mooring in the Inner Basin › 1. Scope"


def test_tags_around_the_words_of_a_block_are_left_out() -> None:
    text = f'<h1 align="center">Boats &amp; oars</h1>\n\n<p>{LONG}</p>\n\n<h2>Prices</h2>\n\n{LONG}'
    found = shapes(text)
    assert found[0] == ("title", "Boats &amp; oars")
    assert found[1] == ("paragraph", " ".join(LONG.split()))
    assert found[2] == ("heading", "Prices")


def test_names_with_an_initial_are_no_items() -> None:
    assert shapes(f"K. Solheim, D. Marchetti\n\n{LONG}")[0][0] != "item"
    letters = "A. The boat\n\nB. The oars\n\n"
    assert [kind for kind, _ in shapes(LONG + "\n" + letters)][1:] == ["item", "item"]


def test_numbered_sentences_are_no_headings_and_numbered_titles_are() -> None:
    sentence = "2.1 Changes have to be made in writing."
    text = f"2. ORDER\n\n{sentence}\n\n{LONG}\n2.2. Terms of Use.\n\n{LONG}"
    kinds = {words: kind for kind, words in shapes(text)}
    assert kinds[sentence] == "paragraph"
    assert kinds["2.2. Terms of Use."] == "heading"


def test_a_section_may_begin_with_a_numbered_list() -> None:
    text = f"{LONG}\n4.2. Procedure\n\n1. Ask the keeper.\n\n2. Wait.\n"
    assert contexts(text)["2. Wait."].endswith("4.2. Procedure")


def test_a_label_too_long_for_its_column_labels_what_stands_below() -> None:
    text = """\
  -h, --help         Say what can be asked for and leave every file
                     as it is.
  --with-alternative FILE
                     Write the second best there.
"""
    found = contexts(text)
    assert found["Write the second best there."] == "--with-alternative FILE"
    assert next(f for f in found if f.startswith("Say what")).endswith("as it is.")


def test_an_answer_is_read_under_what_the_interviewer_said_last() -> None:
    text = "\n\n".join(
        (
            "JK: Where were you born?",
            "AH: On the island.",
            "JK: When did you begin?",
            "AH: In the spring. Why do you ask?",
            "JK: And who helped?",
            "AH: My sister did.",
            "JK: People still talk about the storm.",
            "AH: Aye. We lost the mast.",
        )
    )
    assert contexts(text)["AH: Aye. We lost the mast."] == "JK: People still talk about the storm."


def test_paragraphs_within_an_item_belong_to_it() -> None:
    text = (
        "1. Issue statements.\n\n   These may be withdrawn.\n\n2. Elect a leader.\n\nThat is all.\n"
    )
    found = contexts(text)
    assert found["These may be withdrawn."].endswith("1. Issue statements.")
    assert "Elect" not in found["That is all."]


def test_a_lead_in_holds_for_what_it_introduced_and_no_more() -> None:
    text = "For example:\n\n```\nboats --list\n```\n\n- no dogs\n- no fire\n"
    found = contexts(text, "a.md")
    assert found["boats --list"] == "For example:"
    assert found["- no dogs"] == ""


def test_lines_that_begin_alike_have_no_title() -> None:
    log = "2024-05-01 10:00:00 server started\n2024-05-01 10:00:07 boat 4 is late\n"
    assert [kind for kind, _ in shapes(log)] == ["paragraph", "paragraph"]


def test_entries_of_a_changelog_are_headings_of_what_is_set_in_below() -> None:
    text = (
        "boats (2.1) stable; urgency=low\n\n  * Oars are longer.\n\n -- Ada Holt\n\n"
        "boats (2.0) stable; urgency=low\n\n  * First version.\n\n -- Ada Holt\n"
    )
    found = contexts(text)
    assert found["* First version."] == "boats (2.0) stable; urgency=low"
    assert found["* Oars are longer."] == "boats (2.1) stable; urgency=low"


def test_pictures_alone_are_no_text() -> None:
    text = f"# Boats\n\n[![CI](https://x.example/a.svg)](https://x.example)\n![b](c.png)\n\n{LONG}"
    assert [kind for kind, _ in shapes(text)] == ["title", "paragraph"]


def test_markups_have_their_sections_and_hide_their_commands() -> None:
    tex = "\\documentclass{article}\n\\title{Boats}\n\\section{Oars}\n% note\nOf oak.\n"
    assert shapes(tex, "tex") == [("title", "Boats"), ("heading", "Oars"), ("paragraph", "Of oak.")]
    org = "#+TITLE: Boats\n* Oars\n:PROPERTIES:\n- of oak\n** Care\nOil them.\n"
    assert [kind for kind, _ in shapes(org, "org")] == [
        "title", "heading", "item", "heading", "paragraph",
    ]  # fmt: skip
    adoc = "= Boats\n:toc:\n\n== Oars\n\n// note\nOf oak.\n"
    assert shapes(adoc, "adoc") == [
        ("title", "Boats"),
        ("heading", "Oars"),
        ("paragraph", "Of oak."),
    ]
    rst = (
        "Boats\n=====\n\n.. code-block:: sh\n\n   row --fast\n\n"
        "For example::\n\n   row\n\nEnd it.\n"
    )
    assert [kind for kind, _ in shapes(rst, "rst")] == [
        "title", "code", "paragraph", "code", "paragraph",
    ]  # fmt: skip


def test_the_first_of_several_releases_or_chapters_is_no_title() -> None:
    text = f"2.1.0 (2024)\n============\n\n{LONG}\n2.0.0 (2023)\n============\n\nFirst.\n"
    assert contexts(text)["First."] == "2.0.0 (2023)"
    assert contexts(f"2. Boats\n========\n\n{LONG}")[" ".join(LONG.split())] == "2. Boats"


def test_pages_of_a_wiki_have_their_own_titles() -> None:
    text = "= Canoe =\n\nLight.\n\n= = Paddles = =\n\nOf ash.\n\n= Punt =\n\n==Poles==\nLong.\n"
    found = contexts(text)
    assert found["Of ash."] == "Canoe › Paddles"
    assert found["Long."] == "Punt › Poles"


def test_a_question_and_the_line_below_it_are_a_question_and_its_answer() -> None:
    text = "# Club\n\n**What does it cost?**\n40 euros a year.\n\n**May I sell?**\nNo. Never.\n"
    assert shapes(text)[1:] == [
        ("question", "**What does it cost?**"),
        ("answer", "40 euros a year."),
        ("question", "**May I sell?**"),
        ("answer", "No. Never."),
    ]
    assert contexts(text)["No. Never."] == "Club › May I sell?"


def test_of_two_questions_in_a_row_the_first_is_not_answered_by_the_second() -> None:
    assert [kind for kind, _ in shapes("Who came?\nWho left?\n")] == ["paragraph", "paragraph"]


@pytest.mark.parametrize("blank", ["", "\n"])
def test_dates_above_the_entries_of_a_diary_are_headings(blank: str) -> None:
    text = f"Diary\n\n2 January\n{blank}Frost. No wind.\n\n4 October 2021\n{blank}Began picking.\n"
    found = contexts(text)
    assert found["Frost. No wind."] == "Diary › 2 January"
    assert found["Began picking."] == "Diary › 4 October 2021"


def test_the_one_date_of_a_letter_is_a_line_like_others() -> None:
    assert ("heading", "4 October 2021") not in shapes("4 October 2021\nDear Ada, rain again.\n")


CONTENTS = """\
Handbook

1 Getting started . . . . . . . . . . . 1
1.1 What the harbour is for, and who
may use it . . . . . . . . . . . . . .  1
1.2 Fees . . . . . . . . . . . . . . . 2

2 Berths .............................. 7
2.1 Visitors .......................... 7

1 Getting started

{LONG}

1.2 Fees

Twelve euros a night.

2 Berths

Forty.
"""


def test_dotted_entries_whose_pages_rise_are_no_text() -> None:
    told = contexts(CONTENTS.format(LONG=LONG))
    assert not [words for words in told if ". . ." in words or "may use it" in words]
    assert "Twelve euros a night." in told
    assert " ".join(LONG.split()) in told


@pytest.mark.parametrize("prices", [(4, 2, 9, 3, 2), (10, 25, 50, 120, 300)], ids=str)
def test_dotted_prices_stay_also_where_they_rise(prices: tuple[int, ...]) -> None:
    stays = zip(("1 day", "3 days", "1 week", "1 month", "1 season"), prices, strict=True)
    fees = "\n".join(f"{stay} ........ {price}" for stay, price in stays)
    told = " ".join(contexts(f"Fees\n\n{fees}\n\nAsk in the office for a week or two.\n"))
    assert f"1 month ........ {prices[3]}" in told


@pytest.mark.timeout(60)
@pytest.mark.parametrize("filler", [".", ". ", "....  "])
def test_a_line_of_endless_dots_is_not_read_from_each_of_them(filler: str) -> None:
    dots = f"The fee is twelve euros. {filler * 60_000} so"
    assert any("twelve euros" in words for words in contexts(f"Fees\n\n{dots}\n"))
