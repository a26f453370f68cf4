"""Reading a folder is safe and complete: what is not read is named, with its reason."""

import itertools
import os
import socket
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summit_qa.documents import corpus, decoding
from summit_qa.documents.corpus import CorpusReading, make_document, read_corpus
from summit_qa.documents.decoding import decode
from summit_qa.documents.lines import line_at, line_count, line_starts, line_text, span_of
from summit_qa.errors import CorpusError
from summit_qa.types import Span

ARTICLES = Path(__file__).parents[2] / "corpus"
ROOT = getattr(os, "geteuid", lambda: -1)() == 0
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")


def paths(reading: CorpusReading) -> list[str]:
    return [document.path for document in reading.documents]


def reasons(reading: CorpusReading) -> dict[str, str]:
    return {item.path: item.reason for item in reading.skipped}


def test_the_articles_are_read_whole() -> None:
    reading = read_corpus(ARTICLES)
    assert len(reading.documents) == 5
    assert not reading.skipped
    for document in reading.documents:
        data = (ARTICLES / document.path).read_bytes()
        assert document.text.encode() == data
        assert document.encoding == "utf-8"
        lines = data.decode().split("\n")
        assert [line_text(document, n + 1) for n in range(line_count(document))] == (
            lines[:-1] if lines[-1] == "" else lines
        )


