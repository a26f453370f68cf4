"""Links, `..`, absolute names and archives of names: nothing outside the corpus folder is read.

The kernel is asked what was opened outside, so that it does not matter which process did it.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import threading
import zipfile
from pathlib import Path

import papers
import pytest
from form import Tally, times
from opening import doubled
from watching import touched

from summit_qa.app.api import Service
from summit_qa.app.corpus_tab import add_file
from summit_qa.app.options import AppOptions
from summit_qa.app.sessions import Slots
from summit_qa.app.source import source
from summit_qa.documents.corpus import read_corpus
from summit_qa.errors import SummitQAError

pytestmark = [pytest.mark.torture, pytest.mark.timeout(600)]
CANARY = "Canary-5b1f"
UP = "../outside/secret.txt"
NAMES = [
    *("../secret.txt", UP, "../../outside/secret.txt", "a/../../outside/secret.txt"),
    *("/etc/passwd", "//etc/passwd", "{outside}/secret.txt", "~/secret.txt", "$HOME/secret.txt"),
    *("..\\outside\\secret.txt", "C:\\secret.txt", "\\\\host\\share\\x.txt", "file:///etc/passwd"),
    *("./link.txt", "link-folder/secret.txt", "good.txt/../../outside/secret.txt", "%2e%2e/secret"),
    *("good.txt\0../outside/secret.txt", "", ".", "..", "\u2025/secret.txt", "／etc／passwd"),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a secret outside the corpus, and a corpus full of ways to it."""
    outside, corpus = tmp_path / "outside", tmp_path / "corpus"
    (outside / "deep").mkdir(parents=True)
    (corpus / "folder").mkdir(parents=True)
    (outside / "secret.txt").write_text(f"{CANARY} lies outside.\n")
    (corpus / "good.txt").write_text("The oak was planted in 1723.\n")
    _links(corpus, outside)
    _archives(corpus, outside)
    return tmp_path


def _links(corpus: Path, outside: Path) -> None:
    links = {
        "link.txt": outside / "secret.txt",
        "relative.txt": UP,
        "winding.txt": "folder/../../outside/secret.txt",
        "chain.txt": "link.txt",
        "folder/up.txt": "../../outside/secret.txt",
        "link-folder": outside,
        "parent": "..",
        "root": "/",
        "passwd.txt": "/etc/passwd",
        "environment.txt": "/proc/self/environ",
        "memory.txt": "/proc/self/mem",
        "descriptor.txt": "/dev/fd/0",
        "own-root.txt": f"/proc/self/root{outside}/secret.txt",
        "own-cwd": "/proc/self/cwd",
    }
    for name, target in links.items():
        (corpus / name).symlink_to(target)


def _archives(corpus: Path, outside: Path) -> None:
    secret = str(outside / "secret.txt")
    names = [UP, "../../etc/cron.d/x", secret, "/etc/passwd", "..\\..\\x.txt"]
    kept = dict.fromkeys(names, b"PWNED")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, data in kept.items():
            file.writestr(name, data)
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        file.writestr(link, secret)
    (corpus / "names.zip").write_bytes(packed.getvalue())
    parts = {f"word/{name}": data for name, data in kept.items()}
    (corpus / "names.docx").write_bytes(
        papers.docx(papers.paragraph("A letter."), **parts)  # type: ignore[arg-type]
    )
    (corpus / "book.epub").write_bytes(
        papers.epub({UP: "<p>Chapter.</p>", secret: "<p>Two.</p>", "one.xhtml": "<p>Good.</p>"})
    )
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, data in kept.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    (corpus / "names.tar").write_bytes(tar.getvalue())
    (corpus / "names.tar.gz").write_bytes(gzip.compress(tar.getvalue()))
    header = io.BytesIO()
    with gzip.GzipFile(filename=secret, fileobj=header, mode="w") as packer:
        packer.write(b"Packed words.\n")
    (corpus / "words.txt.gz").write_bytes(header.getvalue())
    part = '--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="{}"\r\n'
    mail = "From: a@b.example\r\nTo: c@d.example\r\nMessage-ID: <1@b.example>\r\n"
    mail += 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
    mail += "".join(f"{part.format(name)}\r\nAttached.\r\n" for name in names) + "--x--\r\n"
    (corpus / "mail.eml").write_bytes(mail.encode())
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'
    (corpus / "page.html").write_text(
        f'<!doctype html><iframe src="file://{secret}"></iframe><object data="{UP}"></object>'
        f'<link rel=import href="{UP}"><p>A page.</p>'
    )
    (corpus / "data.xml").write_text(
        f'<?xml version="1.0"?>{entity}<x xmlns:xi="http://www.w3.org/2001/XInclude">&e;'
        f'<xi:include parse="text" href="{UP}"/></x>'
    )


