"""PDF: reading order, paragraphs, headings, tables, what repeats on each page."""

import pytest
from papers import PROSE, pdf, picture_pdf, wrapped
from reading_checks import blocks, pages, read_checked

from summit_qa.documents.formats import PARSED, read
from summit_qa.documents.formats.reading import Unreadable


def test_wrapped_lines_are_one_paragraph_and_a_gap_begins_another() -> None:
    reading = read_checked(
        pdf([[*wrapped(PROSE, 72, 760, 300), *wrapped("Another one. " + PROSE, 72, 600, 300)]]), "a"
    )
    assert blocks(reading) == [
        ("paragraph", PROSE.strip()),
        ("paragraph", "Another one. " + PROSE.strip()),
    ]
    assert reading.reader == PARSED["pdf"]


def test_two_columns_are_read_one_after_the_other_whatever_was_drawn_first() -> None:
    left = wrapped("Left column: " + PROSE * 3, 60, 700, 220)
    right = wrapped("Right column: " + PROSE * 3, 320, 700, 220)
    drawn = [string for pair in zip(right, left, strict=False) for string in pair]
    drawn += left[len(right) :] + right[len(left) :]
    title = (60, 760, 22, "A headline that stands across both columns")
    found = blocks(read_checked(pdf([[*drawn, title]]), "a"))
    assert [kind for kind, _ in found] == ["heading1", "paragraph", "paragraph"]
    assert found[1][1] == "Left column: " + (PROSE * 3).strip()
    assert found[2][1] == "Right column: " + (PROSE * 3).strip()


def test_a_table_is_rows_of_cells_with_a_header() -> None:
    rows = [
        ("Item", "2022", "2023"),
        ("Rent of the hall", "6,000", "6,600"),
        ("Repairs", "10", "5"),
    ]
    strings = [
        (x, 600 - 16 * number, 10, cell)
        for number, row in enumerate(rows)
        for x, cell in zip((72, 260, 360), row, strict=True)
    ]
    reading = read_checked(pdf([[*wrapped(PROSE, 72, 760, 400), *strings]]), "a")
    assert blocks(reading)[1:] == [
        ("header", "Item | 2022 | 2023"),
        ("row", "Rent of the hall | 6,000 | 6,600"),
        ("row", "Repairs | 10 | 5"),
    ]


def test_a_table_that_begins_with_figures_has_no_header() -> None:
    rows = [("Rent of the hall", "6,000"), ("Repairs of boats", "7,980")]
    strings = [
        (x, 600 - 16 * number, 10, cell)
        for number, row in enumerate(rows)
        for x, cell in zip((72, 260), row, strict=True)
    ]
    found = blocks(read_checked(pdf([[*wrapped(PROSE, 72, 760, 400), *strings]]), "a"))
    assert found[1:] == [("row", "Rent of the hall | 6,000"), ("row", "Repairs of boats | 7,980")]


def test_a_cell_over_two_lines_is_one_cell_of_one_row() -> None:
    strings = [
        *((72, 600, 10, "Place"), (200, 600, 10, "What is there")),
        *((72, 580, 10, "Mill"), (200, 580, 10, "A bridge that is closed")),
        (200, 568, 10, "until the autumn"),
        *((72, 548, 10, "Chapel"), (200, 548, 10, "Tables for the party")),
    ]
    found = blocks(read_checked(pdf([[*wrapped(PROSE, 72, 760, 400), *strings]]), "a"))
    assert found[2:] == [
        ("row", "Mill | A bridge that is closed until the autumn"),
        ("row", "Chapel | Tables for the party"),
    ]


def test_headings_are_told_by_size_by_weight_and_by_the_outline() -> None:
    page = [
        (72, 780, 20, "The whole report"),
        (72, 740, 14, "A part of it"),
        *wrapped(PROSE, 72, 715, 400),
        (72, 650, 10, "A bold heading", "Helvetica-Bold"),
        *wrapped(PROSE, 72, 630, 400),
        (72, 560, 10, "Named in the outline only"),
        *wrapped(PROSE, 72, 530, 400),
    ]
    reading = read_checked(pdf([page], outline=[(0, "Named in the outline only", 0)]), "a")
    assert [each for each in blocks(reading) if each[0].startswith("heading")] == [
        ("heading1", "The whole report"),
        ("heading2", "A part of it"),
        ("heading3", "A bold heading"),
        ("heading1", "Named in the outline only"),
    ]
    assert reading.title == "The whole report"


def test_a_stated_title_and_date_win() -> None:
    data = pdf([[*wrapped(PROSE, 72, 760, 400)]], title="What the file says")
    reading = read_checked(data, "a")
    assert reading.title == "What the file says"
    assert reading.date == "2000-01-01"  # of files that are made to be the same each time


def test_what_repeats_on_each_page_is_left_out_and_empty_pages_keep_their_number() -> None:
    def page(number: int) -> list[tuple[object, ...]]:
        head = (72, 810, 9, f"Chapter {number % 2 + 1}: names of chapters        {number}")
        return [
            head,
            (280, 30, 9, f"Page {number} of 6"),
            *wrapped(f"{number}. {PROSE}", 72, 700, 400),
        ]

    made = pdf([page(1), page(2), [], page(4), page(5), page(6)])
    reading = read_checked(made, "a")
    assert "Chapter" not in reading.text
    assert "Page" not in reading.text
    assert [text[:2] for text in pages(reading)] == ["1.", "2.", "", "4.", "5.", "6."]


