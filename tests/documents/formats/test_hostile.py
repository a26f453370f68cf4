"""Hostile files are read or skipped with a reason, and the good ones beside them are read."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hostile_files
import papers
import pytest

from summit_qa.documents.corpus import make_document, read_corpus
from summit_qa.documents.formats.isolated import Isolated
from summit_qa.documents.formats.reading import Limits
from summit_qa.errors import CorpusError


@pytest.fixture(scope="module")
def parser() -> Iterator[Isolated]:
    with Isolated(Limits(seconds=30, unpacked_bytes=32 << 20)) as made:
        yield made


@pytest.mark.parametrize("file", hostile_files.ALL, ids=lambda file: file.name)
def test_each_is_read_or_skipped_with_its_reason(
    file: hostile_files.Hostile, parser: Isolated
) -> None:
    data = file.make()
    if file.outcome == hostile_files.READ:
        assert make_document(file.name, data, parser=parser).text.strip()
        return
    with pytest.raises(CorpusError, match=file.reason or ".") as caught:
        make_document(file.name, data, parser=parser)
    assert "\n" not in str(caught.value)
    assert "seconds" not in str(caught.value)  # it is a matter of bounds, not of patience


def test_there_are_as_many_as_promised() -> None:
    assert len({file.name for file in hostile_files.ALL}) >= 60


def test_nothing_outside_the_file_is_read(parser: Isolated) -> None:
    (file,) = (file for file in hostile_files.ALL if file.name == "outward.docx")
    assert make_document(file.name, file.make(), parser=parser).text == "Seen\n"


def test_good_files_beside_bad_ones_are_read(tmp_path: Path) -> None:
    quick = ("cut.", "is-", "bad-", "no-", "scanned", "program", "picture", "circle", "laughs")
    bad = [file for file in hostile_files.ALL if file.name.startswith(quick)]
    for file in bad:
        (tmp_path / file.name).write_bytes(file.make())
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.pdf")
    good = {
        "good.pdf": papers.pdf([papers.wrapped(papers.PROSE, 72, 760, 400)]),
        "good.docx": papers.docx(papers.paragraph(papers.PROSE)),
        "good.txt": papers.PROSE.encode(),
        "zz.html": f"<html><p>{papers.PROSE}</p></html>".encode(),
    }
    for name, data in good.items():
        (tmp_path / name).write_bytes(data)
    reading = read_corpus(tmp_path)
    documents = {document.path: document for document in reading.documents}
    for name in good:
        assert documents[name].text.strip() == papers.PROSE.strip()
    skipped = {item.path for item in reading.skipped}
    expected = {file.name for file in bad if file.outcome == hostile_files.SKIPPED}
    assert skipped == expected | ({"pipe.pdf"} if sys.platform != "win32" else set())
