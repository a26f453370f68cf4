import pytest

from summit_qa.app.source import source
from summit_qa.documents.corpus import make_document

THREE = make_document("a.txt", b"One\n<b>Two</b>\nThree")


def test_the_line_is_lit_and_every_line_numbered() -> None:
    html = source(THREE, 2)
    assert html.count('class="line-number"') == 3
    lit = html.split("data-lit")[1].split("</div>")[0]
    assert "&lt;b&gt;Two&lt;/b&gt;" in lit
    assert html.count("data-lit") == 1


def test_the_quoted_words_are_marked_on_each_of_their_lines() -> None:
    start = THREE.text.index("Two")
    html = source(THREE, 2, [(start, len(THREE.text))])
    assert "&lt;b&gt;<mark>Two&lt;/b&gt;</mark>" in html
    assert "<mark>Three</mark>" in html
    assert html.count("data-lit") == 2


def test_a_file_that_is_only_opened_has_no_line_lit() -> None:
    assert "data-lit" not in source(THREE, None)


@pytest.mark.parametrize("line", [-5, 0, 1, 3, 999])
def test_a_line_that_is_not_there_opens_the_nearest(line: int) -> None:
    assert "data-lit" in source(THREE, line)


def test_a_file_that_has_gone_is_said_to_have() -> None:
    assert "no longer in the folder" in source(None, 1)


def test_a_long_file_is_shown_around_the_line_with_ways_on() -> None:
    document = make_document("a.txt", "\n".join(f"Line {n}" for n in range(1, 5_001)).encode())
    html = source(document, 2_500)
    assert 'id="L2500"' in html
    assert html.count('class="line-text"') == 400
    assert "Earlier lines" in html
    assert "Later lines" in html
    assert "Later lines" not in source(document, 5_000)


def test_a_very_long_line_is_cut_around_what_is_marked() -> None:
    document = make_document("a.txt", b"x " * 20_000 + b"here" + b" y" * 20_000)
    html = source(document, 1, [(40_000, 40_004)])
    assert "<mark>here</mark>" in html
    assert len(html) < 20_000


def test_beside_an_answer_there_is_a_way_back_and_on() -> None:
    html = source(THREE, 1, beside=True)
    assert "Back to the answer" in html
    assert 'data-step="1"' in html
    assert "Back to the answer" not in source(THREE, 1)


def test_lines_of_one_paragraph_are_kept_together_and_rows_are_not() -> None:
    text = (
        b"A line that goes on and on until there is no more room on it at\nall, and ends.\n\nEnd."
    )
    assert source(make_document("a.txt", text), 1).count('class="paragraph"') == 2
    table = source(make_document("a.csv", b"a,b\n1,2\n3,4\n"), 1)
    assert 'class="paragraph"' not in table
    assert 'class="line-text fixed"' in table
