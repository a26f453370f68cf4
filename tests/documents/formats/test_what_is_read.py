"""What a file is, how a folder, an upload and one file alone agree, and what is read again."""

import gzip
import importlib
from dataclasses import replace
from pathlib import Path

import papers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_checks import check

from summit_qa.app.corpus_tab import add_file
from summit_qa.app.options import AppOptions
from summit_qa.documents import corpus
from summit_qa.documents.corpus import make_document, read_corpus
from summit_qa.documents.formats import PARSED, format_of, read
from summit_qa.documents.formats.reading import Builder, Limits, Unreadable, iso_date, joined
from summit_qa.documents.lines import line_starts, line_text
from summit_qa.errors import CorpusError
from summit_qa.types import Document

PDF = papers.pdf([papers.wrapped(papers.PROSE, 72, 760, 400)])
DOCX = papers.docx(papers.paragraph(papers.PROSE))
HTML = f"<!doctype html>\n<html><title>T</title><p>{papers.PROSE}</html>".encode()
MAIL = b"Received: x\r\nFrom: a@b.example\r\nSubject: s\r\nTo: c@d.example\r\n\r\nHello.\r\n"
EVERY = {
    "a.pdf": PDF,
    "a.docx": DOCX,
    "a.pptx": papers.pptx(papers.shape("title", "One")),
    "a.xlsx": papers.xlsx({"S": [["a", "b"]]}),
    "a.odt": papers.odt("<text:p>One</text:p>"),
    "a.html": HTML,
    "a.epub": papers.epub({"a.xhtml": "<p>One</p>"}),
    "a.eml": MAIL,
    "a.rtf": rb"{\rtf1 One\par}",
    "a.ipynb": papers.notebook({"cell_type": "markdown", "source": "One"}),
}


@pytest.mark.parametrize("name", EVERY)
def test_a_file_is_told_by_its_bytes_whatever_its_name(name: str) -> None:
    format = name.removeprefix("a.")
    assert format_of(EVERY[name], name) == format
    if format != "ipynb":  # which is JSON like any other
        assert format_of(EVERY[name], "no-suffix") == format
        assert format_of(EVERY[name], "wrong.json") == format
    assert read(EVERY[name], name).reader == PARSED[format]
    assert format_of(gzip.compress(EVERY[name]), name + ".gz") == "gzip"


@pytest.mark.parametrize(
    ("name", "data", "format"),
    [
        ("a.csv", b"a,b\n", "csv"),
        ("a.yml", b"a: b\n", "yaml"),
        ("A.JSON", b"{}", "json"),
        ("notes.md", b"<h1>Title</h1>\n\nText.", "text"),
        ("letter.txt", b"From: me\nTo: you\nSubject: x\nDate: now\n\nDear you,", "text"),
        ("letter", b"From: me\nTo: you\n\nDear you,", "text"),
        ("names", b"MZ and BM are letters too, and ID3 begins a line.", "text"),
        ("bm.txt", b"BM is short for benchmark.", "text"),
        ("script.py", b"import os\n", "code"),
        ("empty", b"", "text"),
    ],
)
def test_text_stays_text(name: str, data: bytes, format: str) -> None:
    assert format_of(data, name) == format


def test_each_reader_calls_itself_what_the_table_says() -> None:
    for format, reader in PARSED.items():
        if format != "gzip":
            module = importlib.import_module(f"summit_qa.documents.formats.{format}")
            assert reader == module.READER


def test_text_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus.Isolated, "_started", None)
    for name in ("a.txt", "b.md", "c.csv", "d.json", "e.ics"):
        (tmp_path / name).write_text("x,y\n1,2\n")
    assert len(read_corpus(tmp_path).documents) == 5


def test_packed_text_says_that_it_was_packed() -> None:
    document = make_document("a.csv.gz", gzip.compress(b"a,b\r\n1,2\r\n"))
    assert document.reader == PARSED["gzip"]  # "text" would promise that the text is the file
    assert [block.kind for block in document.blocks] == ["header", "row"]
    assert make_document("a.pdf.gz", gzip.compress(PDF)).reader == PARSED["pdf"]


def test_folder_upload_and_single_file_agree(tmp_path: Path) -> None:
    parsed = {name: EVERY[name] for name in ("a.pdf", "a.docx", "a.eml")}
    files = parsed | {"p.png.txt": b"\x89PNG\r\n\x1a\n\0", "t.txt": b"Text.", "z.json": b"\0\0\0"}
    uploads = tmp_path / "uploads"
    folder = tmp_path / "folder"
    uploads.mkdir()
    folder.mkdir()
    taken = set()
    for name, data in files.items():
        (folder / name).write_bytes(data)
        try:
            taken.add(add_file(uploads, name, data, AppOptions()))
        except CorpusError:
            continue
    in_folder = {document.path: document for document in read_corpus(folder).documents}
    assert set(in_folder) == taken == set(files) - {"p.png.txt", "z.json"}
    for name, document in in_folder.items():
        assert make_document(name, files[name]) == document


def test_lines_of_a_reading_are_its_blocks(tmp_path: Path) -> None:
    document = make_document("a.docx", DOCX)
    assert document.line_starts == line_starts(document.text)
    assert line_text(document, 1) == papers.PROSE.strip()
    assert (document.encoding, document.size) == ("", len(DOCX))
    assert document.title == "Stated title"


