from __future__ import annotations

import io
from pathlib import Path

import pytest

from doubles import write
from summit_qa.app.options import AppOptions
from summit_qa.app.pages import Pages
from summit_qa.app.source import source
from summit_qa.app.uploads import Added
from summit_qa.assistant import Assistant
from summit_qa.errors import CorpusError


def pdf() -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    made = io.BytesIO()
    canvas = Canvas(made, pagesize=(300, 200))
    for words in ("The spare key is in the blue drawer.", "The second page says more."):
        canvas.drawString(20, 150, words)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def test_a_page_of_a_pdf_is_drawn_and_only_of_what_was_read(quick: Assistant) -> None:
    file = quick.settings.corpus / "keys.pdf"
    file.write_bytes(pdf())
    (quick.settings.corpus / "note.txt").write_text("A note.")
    quick.sync()
    pages = Pages(quick)
    picture = pages.picture("keys.pdf", 2)
    assert picture.startswith(b"\x89PNG")
    assert pages.picture("keys.pdf", 1) != picture
    for path, page in (("note.txt", 1), ("../keys.pdf", 1), ("keys.pdf", 3), ("keys.pdf", 0)):
        with pytest.raises(CorpusError):
            pages.picture(path, page)
    document = quick.documents["keys.pdf"]
    shown = source(document, 1)
    assert "See page 1" in shown
    assert "Page 2</p>" in shown
    file.write_bytes(pdf() + b"\n")
    with pytest.raises(CorpusError, match="changed after it was read"):
        Pages(quick).picture("keys.pdf", 1)


OPTIONS = AppOptions()


def test_who_added_a_file_may_remove_it_and_nobody_else(tmp_path: Path) -> None:
    added = Added(tmp_path)
    corpus = write(tmp_path / "files", {"a.txt": "Mine."})
    added.note("a.txt", b"Mine.", "ann")
    for other in ("", "bob"):
        with pytest.raises(CorpusError, match="Only who added"):
            added.remove(corpus, "a.txt", other, OPTIONS)
    Added(tmp_path).remove(corpus, "a.txt", "ann", OPTIONS)  # after a restart as well
    assert not (corpus / "a.txt").exists()
    with pytest.raises(CorpusError, match="not there"):
        added.remove(corpus, "a.txt", "ann", OPTIONS)
    assert added.of("ann") == {}


def test_what_was_changed_since_is_not_removed(tmp_path: Path) -> None:
    added = Added(tmp_path)
    corpus = write(tmp_path / "files", {"a.txt": "Edited."})
    added.note("a.txt", b"Mine.", "ann")
    with pytest.raises(CorpusError):
        added.remove(corpus, "a.txt", "ann", OPTIONS)
    assert (corpus / "a.txt").exists()


def test_nobody_is_no_owner(tmp_path: Path) -> None:
    added = Added(tmp_path)
    corpus = write(tmp_path / "files", {"a.txt": "Mine."})
    added.note("a.txt", b"Mine.", "")
    with pytest.raises(CorpusError, match="Only who added"):
        added.remove(corpus, "a.txt", "", OPTIONS)


def test_a_damaged_record_of_who_added_what_is_none(tmp_path: Path) -> None:
    write(tmp_path, {"added.json": '{"a.txt": 7, "b.txt": ["ann"]}'})
    assert Added(tmp_path).of("ann") == {}
