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


def test_the_table_tells_lines_size_passages_and_state(quick: Assistant) -> None:
    write(quick.settings.corpus, {"a.txt": "One.\nTwo.\n", "b.txt": "Three."})
    (quick.settings.corpus / "broken.txt").write_bytes(b"\x00\x01\x02")
    quick.sync()
    html = corpus_tab.files_table(quick.generation, quick.report)
    assert "2 files, 16 bytes" in html
    assert '>a.txt</button></td><td class="number">2</td><td class="number">10 bytes</td>' in html
    assert "<td>new</td>" in html
    assert "1 file not read" in html
    assert "broken.txt" in html
    write(quick.settings.corpus, {"a.txt": "One.\nTwo.\nThree.\n"})
    quick.sync()
    html = corpus_tab.files_table(quick.generation, quick.report)
    assert "<td>changed</td>" in html
    assert "<td>read</td>" in html


def test_the_table_can_be_narrowed_by_name(quick: Assistant) -> None:
    write(quick.settings.corpus, {"alpha.txt": "One.", "beta.txt": "Two."})
    quick.sync()
    html = corpus_tab.files_table(quick.generation, quick.report, "ALPHA")
    assert "alpha.txt" in html
    assert "beta.txt" not in html
    assert "No file has that" in corpus_tab.files_table(quick.generation, quick.report, "gamma")


def test_an_empty_folder_says_so(quick: Assistant) -> None:
    assert "No file was found" in corpus_tab.files_table(quick.generation, SyncReport())


def test_the_reader_lights_the_line_and_numbers_every_line() -> None:
    documents = {"a.txt": make_document("a.txt", b"One\n<b>Two</b>\nThree")}
    html = corpus_tab.reader(documents, "a.txt", 2)
    assert html.count('class="line-number"') == 3
    lit = html.split("data-lit")[1].split("</div>")[0]
    assert "&lt;b&gt;Two&lt;/b&gt;" in lit
    assert html.count("data-lit") == 1


@pytest.mark.parametrize("line", [-5, 0, 1, 3, 999])
def test_a_line_that_is_not_there_opens_the_nearest(line: int) -> None:
    documents = {"a.txt": make_document("a.txt", b"One\nTwo\nThree")}
    assert "data-lit" in corpus_tab.reader(documents, "a.txt", line)


def test_a_file_that_has_gone_is_said_to_have() -> None:
    assert "no longer part of the corpus" in corpus_tab.reader({}, "../../etc/passwd", 1)


def test_a_long_file_is_shown_around_the_line_with_ways_on() -> None:
    document = make_document("a.txt", "\n".join(f"Line {n}" for n in range(1, 5_001)).encode())
    html = corpus_tab.reader({"a.txt": document}, "a.txt", 2_500)
    assert 'id="L2500"' in html
    assert html.count("line-text") == 400
    assert "Earlier lines" in html
    assert "Later lines" in html
    assert "Later lines" not in corpus_tab.reader({"a.txt": document}, "a.txt", 5_000)


def test_search_results_open_at_their_line() -> None:
    passage = Passage("p", "a.txt", Span(4, 9, 2, 2), "<i>words</i>")
    html = corpus_tab.search_results([Hit(passage, 0.5, {"dense": 1, "bm25": 3})])
    assert "a.txt:2" in html
    assert "&lt;i&gt;" in html
    assert "by meaning: rank 1, by words: rank 3" in html
    assert "Nothing was found" in corpus_tab.search_results([])


def test_a_report_is_told_in_a_line() -> None:
    report = SyncReport(added=("a", "b"), removed=("c",), passages=7, seconds=1.24)
    assert corpus_tab.report_in_words(report) == "2 added, 1 removed; 7 passages, in 1.2 s."
    assert corpus_tab.report_in_words(SyncReport()).startswith("Nothing has changed")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/a.txt", "a.txt"),
        ("C:\\files\\a.TXT", "a.TXT"),
        ("u\u0308ber.md", "\u00fcber.md"),
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
