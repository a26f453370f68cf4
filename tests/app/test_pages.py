from __future__ import annotations

import io
from pathlib import Path

import pytest

from summit_qa.app.options import AppOptions
from summit_qa.app.pages import Pages
from summit_qa.app.source import source
from summit_qa.app.uploads import Keys
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
    keys = Keys()
    (tmp_path / "a.txt").write_bytes(b"Mine.")
    with pytest.raises(CorpusError, match="Only who added"):
        keys.remove(tmp_path, "a.txt", Keys().of("a.txt", b"Mine."), OPTIONS)
    with pytest.raises(CorpusError, match="Only who added"):
        keys.remove(tmp_path, "a.txt", keys.of("b.txt", b"Mine."), OPTIONS)
    keys.remove(tmp_path, "a.txt", keys.of("a.txt", b"Mine."), OPTIONS)
    assert not (tmp_path / "a.txt").exists()
    with pytest.raises(CorpusError, match="not there"):
        keys.remove(tmp_path, "a.txt", keys.of("a.txt", b"Mine."), OPTIONS)


def test_what_was_changed_since_is_not_removed(tmp_path: Path) -> None:
    keys = Keys()
    (tmp_path / "a.txt").write_bytes(b"Edited.")
    with pytest.raises(CorpusError):
        keys.remove(tmp_path, "a.txt", keys.of("a.txt", b"Mine."), OPTIONS)
    assert (tmp_path / "a.txt").exists()
