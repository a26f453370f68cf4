"""A citation of a file that was edited after it was indexed says so."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from doubles import write
from summit_qa.assistant import Assistant

TEXT = "The oak was planted in 1723.\nThe mill burned down in 1846.\n"
OAK = "When was the oak planted?"


def _edit(file: Path) -> None:
    file.write_text("A new first line.\n" + TEXT)


def _same_size_and_time(file: Path) -> None:
    before = file.stat()
    file.write_text(TEXT.replace("1723", "1823"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _lead_out(file: Path) -> None:
    outside = file.parents[1] / "outside.txt"
    outside.write_text(TEXT)
    file.unlink()
    file.symlink_to(outside)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("change", [_edit, _same_size_and_time, Path.unlink, _lead_out, _folder])
def test_every_citation_of_a_changed_file_is_marked(
    quick: Assistant, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    corpus = write(tmp_path / "corpus", {"oak.txt": TEXT, "other.txt": "The oak was felled.\n"})
    quick.sync()
    change(corpus / "oak.txt")
    answer = quick.ask(OAK)
    assert [c.stale for c in answer.citations if c.file == "oak.txt"] == [True]
    assert all(c.stale == (c.file == "oak.txt") for s in answer.statements for c in s.citations)
    assert [note for note in answer.notes if "oak.txt has changed since" in note]
    (claimed,) = quick.check("The oak was planted in 1723.", ["oak.txt"]).supporting
    assert claimed.stale


def test_what_is_as_it_was_is_not_marked(quick: Assistant, tmp_path: Path) -> None:
    corpus = write(tmp_path / "corpus", {"oak.txt": "no", "real.txt": TEXT})
    (corpus / "oak.txt").unlink()
    (corpus / "oak.txt").symlink_to("real.txt")
    quick.sync()
    os.utime(corpus / "real.txt", (1, 1))
    answer = quick.ask(OAK)
    assert answer.citations
    assert not any(citation.stale for citation in answer.citations)
    assert answer.notes == ()


def test_the_nearest_passages_of_an_abstention_are_looked_at_too(
    quick: Assistant, tmp_path: Path
) -> None:
    corpus = write(tmp_path / "corpus", {"oak.txt": TEXT})
    quick.sync()
    (corpus / "oak.txt").unlink()
    answer = quick.ask("Who is Zebulon Quartermain?")
    assert answer.abstained
    assert ["oak.txt has changed" in note for note in answer.notes] == [True]
