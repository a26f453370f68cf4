"""Data kept as text: the document is the file, and blocks are slices of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_checks import check

from summit_qa.documents.formats.plain import blocks_of
from summit_qa.documents.formats.reading import Reading

FORMATS = ("csv", "tsv", "json", "jsonl", "yaml", "xml", "srt", "vtt", "ics", "code", "ini")


def of(text: str, format: str) -> list[tuple[str, str, str]]:
    """Kind, label and text of each block."""
    return [(b.kind, b.label, text[b.start : b.end]) for b in blocks_of(text, format)]


def test_records_of_a_table_and_cells_over_several_lines() -> None:
    text = 'name;note\r\nAda;"two\r\nlines; one"\r\nBo;\r\n\r\n'
    assert of(text, "csv") == [
        ("header", "", "name;note"),
        ("row", "", 'Ada;"two\r\nlines; one"'),
        ("row", "", "Bo;"),
    ]


def test_a_table_of_numbers_has_no_header() -> None:
    assert [kind for kind, _, _ in of("1\t2\n3\t4\n", "tsv")] == ["row", "row"]


def test_inches_within_a_cell_open_no_quote() -> None:
    assert len(of('item,size\nbicycle,20" wide\nbell,1\n', "csv")) == 3


def test_doubled_quotes_and_line_ends_within_a_cell() -> None:
    text = 'name;notes\n"Canoe ""Kelpie""";"red, with\nwhite stripe"\n"";""\nPunt;\n'
    assert [words for _, _, words in of(text, "csv")] == [
        "name;notes",
        '"Canoe ""Kelpie""";"red, with\nwhite stripe"',
        '"";""',
        "Punt;",
    ]


def test_each_value_of_json_on_one_long_line_is_a_block() -> None:
    text = (
        '{"boats":[{"name":"Ailsa","crew":{"cox":null,"size":4}},["a"]],"note":"' + "x" * 160 + '"}'
    )
    assert of(text, "json")[:4] == [
        ("paragraph", "boats › name", '"name":"Ailsa"'),
        ("paragraph", "boats › crew › cox", '"cox":null'),
        ("paragraph", "boats › crew › size", '"size":4'),
        ("paragraph", "boats", '"a"'),
    ]


def test_json_lines_are_labelled_with_their_keys() -> None:
    text = (
        '{\n "booking": {\n  "deposit": {"percent": 20},\n  "days": [\n   1,\n   "two: three"\n'
        '  ]\n },\n "open": true\n}'
    )
    assert of(text, "json") == [
        ("paragraph", "booking › deposit › percent", '"deposit": {"percent": 20},'),
        ("paragraph", "booking › days", "1,"),
        ("paragraph", "booking › days", '"two: three"'),
        ("paragraph", "open", '"open": true'),
    ]
    assert [label for _, label, _ in of('{"a": 1}\n{"b": "x"}\n', "jsonl")] == ["a", "b"]


def test_yaml_lines_are_labelled_with_their_keys() -> None:
    text = (
        "# Rooms\nbooking:\n  deposit:\n    percent: 20  # at least\n  rooms:\n  - name: Hall\n"
        "    seats: 80\n  - name: Attic\nnote: |\n  two\n  lines\nurl: http://a.example/b\n"
    )
    assert of(text, "yaml") == [
        ("paragraph", "", "# Rooms"),
        ("paragraph", "booking › deposit › percent", "percent: 20  # at least"),
        ("paragraph", "booking › rooms › name", "- name: Hall"),
        ("paragraph", "booking › rooms › seats", "seats: 80"),
        ("paragraph", "booking › rooms › name", "- name: Attic"),
        ("paragraph", "note", "two"),
        ("paragraph", "note", "lines"),
        ("paragraph", "url", "url: http://a.example/b"),
    ]


def test_xml_text_is_labelled_with_its_elements() -> None:
    text = "<?xml version='1.0'?><!-- no --><a><b x='1'>One <i>two</i></b><c/><![CDATA[<raw>]]></a>"
    assert of(text, "xml") == [
        ("paragraph", "a › b", "One"),
        ("paragraph", "a › b › i", "two"),
        ("paragraph", "a", "<raw>"),
    ]


def test_subtitles_are_cues_with_their_speaker() -> None:
    text = (
        "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nWe walk from Polperro\nto Looe.\n\n"
        "00:03.000 --> 00:04.000\n<v Dave Bell>Can we stop?\n\n"
        "00:05.000 --> 00:06.000\n[DAVE] My boots.\n\n00:07.000 --> 00:08.000\nBryony: No.\n"
    )
    assert of(text, "vtt") == [
        ("paragraph", "", "We walk from Polperro\nto Looe."),
        ("turn", "Dave Bell", "<v Dave Bell>Can we stop?"),
        ("turn", "DAVE", "[DAVE] My boots."),
        ("turn", "Bryony", "Bryony: No."),
    ]


def test_events_are_labelled_with_their_summary() -> None:
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART:20240622T150000\r\n"
        "SUMMARY:Street party\\, all\r\n  day\r\nLOCATION:Weir Street\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nSUMMARY:Swifts\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert of(text, "ics") == [
        ("paragraph", "Street party, all day", "DTSTART:20240622T150000"),
        ("paragraph", "Street party, all day", "SUMMARY:Street party\\, all\r\n  day"),
        ("paragraph", "Street party, all day", "LOCATION:Weir Street"),
        ("paragraph", "Swifts", "SUMMARY:Swifts"),
    ]


def test_code_is_labelled_with_what_it_is_indented_below() -> None:
    text = "class Boat:\n    def row(self):\n        pull()\n\n        rest()\n\n\nx = 1\n"
    assert of(text, "code") == [
        ("code", "", "class Boat:\n    def row(self):\n        pull()"),
        ("code", "class Boat: › def row(self):", "rest()"),
        ("code", "", "x = 1"),
    ]


def test_sections_of_settings_are_headings() -> None:
    assert of("# Mine\n[server]\nport = 80\n", "ini") == [
        ("paragraph", "", "# Mine"),
        ("heading", "", "[server]"),
        ("paragraph", "", "port = 80"),
    ]


def test_other_text_is_left_to_others() -> None:
    assert blocks_of("# Heading\n\nText.", "text") == ()


PIECES = [
    *('"', "'", ",", ";", ":", ": ", "- ", "{", "}", "[", "]", "<", ">", "/", "a", "bc ", "1", "é"),
    *(
        "\n",
        "\r\n",
        "\r",
        " ",
        "  ",
        "\t",
        "#",
        "|",
        "<a>",
        "</a>",
        "<!--",
        "-->",
        "00:01.000 --> ",
    ),
    *("BEGIN:VEVENT\n", "SUMMARY:", "END:VEVENT\n", "\u2028", "\\"),
]


@pytest.mark.parametrize("format", FORMATS)
@given(parts=st.lists(st.sampled_from(PIECES), max_size=60))
def test_blocks_of_any_text_are_in_order_and_trimmed(format: str, parts: list[str]) -> None:
    text = "".join(parts)
    check(Reading(text, blocks_of(text, format)))