def test_unchanged_files_are_not_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF)
    (tmp_path / "b.txt").write_text("Text.")
    (tmp_path / "c.docx").write_bytes(DOCX)
    before = {(d.path, d.sha256): d for d in read_corpus(tmp_path).documents}
    asked: list[str] = []
    parsed: list[str] = []
    plain = corpus.Isolated.read

    def known(path: str, sha256: str) -> Document | None:
        asked.append(path)
        found = before.get((path, sha256))
        # as if it had been read by an older reader
        return replace(found, reader="docx-0") if found and path == "c.docx" else found

    def counted(self: corpus.Isolated, data: bytes, name: str) -> object:
        parsed.append(name)
        return plain(self, data, name)

    monkeypatch.setattr(corpus.Isolated, "read", counted)
    reading = read_corpus(tmp_path, known=known)
    assert {(d.path, d.sha256): d for d in reading.documents} == before
    assert asked == ["a.pdf", "c.docx"]
    assert parsed == ["c.docx"]

    (tmp_path / "a.pdf").write_bytes(
        papers.pdf([papers.wrapped("New. " + papers.PROSE, 72, 760, 400)])
    )
    changed = {d.path: d for d in read_corpus(tmp_path, known=known).documents}
    assert changed["a.pdf"].text.startswith("New.")


LINES = st.lists(st.text(max_size=30), max_size=4)


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["paragraph", "heading", "item"]), st.text(max_size=40)),
            st.tuples(st.just("row"), LINES),
            st.tuples(st.just("code"), st.text(max_size=40)),
            st.just(("page", "")),
        ),
        max_size=12,
    )
)
def test_any_blocks_make_a_sound_reading(made: list[tuple[str, object]]) -> None:
    builder = Builder(Limits())
    paged = bool(made) and made[0][0] == "page"
    for kind, held in made:
        if kind == "page":
            if paged:
                builder.page()
        elif kind == "row":
            builder.row("row", held)  # type: ignore[arg-type]
        elif kind == "code":
            builder.code(str(held))
        else:
            builder.add(kind, str(held))  # type: ignore[arg-type]
    try:
        reading = builder.build("x-1")
    except Unreadable:
        return
    check(reading)
    for block in reading.blocks:
        if block.kind != "code":
            assert len(reading.text[block.start : block.end].splitlines()) == 1


def test_a_reading_within_a_reading_keeps_blocks_and_pages() -> None:
    inner = Builder(Limits())
    for page in ("one", "", "three"):
        inner.page()
        inner.add("paragraph", page)
    outer = Builder(Limits())
    outer.page()
    outer.add("heading", "Top", 1)
    outer.include(inner.build("x-1"))
    reading = outer.build("y-1")
    assert reading.text == "Top\none\nthree\n"
    assert reading.page_starts == (0, 4, 8, 8)
    check(reading)


def test_limits_hold() -> None:
    builder = Builder(Limits(pages=1, characters=10))
    builder.page()
    with pytest.raises(Unreadable, match="more pages than the limit of 1"):
        builder.page()
    with pytest.raises(Unreadable, match="more text than the limit of 10 characters"):
        builder.add("paragraph", "a" * 10)
    with pytest.raises(Unreadable, match="larger than the limit of 5 bytes"):
        read(b"123456", "a.txt", Limits(bytes=5))


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["a prom-", "ised end"], "a promised end"),
        (["a well-", "known end"], "a well-known end"),  # the document has it elsewhere
        (["a long-", "standing end"], "a longstanding end"),  # no dictionary is asked
        (["of 2019-", "2020"], "of 2019-2020"),
        (["to be-or-", "not"], "to be-or-not"),
        (["see /usr/share/", "doc"], "see /usr/share/doc"),
        (["a soft\u00ad", "Hyphen"], "a softHyphen"),
        (["a dash -", "here"], "a dash - here"),
        (["one", "", " two "], "one two"),
    ],
)
def test_lines_are_joined_as_they_were_before_they_were_wrapped(
    lines: list[str], text: str
) -> None:
    assert joined(lines, frozenset({"well-known"})) == text


@pytest.mark.parametrize(
    ("stamp", "date"),
    [
        ("D:20240131120000+01'00'", "2024-01-31"),
        ("2024-01-31T10:00:00Z", "2024-01-31"),
        ("2024-01", "2024-01"),
        ("2024", "2024"),
        ("20241399", ""),
        ("yesterday", ""),
        ("0001-01-01", ""),
    ],
)
def test_dates_are_iso_dates_or_the_beginning_of_one(stamp: str, date: str) -> None:
    assert iso_date(stamp) == date


def test_files_that_are_as_they_were_are_named_and_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF)
    (tmp_path / "b.txt").write_text("Text.")
    (tmp_path / "c.docx").write_bytes(DOCX)
    before = {d.path: d for d in read_corpus(tmp_path).documents}
    readers = {path: document.reader for path, document in before.items()}

    def reader_of(path: str, sha256: str) -> str | None:
        return readers[path] if before[path].sha256 == sha256 else None

    assert read_corpus(tmp_path, reader_of=reader_of) == corpus.CorpusReading(
        (), (), ("a.pdf", "b.txt", "c.docx")
    )
    readers["c.docx"] = "docx-0"  # as if it had been read by an older reader
    (tmp_path / "b.txt").write_text("New text.")
    reading = read_corpus(tmp_path, reader_of=reader_of)
    assert reading.same == ("a.pdf",)
    assert [document.path for document in reading.documents] == ["b.txt", "c.docx"]