def test_divided_words_are_made_whole_and_compounds_keep_their_hyphen() -> None:
    lines = ["The cooperative of residents wants to take the shop over and has prom-",
             "ised the money for a well-known and long-standing self-"]  # fmt: skip
    strings = [(72, 700 - 13 * n, 10, line) for n, line in enumerate([*lines, "Service shop."])]
    ((_, text),) = blocks(read_checked(pdf([strings]), "a"))
    assert "has promised the money for a well-known and long-standing self-Service shop." in text


def test_items_lose_their_bullet_and_keep_their_number() -> None:
    strings = [
        *wrapped(PROSE, 72, 760, 400),
        *((80, 690, 10, "\u2022"), (92, 690, 10, "bring your own chairs")),
        *((80, 675, 10, "\u2022"), (92, 675, 10, "come early")),
        *((80, 650, 10, "1."), (95, 650, 10, "Switch it off")),
    ]
    assert blocks(read_checked(pdf([strings]), "a"))[1:] == [
        ("item", "bring your own chairs"),
        ("item", "come early"),
        ("item", "1. Switch it off"),
    ]


def test_a_listing_keeps_its_lines_and_indentation() -> None:
    listing = ["def half(x):", "    return x / 2", "", "half(4)"]
    strings = [
        (72 + 6 * (len(line) - len(line.lstrip())), 650 - 12 * n, 10, line.lstrip(), "Courier")
        for n, line in enumerate(listing)
        if line
    ]
    found = blocks(read_checked(pdf([[*wrapped(PROSE, 72, 760, 400), *strings]]), "a"))
    assert found[1] == ("code", "def half(x):\n    return x / 2\nhalf(4)")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (picture_pdf(12), "12 pages of images, no text; run OCR first"),
        (picture_pdf(1), "1 page of images, no text; run OCR first"),
        (pdf([[], []]), "2 pages without text"),
        (
            pdf([[(72, 700, 10, "x")]], password="p"),
            "an encrypted PDF; save it without its password first",
        ),
    ],
)
def test_what_has_no_text_is_refused_with_a_reason_that_helps(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=f"^{reason}$"):
        read(data, "a.pdf")


def test_a_paragraph_goes_on_in_the_next_column_and_on_the_next_page() -> None:
    text = (PROSE * 3).strip()
    words = text.split()
    first, second, third = (" ".join(part) for part in (words[:40], words[40:75], words[75:]))
    note = (60, 60, 7, "1 Oak from Powys, seasoned for two years.")
    reading = read_checked(
        pdf(
            [
                [*wrapped(first, 60, 700, 220), *wrapped(second, 320, 700, 220), note],
                [*wrapped(third, 60, 760, 470), (60, 600, 10, "Another paragraph.")],
            ]
        ),
        "a",
    )
    assert blocks(reading) == [
        ("paragraph", text),
        ("paragraph", "1 Oak from Powys, seasoned for two years."),
        ("paragraph", "Another paragraph."),
    ]
    assert pages(reading)[1] == "Another paragraph.\n"


def test_a_numbered_heading_is_as_deep_as_its_number() -> None:
    strings = [
        (72, 760, 20, "Oak"),
        (72, 720, 14, "2 Beams"),
        (72, 690, 14, "2.1 Seasoning"),
        *wrapped(PROSE, 72, 660, 400),
    ]
    assert [kind for kind, _ in blocks(read_checked(pdf([strings]), "a"))][:3] == [
        "heading1", "heading2", "heading2",
    ]  # fmt: skip


def test_a_paragraph_set_in_below_an_item_belongs_to_it() -> None:
    strings = [
        *wrapped(PROSE, 72, 760, 400),
        (80, 660, 10, "1. Free use"),
        *wrapped(PROSE, 95, 640, 380),
        *wrapped(PROSE, 72, 560, 400),
    ]
    kinds = [kind for kind, _ in blocks(read_checked(pdf([strings]), "a"))]
    assert kinds == ["paragraph", "item", "paragraph1", "paragraph"]


def test_centred_lines_and_a_page_number_do_not_hide_two_columns() -> None:
    left, right = (
        wrapped(f"{side} " + PROSE * 4, x, 690, 205) for side, x in (("Left", 72), ("Right", 302))
    )
    centred = [
        (250, 760, 10, "Boats and oars"),
        (272, 740, 10, "Ada Holt"),
        (279, 725, 10, "Powys"),
    ]
    found = blocks(read_checked(pdf([[*centred, *left, *right, (284, 40, 10, "- 9 -")]]), "a"))
    assert [words for _, words in found[-2:]] == [
        f"{side} {(PROSE * 4).strip()}" for side in ("Left", "Right")
    ]


def test_a_line_names_what_is_set_in_below_it() -> None:
    strings = [
        *wrapped(PROSE, 72, 760, 400),
        (72, 640, 10, "-f, --force"),
        *wrapped(PROSE, 100, 625, 380),
        (72, 560, 10, "For example:"),
        (100, 540, 10, "boats --force"),
    ]
    kinds = [kind for kind, _ in blocks(read_checked(pdf([strings]), "a"))]
    assert kinds == ["paragraph", "item", "paragraph1", "paragraph", "paragraph"]
