"""RTF and Jupyter notebooks."""

from papers import notebook
from reading_checks import blocks, read_checked


def test_rtf_headings_paragraphs_tables_and_properties() -> None:
    data = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\stylesheet{\s1\outlinelevel0 heading 1;}}"
        rb"{\info{\title The stated title}{\creatim\yr2021\mo4\dy9}}"
        rb"\pard\s1\outlinelevel0 Members\par\pard Gr\'fc\'dfe \u8220?here\u8221?.\par "
        rb"\trowd Item\cell Price\cell\row Bread\cell 3\cell\row\pard After.\par}"
    )
    reading = read_checked(data, "a.rtf")
    assert blocks(reading) == [
        ("heading1", "Members"),
        ("paragraph", "Grüße “here”."),
        ("header", "Item | Price"),
        ("row", "Bread | 3"),
        ("paragraph", "After."),
    ]
    assert (reading.title, reading.date) == ("The stated title", "2021-04-09")


def test_notebook_cells_are_headings_text_code_and_output() -> None:
    text = (
        "# Rents\nThe rents of\nthis year.\n\n- one\n  2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
        "```\nx\n```"
    )
    data = notebook(
        {"cell_type": "markdown", "source": [text]},
        {
            "cell_type": "code",
            "source": "total = 1\nprint(total)",
            "outputs": [
                {"output_type": "stream", "text": ["1\n"]},
                {"data": {"text/plain": "2", "image/png": "AAAA"}},
            ],
        },
        {"cell_type": "raw", "source": ""},
    )
    reading = read_checked(data, "a.ipynb")
    assert blocks(reading) == [
        ("heading1", "Rents"),
        ("paragraph", "The rents of this year."),
        ("item", "one"),
        ("item1", "2. two"),
        ("header", "a | b"),
        ("row", "1 | 2"),
        ("code", "x"),
        ("code", "total = 1\nprint(total)"),
        ("code", "1"),
        ("code", "2"),
    ]
    assert [block.label for block in reading.blocks][-2:] == ["output", "output"]
    assert reading.title == "Rents"