def _everything(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if not path.is_symlink()
    }


@pytest.mark.usefixtures("checked_in_process")
def test_ways_out_of_the_corpus_folder(place: Path, tally: Tally) -> None:
    corpus, index = place / "corpus", place / "index"
    with touched(place / "outside") as seen:
        assert CANARY in (corpus / "link.txt").read_text()
    assert "secret.txt" in seen  # so the kernel tells
    before = _everything(place)
    ways = sum(1 for _ in corpus.rglob("*"))
    with touched(place / "outside") as seen, doubled(corpus, index) as assistant:
        for path, document in assistant.documents.items():
            # A name of the secret may be told, as an archive's names are; its text may not.
            assert CANARY not in document.text, path
        service = Service(assistant, Slots(1, 1))
        for given in NAMES:
            name = given.format(outside=place / "outside")
            ways += 3
            for tried in (
                lambda name=name: service.read_lines(name, 1, 5),
                lambda name=name: assistant.check("The oak was planted in 1723.", [name]),
            ):
                with pytest.raises(SummitQAError):
                    tried()
            assert CANARY not in source(assistant.documents.get(name), 1)
        assert assistant.ask(f"What about {CANARY}?").abstained
    assert seen == []
    after = _everything(place)
    made = {path for path in after if path not in before and not path.startswith("index")}
    assert made == set()
    assert {path for path in before if after[path] != before[path]} == set()
    for path, data in after.items():
        assert path.startswith(("outside", "corpus")) or CANARY.encode() not in (data or b""), path
    tally(
        "path escapes: links, .., absolute names, archives of names", ways, "0 files read outside"
    )


def test_uploads_with_names_that_lead_elsewhere(place: Path, tally: Tally) -> None:
    corpus = place / "corpus"
    before = _everything(place)
    kept = []
    for given in NAMES:
        for suffix in ("", ".txt"):
            name = given.format(outside=place / "outside") + suffix
            try:
                kept.append(add_file(corpus, name, f"Words of {name!r}.\n".encode(), AppOptions()))
            except SummitQAError:
                continue
    after = _everything(place)
    made = {path for path in after if path not in before}
    assert made == {f"corpus/{name}" for name in kept}
    assert all("/" not in name and not name.startswith(".") for name in kept)
    assert {path for path in before if after[path] != before[path]} == set()
    tally(
        "uploads with names that lead elsewhere",
        2 * len(NAMES),
        f"{len(kept)} kept under a name of their own, 0 outside",
    )


def test_a_file_that_is_swapped_for_a_link_while_it_is_read(place: Path, tally: Tally) -> None:
    corpus, outside = place / "swapped", place / "outside"
    (corpus / "folder").mkdir(parents=True)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for name, good, target in (
                ("a.txt", "Good.\n", outside / "secret.txt"),
                ("folder/secret.txt", "Good.\n", None),
            ):
                path = corpus / name
                spare = place / "spare"
                if target is not None:
                    spare.symlink_to(target)
                    spare.replace(path)
                    spare.write_text(good)
                    spare.replace(path)
                else:
                    (corpus / "folder").rename(place / "aside")
                    (corpus / "folder").symlink_to(outside)
                    (corpus / "folder").unlink()
                    (place / "aside").rename(corpus / "folder")
                    path.write_text(good)

    thread = threading.Thread(target=swap)
    rounds = times(100, 3_000)
    read = 0
    with touched(outside) as seen:
        thread.start()
        try:
            for _ in range(rounds):
                for document in read_corpus(corpus).documents:
                    read += 1
                    assert CANARY not in document.text
        finally:
            stop.set()
            thread.join()
    assert seen == []
    tally(
        "a file and its folder swapped for links while they are read",
        rounds,
        f"{read} good ones read, 0 outside",
    )
