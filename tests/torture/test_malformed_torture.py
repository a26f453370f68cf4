"""Eighty malformed files and sixty hostile documents: none stops the rest from being answered."""

from __future__ import annotations

import os
import threading
from email.message import EmailMessage
from pathlib import Path

import hostile_files
import malformed
import pytest
from form import Tally, times
from opening import doubled

from summit_qa.app.corpus_tab import add_file
from summit_qa.app.options import AppOptions
from summit_qa.documents.corpus import read_corpus
from summit_qa.errors import CorpusError
from verified import all_verified

pytestmark = [pytest.mark.torture, pytest.mark.timeout(900)]
GOOD = {
    f"good{n}.txt": f"The signal tower number {n} at Harnmouth was finished in {1700 + n}.\n"
    for n in range(10)
}


def _good(corpus: Path) -> None:
    corpus.mkdir(exist_ok=True)
    for name, text in GOOD.items():
        (corpus / name).write_text(text)


def _shown(name: str | bytes) -> str:
    return os.fsdecode(name).encode("utf-8", "backslashreplace").decode()


@pytest.mark.usefixtures("checked_in_process")
def test_malformed_files_beside_good_ones(tmp_path: Path, tally: Tally) -> None:
    assert len({file.name for file in malformed.ALL}) >= 80
    corpus = tmp_path / "corpus"
    _good(corpus)
    for file in malformed.ALL:
        file.make(corpus / os.fsdecode(file.name))
    with doubled(corpus, tmp_path / "index") as assistant:
        read, skipped = set(assistant.documents), {item.path for item in assistant.skipped}
        for file in malformed.ALL:
            name = _shown(file.name)
            of_it = {path for path in read if path == name or path.startswith(f"{name}/")}
            reported = {
                path
                for path in skipped
                if path.rstrip("/") == name or path.startswith(f"{name}/") or "\\x" in path
            }
            if file.outcome == malformed.READ:
                assert of_it, f"{name!r} is not read"
            elif file.outcome == malformed.SKIPPED:
                assert not of_it, f"{name!r} is read"
                assert reported, f"{name!r} is not reported"
            else:
                assert of_it or reported or name == "folder.txt", f"{name!r} is not reported"
        assert all(item.reason and "\n" not in item.reason for item in assistant.skipped)
        for name, text in GOOD.items():
            answer = assistant.ask(f"When was the signal {' '.join(text.split()[2:5])} finished?")
            assert name in {citation.file for citation in answer.citations}
            assert all_verified(answer.citations, assistant.documents)
        assert not (corpus / "pwned").exists()
        assert not Path("pwned").exists()
        tally(
            "malformed files beside good ones",
            len(malformed.ALL),
            f"{len(read)} files read, {len(skipped)} reported, all good ones answered",
        )


def test_files_that_change_or_vanish_while_they_are_read(tmp_path: Path, tally: Tally) -> None:
    corpus = tmp_path / "corpus"
    _good(corpus)
    busy = [corpus / f"busy{n}.txt" for n in range(20)]
    stop = threading.Event()

    def change() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            for at, file in enumerate(busy):
                if (turn + at) % 3:
                    file.write_bytes(b"Words of turn %d.\n" % turn * (1 + turn % 2_000))
                else:
                    file.unlink(missing_ok=True)

    thread = threading.Thread(target=change)
    thread.start()
    rounds = times(30, 600)
    told: set[str] = set()
    try:
        for _ in range(rounds):
            reading = read_corpus(corpus)
            texts = {document.path: document.text for document in reading.documents}
            assert GOOD.items() <= texts.items()
            for path, text in texts.items():
                assert len(set(text.splitlines())) <= 1, f"{path} of two turns"
            told |= {item.reason for item in reading.skipped}
    finally:
        stop.set()
        thread.join()
    assert all("\n" not in reason for reason in told)
    tally(
        "files that change or vanish while they are read",
        rounds,
        f"good files read each time, no file of two versions; {len(told)} reasons told",
    )


def _in_mail(file: hostile_files.Hostile, data: bytes) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "a@b.example", "c@d.example", "<1@b.example>"
    mail["Subject"] = "The lamp of Harnmouth"
    mail.set_content("The lamp of Harnmouth was replaced in 1911.\n")
    mail.add_attachment(data, "application", "octet-stream", filename=file.name)
    return mail.as_bytes()


@pytest.mark.usefixtures("checked_in_process")
def test_hostile_documents_in_the_folder_as_uploads_and_in_mails(
    tmp_path: Path, tally: Tally
) -> None:
    files = hostile_files.ALL[:: times(5, 1)]
    corpus, uploaded = tmp_path / "corpus", tmp_path / "uploaded"
    _good(corpus)
    _good(uploaded)
    kept = refused = 0
    options = AppOptions(upload_types=tuple({f".{f.name.rpartition('.')[2]}" for f in files}))
    for file in files:
        data = file.make()
        (corpus / file.name).write_bytes(data)
        (corpus / f"in-{file.name}.eml").write_bytes(_in_mail(file, data))
        try:
            kept += bool(add_file(uploaded, file.name, data, options))
        except CorpusError:
            refused += 1
    with doubled(corpus, tmp_path / "index") as assistant:
        read = set(assistant.documents)
        for file in files:
            if file.outcome == hostile_files.READ:
                assert file.name in read
            elif file.reason != "limit" or file.name not in read:
                # The limits of the program are wider than those of the parser's own tests.
                assert file.name in {item.path for item in assistant.skipped}
            assert f"in-{file.name}.eml" in read | {item.path for item in assistant.skipped}
        for name in GOOD:
            assert name in read
        answer = assistant.ask("When was tower number 3 finished?")
        assert all_verified(answer.citations, assistant.documents)
    assert set(GOOD) <= {document.path for document in read_corpus(uploaded).documents}
    assert not _parsers(), "a parser outlives its owner"
    tally(
        "hostile documents, in the folder, as uploads, in mails",
        3 * len(files),
        f"{kept} uploads kept, {refused} refused; 0 parsers left",
    )


def _parsers() -> list[int]:
    """Parser processes that this one has started and that still run."""
    own = str(os.getpid())
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            command = (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if fields[1] == own and b"formats.worker" in command:
            found.append(int(status.parent.name))
    return found
