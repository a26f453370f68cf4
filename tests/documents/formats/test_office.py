"""Word, PowerPoint, Excel and OpenDocument."""

from datetime import date

from papers import PROSE, W, docx, odt, paragraph, pptx, shape, table, xlsx
from reading_checks import blocks, pages, read_checked

from summit_qa.documents.formats import PARSED
from summit_qa.documents.formats.xlsx import shown


def test_word_styles_are_title_headings_and_quotes() -> None:
    body = (
        paragraph("The report", "T")
        + paragraph("Contents 3", "Toc")
        + paragraph("Members", "H1")
        + paragraph("Young ones", "H2")
        + paragraph("A chapter of our own", "Own")
        + paragraph(PROSE)
        + paragraph("Said once", "Q")
    )
    reading = read_checked(docx(body), "a.docx")
    assert blocks(reading) == [
        ("title", "The report"),
        ("heading1", "Members"),
        ("heading2", "Young ones"),
        ("heading1", "A chapter of our own"),
        ("paragraph", PROSE.strip()),
        ("quote1", "Said once"),
    ]
    assert (reading.title, reading.date, reading.reader) == (
        "Stated title",
        "2024-03-01",
        PARSED["docx"],
    )


def test_word_lists_have_the_numbers_that_word_shows() -> None:
    body = "".join(
        paragraph(text, number=place)
        for text, place in [
            ("first", (1, 0)), ("within", (1, 1)), ("also within", (1, 1)), ("second", (1, 0)),
            ("anew", (1, 1)), ("a point", (2, 0)),
        ]
    )  # fmt: skip
    body += paragraph("deeper by its style", "LB2")
    assert blocks(read_checked(docx(body), "a")) == [
        ("item", "1. first"),
        ("item1", "1.a) within"),
        ("item1", "1.b) also within"),
        ("item", "2. second"),
        ("item1", "2.a) anew"),
        ("item", "a point"),
        ("item1", "deeper by its style"),
    ]


def test_word_tables_are_rows_and_footnotes_follow_their_paragraph() -> None:
    note = '<w:p><w:r><w:t>Noted.</w:t><w:footnoteReference w:id="3"/></w:r></w:p>'
    footnotes = (
        f'<w:footnotes {W}><w:footnote w:id="3"><w:p><w:r><w:t>Below.</w:t></w:r></w:p>'
        "</w:footnote></w:footnotes>"
    )
    body = note + table(("Item", "2022", ""), ("Rent", "6,000", "")) + paragraph("After.")
    assert blocks(read_checked(docx(body, footnotes=footnotes), "a")) == [
        ("paragraph", "Noted."),
        ("paragraph", "Below."),
        ("header", "Item | 2022"),
        ("row", "Rent | 6,000"),
        ("paragraph", "After."),
    ]


def test_deleted_and_hidden_words_are_not_read_and_inserted_ones_are() -> None:
    body = (
        "<w:p><w:del><w:r><w:delText>gone</w:delText><w:t>gone too</w:t></w:r></w:del>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
        "<w:ins><w:r><w:t>Seen</w:t><w:tab/><w:t>here</w:t></w:r></w:ins></w:p>"
    )
    assert blocks(read_checked(docx(body), "a")) == [("paragraph", "Seen here")]


def test_slides_are_pages_with_title_text_from_the_top_and_notes() -> None:
    first = shape("body", "One point", "Another", top=500) + shape("title", "Plans")
    data = pptx(first, shape("title", "Unseen"), shape("body", "Alone", top=9), hidden=[2],
                notes={1: "Say this slowly."})  # fmt: skip
    reading = read_checked(data, "a.pptx")
    assert blocks(reading) == [
        ("heading1", "Plans"),
        ("item", "One point"),
        ("item", "Another"),
        ("paragraph", "Say this slowly."),
        ("paragraph", "Alone"),
    ]
    assert [bool(text) for text in pages(reading)] == [True, False, True]
    assert (reading.title, reading.date) == ("Plans", "2024-05-06")


def test_sheets_are_pages_with_a_header_row_and_values_as_shown() -> None:
    sheets = {
        "Prices": [["Price list"], ["Item", "Price", "From"], ["Bread", 3.2, date(2024, 5, 1)],
                   [None], ["Share", 0.075, None]],
        "Empty": [],
        "Numbers": [[1, 2], [3, 4]],
    }  # fmt: skip
    reading = read_checked(xlsx(sheets, {"B3": "£#,##0.00", "B5": "0.0%"}), "a.xlsx")
    assert blocks(reading) == [
        ("heading1", "Prices"),
        ("paragraph", "Price list"),
        ("header", "Item | Price | From"),
        ("row", "Bread | £3.20 | 2024-05-01"),
        ("row", "Share | 7.5%"),
        ("heading1", "Empty"),
        ("heading1", "Numbers"),
        ("row", "1 | 2"),
        ("row", "3 | 4"),
    ]
    assert len(reading.page_starts) == 3
    assert reading.title == "Prices"


def test_numbers_are_shown_as_their_format_says() -> None:
    assert shown(1234567.0) == "1234567"
    assert shown(0.1 + 0.2) == "0.3"
    assert shown(1234.5, "#,##0.00") == "1,234.50"
    assert shown(1234.5, '#,##0.00 "€"') == "1,234.50 €"
    assert shown(12, "0%") == "1200%"
    assert shown(True) == "TRUE"
    assert shown(None) == ""


