"""HTML and EPUB: main content, its structure, and what is left out."""

import pytest
from papers import PROSE, epub
from reading_checks import blocks, pages, read_checked

from summit_qa.documents.corpus import make_document
from summit_qa.documents.formats import PARSED
from summit_qa.documents.outline import context_of


def of(body: str, head: str = "") -> list[tuple[str, str]]:
    return blocks(
        read_checked(f"<html><head>{head}</head><body>{body}</body></html>".encode(), "a")
    )


def test_headings_paragraphs_lists_and_quotes() -> None:
    found = of(
        "<h1>Top</h1><p>A <b>bold</b>\n word.</p><h3>Below</h3>"
        "<ul><li>one<ul><li>within</li></ul></li><li><p>two</p><p>and on</p></li></ul>"
        "<ol start=3><li>third<li>fourth</ol><blockquote><p>Said.</p></blockquote>Loose text"
    )
    assert found == [
        ("heading1", "Top"),
        ("paragraph", "A bold word."),
        ("heading3", "Below"),
        ("item", "one"),
        ("item1", "within"),
        ("item", "two"),
        ("paragraph1", "and on"),
        ("item", "3. third"),
        ("item", "4. fourth"),
        ("quote1", "Said."),
        ("paragraph", "Loose text"),
    ]


def test_tables_have_headers_and_cells_over_rows_and_columns() -> None:
    found = of(
        "<table><caption>Rates</caption><thead><tr><th>Room<th>Day<th>Night</thead>"
        "<tr><td rowspan=2>Hall<td>12<td>20<tr><td colspan=2>closed</table>"
        "<table><tr><td><h2>Only layout</h2><td>side</table>"
    )
    assert found == [
        ("paragraph", "Rates"),
        ("header", "Room | Day | Night"),
        ("row", "Hall | 12 | 20"),
        ("row", "Hall | closed"),
        ("heading2", "Only layout"),
        ("paragraph", "side"),
    ]


def test_terms_are_joined_with_what_is_briefly_said_of_them() -> None:
    assert of("<dl><dt>Published:<dd>March 2022<dt>--all<dd>Everything.<dt>Empty:</dl>") == [
        ("item", "Published: March 2022"),
        ("item", "--all"),
        ("item1", "Everything."),
        ("item", "Empty:"),
    ]


def test_a_numbered_term_keeps_its_number() -> None:
    found = of("<ol><li><dl><dt>Redistribution<dd>It is free.</dl><li>Source</ol>")
    assert found == [
        ("item1", "1. Redistribution"),
        ("item2", "It is free."),
        ("item", "2. Source"),
    ]


def test_listings_keep_their_lines() -> None:
    assert of("<pre>  a\n    b</pre>") == [("code", "a\n  b")]


def test_only_the_main_content_is_read() -> None:
    menu = '<ul class="menu"><li><a href=/>Home</a><li><a href=/b>Shop</a></ul>'
    found = of(
        f"<nav>Menu</nav><header>Brand</header>{menu}<div hidden>no</div>"
        '<div style="display: none">no</div><script>no()</script><p aria-hidden=true>no</p>'
        f"<p>{PROSE}</p><form><button>Go</button></form><footer>Imprint</footer>"
    )
    assert found == [("paragraph", PROSE.strip())]
    assert of(f"<div>Teaser</div><main><p>{PROSE * 2}</p></main>") == [
        ("paragraph", (PROSE * 2).strip())
    ]


def test_a_page_of_menus_only_is_read_after_all() -> None:
    assert of("<nav><a href=/>Home</a></nav>") == [("paragraph", "Home")]


def test_permalinks_are_no_part_of_a_heading() -> None:
    assert of('<h2>Colours<a href="#x">¶</a></h2>') == [("heading2", "Colours")]


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2024-02-18T10:00">',
        '<meta name="DC.date" content="2024-02-18">',
    ],
)
def test_title_and_date_are_what_the_page_states(head: str) -> None:
    page = f"<html><head><title>A  page</title>{head}</head><body><p>x</p></body></html>"
    reading = read_checked(page.encode(), "a.html")
    assert (reading.title, reading.date) == ("A page", "2024-02-18")


@pytest.mark.parametrize(
    "data",
    [
        '<html><meta charset="iso-8859-1"><p>Größe „x“'.encode("cp1252"),
        "<html><p>Größe „x“".encode(),
        "<html><p>Größe „x“".encode("utf-16"),
        "\ufeff<html><p>Größe „x“".encode(),
    ],
)
def test_the_encoding_is_found(data: bytes) -> None:
    assert blocks(read_checked(data, "a.html")) == [("paragraph", "Größe „x“")]


def test_chapters_are_pages_in_the_order_of_the_spine() -> None:
    data = epub({"z.xhtml": "<h1>First</h1><p>One.</p>", "a.xhtml": "", "b.xhtml": "<p>Three.</p>"})
    reading = read_checked(data, "book.epub")
    assert pages(reading) == ["First\nOne.\n", "", "Three.\n"]
    assert (reading.title, reading.date, reading.reader) == (
        "The Book",
        "2019-02-03",
        PARSED["epub"],
    )


def test_terms_that_share_what_is_said_of_them_are_one_item() -> None:
    found = of("<dl><dt>-a<dt>--all<dd><p>Take all.<p>Really.<dt>Published:<dd>March 2022</dl>")
    assert found == [
        ("item", "-a, --all"),
        ("item1", "Take all."),
        ("paragraph1", "Really."),
        ("item", "Published: March 2022"),
    ]


def test_a_title_that_says_what_the_first_heading_says_is_given_once() -> None:
    page = "<title>{}</title><h1>Feeding a starter</h1><h2>When</h2><p>Twice a day, with rye.</p>"
    for title, context in (
        ("Feeding a starter | Crumb and Crust", "Feeding a starter | Crumb and Crust › When"),
        ("a starter", "Feeding a starter › When"),
        ("Crumb and Crust", "Crumb and Crust › Feeding a starter › When"),
    ):
        document = make_document("a.html", page.format(title).encode())
        assert context_of(document, document.blocks[-1])[1] == context
