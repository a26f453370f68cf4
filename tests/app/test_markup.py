from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summit_qa.app import markup


class Seen(HTMLParser):
    """The tags and the text of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text())
def test_any_text_is_shown_as_text_and_makes_no_tag(value: str) -> None:
    seen = Seen(f"<p>{markup.text(value)}</p>")
    assert seen.tags == ["p"]
    steered = markup._STEERING.sub("\N{REPLACEMENT CHARACTER}", value)
    assert seen.text == steered


@given(st.text(), st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50)), max_size=6))
def test_marking_keeps_every_letter_and_adds_only_its_own_tag(
    value: str, ranges: list[tuple[int, int]]
) -> None:
    html = markup.marked(value, ranges, "mark")
    assert set(Seen(html).tags) <= {"mark"}
    bare = html.replace("<mark>", "").replace("</mark>", "")
    assert unescape(bare) == unescape(markup.text(value))


def test_ranges_that_overlap_are_marked_once() -> None:
    assert markup.marked("abcdef", [(1, 4), (2, 5)], "b") == "a<b>bcd</b><b>e</b>f"


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\x00", "\x1b", "\u2028"])
def test_what_turns_or_breaks_the_writing_is_made_visible(character: str) -> None:
    assert markup.text(f"a{character}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_two_names_that_look_alike_do_not_on_the_page() -> None:
    assert markup.name("pay\u200bload.txt") != markup.name("payload.txt")
    assert "\N{REPLACEMENT CHARACTER}" in markup.name("pay\u200bload.txt")


def test_the_payload_of_a_button_cannot_leave_its_attribute() -> None:
    hostile = "'\"><img src=x onerror=alert(1)>"
    html = f"<button {markup.send('open', file=hostile, line=3)}>x</button>"
    seen = Seen(html)
    assert seen.tags == ["button"]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (1, "1 byte"),
        (812, "812 bytes"),
        (2_700, "2.7 KB"),
        (31_000_000, "31 MB"),
        (5 * 10**12, "5000 GB"),
    ],
)
def test_sizes_are_told_in_words(size: int, words: str) -> None:
    assert markup.bytes_in_words(size) == words


@pytest.mark.parametrize(("done", "total", "percent"), [(0, 0, 0), (1, 3, 33), (5, 4, 100)])
def test_a_progress_bar_stays_between_nothing_and_all(done: int, total: int, percent: int) -> None:
    assert f'aria-valuenow="{percent}"' in markup.progress_bar(done, total, "<b>")
    assert "<b>" not in markup.progress_bar(done, total, "<b>")


def test_columns_of_numbers_are_set_right() -> None:
    html = markup.table("Files", ("File", "#Lines"), [("a", "1")])
    assert '<th scope="col" class="number">Lines</th>' in html
    assert '<td class="number">1</td>' in html
