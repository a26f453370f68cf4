import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from doubles import write
from summit_qa.app import corpus_tab
from summit_qa.app.options import AppOptions
from summit_qa.assistant import Assistant
from summit_qa.documents.corpus import make_document
from summit_qa.errors import CorpusError
from summit_qa.types import Hit, Passage, Span, SyncReport

OPTIONS = AppOptions()


def test_the_table_tells_length_size_and_what_is_new(quick: Assistant) -> None:
    write(quick.settings.corpus, {"a.txt": "One.\nTwo.\n", "b.md": "# A title\n\nThree."})
    (quick.settings.corpus / "broken.txt").write_bytes(b"\x00\x01\x02")
    quick.sync()
    html = corpus_tab.files_table(quick.generation, quick.report)
    assert "2 files, 27 bytes" in html
    assert '<td class="number">2 lines</td><td class="number">10 bytes</td>' in html
    assert html.index("A title") < html.index('<span class="file">b.md</span>')
    assert "badge" not in html  # of a first reading nothing is new
    assert "1 file not read" in html
    assert "broken.txt" in html
    assert "passage" not in html
    write(quick.settings.corpus, {"a.txt": "One.\nTwo.\nThree.\n"})
    quick.sync()
    html = corpus_tab.files_table(quick.generation, quick.report)
    assert html.count('<span class="badge">changed</span>') == 1


def test_the_table_can_be_narrowed_by_name_or_title(quick: Assistant) -> None:
    write(quick.settings.corpus, {"alpha.txt": "One.", "beta.md": "# Harvest\n\nTwo."})
    quick.sync()
    html = corpus_tab.files_table(quick.generation, quick.report, "ALPHA")
    assert "alpha.txt" in html
    assert "beta.md" not in html
    assert "beta.md" in corpus_tab.files_table(quick.generation, quick.report, "harvest")
    assert "No file is called that" in corpus_tab.files_table(
        quick.generation, quick.report, "gamma"
    )


def test_what_was_not_read_is_told_once_for_each_reason(quick: Assistant) -> None:
    write(quick.settings.corpus, {"a.txt": "One."})
    for at in range(6):
        (quick.settings.corpus / f"photo{at}.png").write_bytes(bytes(range(32)) * 40)
    quick.sync()
    html = corpus_tab.files_table(quick.generation, quick.report)
    assert html.count("binary") == 1
    assert "<small>6 files</small>" in html
    assert html.count('class="unread"') == 6
    assert html.index("photo3.png") < html.index("<summary>and 2 more") < html.index("photo4.png")


def test_only_what_the_visitor_added_and_nobody_changed_has_a_way_to_go(quick: Assistant) -> None:
    write(quick.settings.corpus, {"a.txt": "Mine.", "b.txt": "Changed.", "c.txt": "Not mine."})
    quick.sync()
    mine = {"a.txt": hashlib.sha256(b"Mine.").hexdigest(), "b.txt": "0" * 64}
    html = corpus_tab.files_table(quick.generation, quick.report, added=mine)
    assert 'aria-label="Remove a.txt"' in html
    assert html.count('data-send-form="remove"') == 1
    assert "Remove" not in corpus_tab.files_table(quick.generation, quick.report)


def test_an_empty_folder_says_so(quick: Assistant) -> None:
    assert "no document yet" in corpus_tab.files_table(quick.generation, SyncReport())


def found(text: str, **ranks: int) -> Hit:
    return Hit(Passage("p", "a.txt", Span(4, 4 + len(text), 2, 2), text), 0.5, ranks)


def test_search_results_open_at_their_line_and_say_why_they_were_found() -> None:
    html = corpus_tab.search_results([found("<i>words</i>", dense=1, bm25=3)], "Words?", {})
    assert "a.txt:2" in html
    assert "&lt;i&gt;<mark>words</mark>&lt;/i&gt;" in html
    assert "has “words” · near in meaning" in html
    assert "rank" not in html