def test_sub_folders_are_read_in_order_of_path(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/a.rst", "a/b/c.csv", "c.log", "no-suffix"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("Words.")
    expected = ["a/a.rst", "a/b/c.csv", "a/z.md", "b.txt", "c.log", "no-suffix"]
    assert paths(read_corpus(tmp_path)) == expected


def test_the_same_text_in_two_files_is_two_documents(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Same.")
    (tmp_path / "b.txt").write_text("Same.")
    first, second = read_corpus(tmp_path).documents
    assert (first.path, second.path) == ("a.txt", "b.txt")
    assert first.sha256 == second.sha256


def test_an_empty_folder_and_an_empty_file_are_fine(tmp_path: Path) -> None:
    assert read_corpus(tmp_path) == CorpusReading((), ())
    (tmp_path / "empty.txt").touch()
    (document,) = read_corpus(tmp_path).documents
    assert (document.text, line_count(document)) == ("", 0)


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_what_is_no_folder_is_named_in_one_line(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "texts"
    if kind == "file":
        folder.write_text("I am a file.")
    with pytest.raises(CorpusError, match="texts") as caught:
        read_corpus(folder)
    assert "\n" not in str(caught.value)


@posix
@pytest.mark.skipif(ROOT, reason="root may read everything")
def test_a_folder_and_files_without_permission(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Good.")
    (tmp_path / "closed.txt").write_text("No.")
    (tmp_path / "closed.txt").chmod(0)
    (tmp_path / "shut").mkdir(mode=0)
    reading = read_corpus(tmp_path)
    assert paths(reading) == ["good.txt"]
    assert reasons(reading) == dict.fromkeys(("closed.txt", "shut/"), "no permission to read it")
    with pytest.raises(CorpusError, match="permissions"):
        read_corpus(tmp_path / "shut")


def test_no_permission_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good.txt").write_text("Good.")
    (tmp_path / "shut.txt").write_text("No.")
    real = os.open

    def refuse(path: object, *arguments: object, **named: object) -> int:
        if str(path).endswith("shut.txt"):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(corpus.os, "open", refuse)
    monkeypatch.setattr(corpus.os, "supports_dir_fd", {refuse})
    reading = read_corpus(tmp_path)
    assert paths(reading) == ["good.txt"]
    assert reasons(reading) == {"shut.txt": "no permission to read it"}


@posix
def test_links_are_followed_inside_the_folder_only(tmp_path: Path) -> None:
    folder, outside = tmp_path / "corpus", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text("Secret.")
    (folder / "real.txt").write_text("Real.")
    (folder / "link.txt").symlink_to("real.txt")
    (folder / "to-file.txt").symlink_to(outside / "secret.txt")
    (folder / "to-folder").symlink_to(outside)
    (folder / "beside").symlink_to(tmp_path / "corpus-2")
    (tmp_path / "corpus-2").mkdir()  # its name begins like the folder's
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    (folder / "nowhere.txt").symlink_to("missing.txt")
    reading = read_corpus(folder)
    assert paths(reading) == ["link.txt", "real.txt"]
    outwards = "a link that leads out of the folder"
    assert reasons(reading) == {
        "to-file.txt": outwards,
        "to-folder": outwards,
        "beside": outwards,
        "passwd.txt": outwards,
        "nowhere.txt": "a link that leads nowhere",
    }


@posix
def test_loops_end(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "text.txt").write_text("Text.")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "self.txt").symlink_to("self.txt")
    (tmp_path / "one.txt").symlink_to("two.txt")
    (tmp_path / "two.txt").symlink_to("one.txt")
    reading = read_corpus(tmp_path)
    assert paths(reading) == ["a/text.txt"]
    assert set(reasons(reading)) == {"a/up", "self.txt", "one.txt", "two.txt"}
    assert reasons(reading)["a/up"] == "a link to a folder that is read already"


@posix
def test_links_among_folders_cannot_multiply_them(tmp_path: Path) -> None:
    depth = 30  # two ways down at every step: a billion paths to the text
    for step in range(depth):
        (tmp_path / f"{step:02}").mkdir()
    for step in range(depth - 1):
        for way in "ab":
            (tmp_path / f"{step:02}" / way).symlink_to(f"../{step + 1:02}")
    (tmp_path / f"{depth - 1:02}" / "text.txt").write_text("Text.")
    reading = read_corpus(tmp_path)
    assert paths(reading) == ["29/text.txt"]
    assert len(reading.skipped) == 2 * (depth - 1)


@posix
def test_a_linked_folder_that_is_hidden_is_read_once_at_its_link(tmp_path: Path) -> None:
    (tmp_path / ".store").mkdir()
    (tmp_path / ".store" / "text.txt").write_text("Text.")
    (tmp_path / "now").symlink_to(".store")
    (tmp_path / "then").symlink_to(".store")
    reading = read_corpus(tmp_path)
    assert paths(reading) == ["now/text.txt"]
    assert reasons(reading)["then"] == "a link to a folder that is read already"


@posix
def test_fifos_sockets_and_devices_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.txt")
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(tmp_path)  # a socket's whole path may have some hundred bytes only
    try:
        listener.bind("socket.txt")
    finally:
        os.chdir(here)
        listener.close()
    (tmp_path / "good.txt").write_text("Good.")
    reading = read_corpus(tmp_path)
    assert paths(reading) == ["good.txt"]
    assert reasons(reading) == dict.fromkeys(("fifo.txt", "socket.txt"), "not a regular file")


@posix
def test_devices_are_not_opened(tmp_path: Path) -> None:
    try:
        os.mknod(tmp_path / "zero.txt", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root may make a device")
    (tmp_path / "good.txt").write_text("Good.")
    reading = read_corpus(tmp_path)
    assert paths(reading) == ["good.txt"]
    assert reasons(reading) == {"zero.txt": "not a regular file"}


@posix
@pytest.mark.parametrize("what", ["link", "fifo", "gone", "folder link"])
def test_a_file_swapped_between_listing_and_opening(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "corpus"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_text("Harmless.")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.txt").write_text("Secret.")
    walk = corpus._walk

    def listed_then_swapped(root: Path, skipped: list[object]) -> list[tuple[str, str]]:
        found = list(walk(root, skipped))  # type: ignore[arg-type]
        (folder / "sub" / "a.txt").unlink()
        if what == "link":
            (folder / "sub" / "a.txt").symlink_to(tmp_path / "outside" / "a.txt")
        elif what == "fifo":
            os.mkfifo(folder / "sub" / "a.txt")
        elif what == "folder link":
            (folder / "sub").rmdir()
            (folder / "sub").symlink_to(tmp_path / "outside")
        return found

    monkeypatch.setattr(corpus, "_walk", listed_then_swapped)
    reading = read_corpus(folder)
    assert not reading.documents
    assert set(reasons(reading)) == {"sub/a.txt"}


def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log.txt").write_text("One line.\n")
    real, calls = os.fstat, []

    def written_meanwhile(handle: int) -> os.stat_result:
        calls.append(handle)
        if len(calls) == 2:
            with (tmp_path / "log.txt").open("a") as file:
                file.write("Another.\n")
        return real(handle)

    monkeypatch.setattr(corpus.os, "fstat", written_meanwhile)
    reading = read_corpus(tmp_path)
    assert not reading.documents
    assert "changed while it was read" in reasons(reading)["log.txt"]


def test_a_file_that_is_still_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So far it has whole pages, and nothing about it changes while it is read."""
    (tmp_path / "half.txt").write_text("Word. " * 2048)
    (tmp_path / "whole.txt").write_text("Word. " * 2048)

    def written_on(_: float) -> None:
        with (tmp_path / "half.txt").open("a") as file:
            file.write("And more.\n")

    monkeypatch.setattr(corpus.time, "sleep", written_on)
    reading = read_corpus(tmp_path)
    assert "changed while it was read" in reasons(reading)["half.txt"]
    assert [document.path for document in reading.documents] == ["whole.txt"]


@posix
def test_names_that_are_not_text_are_shown_escaped(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Good.")
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("Bad name.")
    except OSError:
        pytest.skip("this file system refuses such names")
    (tmp_path / "red\x1b[31m.txt").write_text("Colours a terminal.")
    (tmp_path / "two\nlines.txt").write_text("Breaks file:line.")
    reading = read_corpus(tmp_path)
    assert paths(reading) == ["good.txt"]
    assert reasons(reading) == {
        "caf\\udce9.txt": "its name is not valid text",
        "red\\x1b[31m.txt": "its name holds control characters",
        "two\\nlines.txt": "its name holds control characters",
    }


def test_hidden_folders_are_named_once_and_not_entered(tmp_path: Path) -> None:
    (tmp_path / ".git" / "objects").mkdir(parents=True)
    (tmp_path / ".git" / "config").write_text("[core]")
    (tmp_path / ".env").write_text("KEY=secret")
    (tmp_path / ".gitignore").write_text("*.pyc")
    assert reasons(read_corpus(tmp_path)) == {".git": "hidden", ".env": "hidden"}


def test_what_is_not_prose_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "key.PEM").write_text("-----BEGIN PRIVATE KEY-----")
    (tmp_path / "page.html").write_text("<p>Prose.</p>")
    reading = read_corpus(tmp_path)
    assert paths(reading) == ["page.html"]
    assert reasons(reading) == {"key.PEM": "not prose, by its suffix"}


def test_files_over_the_limit(tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_text("x" * 1001)
    (tmp_path / "fits.txt").write_text("x" * 1000)
    reading = read_corpus(tmp_path, max_file_bytes=1000)
    assert paths(reading) == ["fits.txt"]
    assert reasons(reading) == {"large.txt": "larger than the limit of 1,000 bytes"}


def test_progress_counts_every_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A.")
    (tmp_path / "b.txt").write_bytes(b"\0\1\2")
    seen: list[tuple[int, int]] = []
    read_corpus(tmp_path, progress=lambda done, total, what: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


BINARY = {
    "picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
    "archive": b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(200),
    "zeros": bytes(4096),
    "no zeros": bytes(range(1, 256)) * 8,
    "marked": b"\xff\xfe" + bytes(400),
    "odd utf-16": b"\xff\xfea\0b",
    "program": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0>\0",
}


@pytest.mark.parametrize("name", BINARY)
def test_binary_files_are_skipped_with_the_rest_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "binary.txt").write_bytes(BINARY[name])
    (tmp_path / "text.txt").write_text("Text.")
    reading = read_corpus(tmp_path)
    assert paths(reading) == ["text.txt"]
    assert set(reasons(reading)) == {"binary.txt"}


SENTENCE = "“Größe” — naïve café, déjà vu; 日本と韓国。 🙂\r\nEnd."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_without_its_mark(encoding: str) -> None:
    assert decode(SENTENCE.encode(encoding)) == (SENTENCE, encoding)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_recognised_without_a_mark(encoding: str) -> None:
    text = "The leaders met – at “Camp David” – on Friday.\r\n"
    assert decode(text.encode(encoding)) == (text, encoding)
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b"\xfe\xff"
    assert decode(mark + text.encode(encoding)) == (text, "utf-16")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "He said “yes” — and left the café."),
        ("cp1252", "El niño comió una manzana en el jardín del señor Muñoz."),
        ("cp1252", "Naïve café"),
        ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy. Schůzka bude v pátek."),
        ("cp1251", "Президент заявил, что встреча состоится в пятницу."),
        ("cp1253", "Ο πρόεδρος είπε ότι η συνάντηση θα γίνει την Παρασκευή."),
        ("cp932", "日本、米国、韓国の首脳は金曜日に会談した。共同声明が発表された。"),
        ("gb18030", "美国、日本和韩国领导人将于星期五举行会晤，并发表联合声明。"),
        ("cp949", "미국, 일본, 한국 정상은 금요일에 만나 공동 성명을 발표했다."),
    ],
)
def test_legacy_encodings_are_detected_and_reported(encoding: str, text: str) -> None:
    document = make_document("old.txt", text.encode(encoding))
    assert document.text == text
    # Where encodings agree on all of the text, any of them may be named.
    assert text.encode(document.encoding) == text.encode(encoding)
    assert document.encoding != "utf-8"


def test_damaged_utf_8_is_not_read_as_something_else() -> None:
    whole = "“Größe” — naïve café.".encode()
    for damaged in (whole[:-3] + b"\xff" + whole[-3:], whole + "é".encode()[:1]):
        with pytest.raises(CorpusError, match="damaged utf-8 text at byte"):
            decode(damaged)


LINES = [
    ("", []),
    ("one", ["one"]),
    ("one\n", ["one"]),
    ("one\n\n", ["one", ""]),
    ("a\r\nb\rc\nd", ["a", "b", "c", "d"]),
    ("a\n\rb", ["a", "", "b"]),
    ("a\u2028b\u0085c\vd\fe\x1cf", ["a\u2028b\u0085c\vd\fe\x1cf"]),
]


@pytest.mark.parametrize(("text", "lines"), LINES)
def test_lines_end_where_editors_say(text: str, lines: list[str]) -> None:
    document = make_document("a.txt", text.encode())
    assert [line_text(document, n + 1) for n in range(line_count(document))] == lines


def test_a_line_that_is_not_there() -> None:
    document = make_document("a.txt", b"one\ntwo")
    for line in (0, 3, -1):
        with pytest.raises(IndexError, match=r"a\.txt has no line"):
            line_text(document, line)


def test_a_span_names_the_lines_it_touches() -> None:
    document = make_document("a.txt", b"one\r\ntwo\nthree")
    assert document.text[5:8] == "two"
    assert span_of(document, 5, 8) == Span(5, 8, 2, 2)
    assert span_of(document, 5, 9) == Span(5, 9, 2, 2)  # a line end is in its own line
    assert span_of(document, 5, 10) == Span(5, 10, 2, 3)


@given(st.lists(st.sampled_from(["a", "é", "🙂", " ", "\n", "\r\n", "\r", "\u2028", "\f"])))
def test_lines_join_to_the_text_and_hold_their_characters(parts: list[str]) -> None:
    text = "".join(parts)
    document = make_document("a.txt", text.encode())
    starts = (*line_starts(text), len(text))
    lines = [text[a:b] for a, b in itertools.pairwise(starts)]
    assert "".join(lines) == text
    for char in range(len(text)):
        line = line_at(document, char)
        assert starts[line - 1] <= char < starts[line]
    normal = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    expected = normal[:-1] if normal[-1] == "" else normal
    assert [line_text(document, n + 1) for n in range(line_count(document))] == expected


@given(st.text())
def test_any_text_survives_as_utf_8(text: str) -> None:
    if not decoding._CONTROL.search(text) and not text.startswith("\ufeff"):
        assert decode(text.encode()) == (text, "utf-8")


@settings(deadline=None)  # what begins like a PDF is given to a process of its own
@given(st.binary(min_size=5, max_size=400))
def test_any_bytes_become_text_or_a_clear_error(data: bytes) -> None:
    try:
        document = make_document("a.txt", data)
    except CorpusError:
        return
    assert document.size == len(data)
    assert document.text.encode()  # neither a lone surrogate nor, from some bytes, nothing