def test_open_document_headings_lists_tables_and_notes() -> None:
    body = (
        '<text:p text:style-name="Title">The title</text:p>'
        '<text:h text:outline-level="2">A part</text:h>'
        "<text:p>One<text:s/>two"
        "<text:note><text:note-body><text:p>A note.</text:p></text:note-body></text:note>"
        "<text:tracked-changes>gone</text:tracked-changes> three</text:p>"
        "<text:list><text:list-item><text:p>outer</text:p><text:list><text:list-item>"
        "<text:p>inner</text:p></text:list-item></text:list></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>Item</text:p></table:table-cell>"
        "<table:table-cell><text:p>Price</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:table-cell><text:p>Bread</text:p></table:table-cell>"
        "<table:table-cell><text:p>3</text:p></table:table-cell></table:table-row></table:table>"
    )
    reading = read_checked(odt(body), "a.odt")
    assert blocks(reading) == [
        ("title", "The title"),
        ("heading2", "A part"),
        ("paragraph", "One two three"),
        ("paragraph", "A note."),
        ("item", "outer"),
        ("item1", "inner"),
        ("header", "Item | Price"),
        ("row", "Bread | 3"),
    ]
    assert (reading.title, reading.date) == ("Stated title", "2023-07-08")


def test_open_document_sheets_are_pages_with_a_header_and_blank_cells() -> None:
    def row(*cells: str) -> str:
        return "<table:table-row>" + "".join(cells) + "</table:table-row>"

    def cell(text: str, kind: str = "string", times: int = 1) -> str:
        return (
            f'<table:table-cell office:value-type="{kind}" '
            f'table:number-columns-repeated="{times}"><text:p>{text}</text:p></table:table-cell>'
        )

    blank = '<table:table-cell table:number-columns-repeated="2"/>'
    body = (
        '<table:table table:name="Boats">'
        + row(cell("Prices of 2024"))
        + row(cell("Boat"), cell("Hour"), cell("Deposit"), cell("Note"))
        + row(cell("Canoe"), blank, cell("hull cracked"))
        + row(
            cell("4.50", "currency", 2), '<table:table-cell table:number-columns-repeated="9999"/>'
        )
        + '</table:table><table:table table:name="Rules">'
        + row(cell("No dogs"))
        + "</table:table>"
    )
    reading = read_checked(odt(body, kind="spreadsheet"), "a.ods")
    assert blocks(reading) == [
        ("heading1", "Boats"),
        ("paragraph", "Prices of 2024"),
        ("header", "Boat | Hour | Deposit | Note"),
        ("row", "Canoe |  |  | hull cracked"),
        ("row", "4.50 | 4.50"),
        ("heading1", "Rules"),
        ("paragraph", "No dogs"),
    ]
    assert len(reading.page_starts) == 2


def test_open_document_slides_are_pages_with_their_title() -> None:
    frame = '<draw:frame presentation:class="{}"><draw:text-box>{}</draw:text-box></draw:frame>'
    slide = frame.format("title", "<text:p>Boats</text:p>") + frame.format(
        "outline",
        "<text:list><text:list-item><text:p>Canoe</text:p></text:list-item></text:list>",
    )
    last = frame.format("", "<text:p>End</text:p>")
    body = f"<draw:page>{slide}</draw:page><draw:page>{last}</draw:page>"
    reading = read_checked(odt(body, kind="presentation"), "a.odp")
    assert blocks(reading) == [("heading1", "Boats"), ("item", "Canoe"), ("paragraph", "End")]
    assert len(reading.page_starts) == 2


def test_merged_cells_say_the_same_in_each_of_their_rows() -> None:
    from io import BytesIO

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    for row in (["Group", "Age"], ["Juniors", "under 12"], [None, "12 to 16"], ["Adults", "all"]):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    target = BytesIO()
    book.save(target)
    found = blocks(read_checked(target.getvalue(), "a.xlsx"))
    assert found[2:] == [
        ("row", "Juniors | under 12"),
        ("row", "Juniors | 12 to 16"),
        ("row", "Adults | all"),
    ]
    sheet.unmerge_cells("A2:A3")
    for _ in range(5):
        sheet.append(["Guests", "all"])
    sheet.merge_cells("A9:A10")
    sheet["B10"] = "on Sundays"
    target = BytesIO()
    book.save(target)
    assert blocks(read_checked(target.getvalue(), "a.xlsx"))[-1] == ("row", "Guests | on Sundays")
    cell = "<w:tc><w:tcPr>{}</w:tcPr><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    rows = (
        (cell.format("", "Item"), cell.format('<w:gridSpan w:val="2"/>', "Number")),
        (cell.format('<w:vMerge w:val="restart"/>', "Vests"), cell.format("", "adult")),
        (cell.format("<w:vMerge/>", ""), cell.format("", "child")),
    )
    body = "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows)
    assert blocks(read_checked(docx(f"<w:tbl>{body}</w:tbl>"), "a.docx"))[1:] == [
        ("row", "Vests | adult"),
        ("row", "Vests | child"),
    ]


def test_the_style_before_a_tracked_change_does_not_count() -> None:
    body = (
        '<w:p><w:pPr><w:pStyle w:val="H1"/><w:pPrChange w:id="1"><w:pPr><w:pStyle w:val="Q"/>'
        "</w:pPr></w:pPrChange></w:pPr><w:r><w:t>Members</w:t></w:r></w:p>"
    ) + paragraph(PROSE)
    assert blocks(read_checked(docx(body), "a.docx"))[0] == ("heading1", "Members")