def test_what_has_neither_the_words_nor_the_meaning_is_not_found() -> None:
    far = found("Something else.", dense=9)
    assert "Nothing in the files" in corpus_tab.search_results([far], "the tariff of tea", {})
    assert "Nothing in the files" in corpus_tab.search_results([], "tea", {})
    near = found("Something else.", dense=2)
    assert "near in meaning" in corpus_tab.search_results([near], "tea", {})
    # The first of a folder in which nothing is about it is not near.
    unlike = replace(near, cosine=0.2)
    assert "Nothing in the files" in corpus_tab.search_results([unlike], "tea", {})
    assert "near in meaning" in corpus_tab.search_results([replace(near, cosine=0.4)], "tea", {})


def test_a_row_that_was_found_keeps_its_line() -> None:
    table = make_document("a.csv", b"boat,crew\nHeron,4\nTern,2\n")
    passage = Passage("p", "a.csv", Span(0, len(table.text), 1, 3), table.text)
    hit = Hit(passage, 0.5, {"bm25": 1})
    html = corpus_tab.search_results([hit], "heron", {"a.csv": table})
    assert '<p class="cited fixed" dir="auto"><mark>Heron</mark>,4</p>' in html


def test_a_report_is_told_in_a_line() -> None:
    report = SyncReport(added=("a", "b"), removed=("c",), passages=7, seconds=1.24)
    assert corpus_tab.report_in_words(report) == "2 added, 1 removed, in 1.2 s."
    assert corpus_tab.report_in_words(SyncReport()).startswith("Nothing has changed")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/a.txt", "a.txt"),
        ("C:\\files\\a.TXT", "a.TXT"),
        ("u\u0308ber.md", "\u00fcber.md"),
        ("plan.ods", "plan.ods"),
        ("<b>x</b>.txt", "b>.txt"),
    ],
)
def test_an_upload_keeps_its_last_name_only(given: str, kept: str) -> None:
    assert corpus_tab.checked_name(given, OPTIONS) == kept


@pytest.mark.parametrize(
    "given",
    ["", ".", "..", ".txt", ".hidden.txt", "a.exe", "a", "a.zip", "x" * 200 + ".txt",
     "a\u202etxt.txt", "a\x00.txt", "a\n.txt", "a.txt/"],
)  # fmt: skip
def test_a_name_that_hides_or_is_no_text_is_refused(given: str) -> None:
    with pytest.raises(CorpusError):
        corpus_tab.checked_name(given, OPTIONS)


def test_an_upload_is_kept_byte_for_byte_and_nothing_else_is_left(tmp_path: Path) -> None:
    data = "Ünïcode\r\n".encode()
    assert corpus_tab.add_file(tmp_path, "a.txt", data, OPTIONS) == "a.txt"
    assert (tmp_path / "a.txt").read_bytes() == data
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\x7fELF\x00\x00\x01" * 40, ""),
        (b"x" * 101, "at most"),
    ],
)
def test_what_is_no_text_or_too_large_is_refused(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(CorpusError, match=f"(?i){why}"):
        corpus_tab.add_file(tmp_path, "a.txt", data, AppOptions(upload_bytes=100))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_not_even_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine", encoding="utf-8")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").symlink_to(outside)
    with pytest.raises(CorpusError, match="already has a file"):
        corpus_tab.add_file(corpus, "a.txt", b"other", OPTIONS)
    assert outside.read_text(encoding="utf-8") == "mine"


def test_the_folder_has_a_limit_too(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x" * 90)
    with pytest.raises(CorpusError, match="full"):
        corpus_tab.add_file(tmp_path, "b.txt", b"x" * 20, AppOptions(corpus_bytes=100))


def test_a_folder_that_has_gone_gives_one_line(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        corpus_tab.add_file(tmp_path / "missing", "a.txt", b"x", OPTIONS)
