"""Reads a folder safely: what can be read becomes a `Document`, the rest is reported.

Every character of a text file is kept but a byte order mark; what other formats hold is read by
``formats``.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path

from summit_qa.documents.blocks import blocks_of
from summit_qa.documents.decoding import decode
from summit_qa.documents.formats import PLAIN, format_of, is_current
from summit_qa.documents.formats.isolated import Isolated
from summit_qa.documents.formats.plain import blocks_of as blocks_of_data
from summit_qa.documents.formats.reading import Limits, Unreadable
from summit_qa.documents.lines import line_starts
from summit_qa.documents.outline import outlined
from summit_qa.errors import CorpusError
from summit_qa.types import Document, Progress, Skipped

MAX_FILE_BYTES = 32 * 1024 * 1024
# Text by form, but not prose that a person would ask about.
_NOT_PROSE = (
    *(".css", ".lock", ".map", ".min.js", ".svg"),
    *(".bin", ".gguf", ".onnx", ".pkl"),
    *(".crt", ".key", ".p12", ".pem"),
)
_NOT_WORTH_A_WORD = frozenset((".gitkeep", ".gitignore", ".DS_Store"))
# Not every system has every flag.
_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
_NO_BLOCK: int = getattr(os, "O_NONBLOCK", 0)  # opening a FIFO must not wait for a writer
_CLOSE_ON_EXEC: int = getattr(os, "O_CLOEXEC", 0)
_BINARY: int = getattr(os, "O_BINARY", 0)
_PAGE = 4096  # bytes; what is written through a buffer grows by whole ones
_SETTLES = 0.1  # seconds until such a file is looked at again
_FOLDER_FLAGS: int = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _CLOSE_ON_EXEC


@dataclass(frozen=True, slots=True)
class CorpusReading:
    """The documents of a folder in order of path, and what was not read and why.

    ``same`` are the paths of files that are as they were, which were not read again.
    """

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]
    same: tuple[str, ...] = ()


def read_corpus(
    folder: Path,
    *,
    max_file_bytes: int = MAX_FILE_BYTES,
    progress: Progress | None = None,
    known: Callable[[str, str], Document | None] | None = None,
    reader_of: Callable[[str, str], str | None] | None = None,
    keep: Callable[[Document], None] | None = None,
) -> CorpusReading:
    """Every readable file below the folder; one bad file never stops the rest.

    ``known`` gives the document that was read before of a path and the sha256 of its bytes, or
    None; it is taken instead of parsing the file again where its reader is still the same.
    ``reader_of`` gives the reader that read a path and sha256 before, or None: where it would be
    the same one, the file is among ``same``.
    ``keep`` takes each document as it is read; none of them is in memory afterwards.
    Raises CorpusError where the folder is missing, no folder, or cannot be listed.
    """
    root = _checked_root(folder)
    skipped: list[Skipped] = []
    files = sorted(_walk(root, skipped))
    documents: list[Document] = []
    same: list[str] = []
    limits = Limits(bytes=max_file_bytes)
    with _opened_folder(root) as below, Isolated(limits) as parser:
        for done, (path, real) in enumerate(files, 1):
            try:
                data = _read_file(below, root, real, max_file_bytes)
                if reader_of and _is_same(data, path, reader_of):
                    same.append(path)
                    continue
                document = make_document(path, data, parser=parser, known=known)
                del data  # what it became may be as large
                (keep or documents.append)(document)
                del document
            except CorpusError as error:
                skipped.append(Skipped(path, str(error)))
            finally:
                if progress:
                    progress(done, len(files), "files read")
    skipped.sort(key=lambda item: item.path)
    return CorpusReading(tuple(documents), tuple(skipped), tuple(same))


def files_of(folder: Path) -> list[str]:
    """The paths of the files below the folder that may be readable, in order.

    Raises CorpusError as `read_corpus` does.
    """
    return [path for path, _ in sorted(_walk(_checked_root(folder), []))]


def _is_same(data: bytes, path: str, reader_of: Callable[[str, str], str | None]) -> bool:
    """Whether these bytes were read before by the reader that would read them today."""
    reader = reader_of(path, hashlib.sha256(data).hexdigest())
    if reader is None:
        return False
    try:
        format = format_of(data, path)
    except Unreadable:
        return False
    return reader == "text" if format in PLAIN else is_current(reader, format)


def make_document(
    path: str,
    data: bytes,
    *,
    parser: Isolated | None = None,
    known: Callable[[str, str], Document | None] | None = None,
) -> Document:
    """A document of a file's bytes; CorpusError, with the reason, where they are not read.

    What is no plain text is parsed by ``parser``, or in a process started for this file alone.
    """
    digest = hashlib.sha256(data).hexdigest()
    try:
        format = format_of(data, path)
        if format in PLAIN:
            text, encoding = decode(data)
            return text_document(path, text, digest, encoding, len(data), format)
        before = known(path, digest) if known else None
        if before is not None and is_current(before.reader, format):
            # What a block is under may have been found by an older version of this program.
            return replace(before, blocks=outlined(before.text, before.blocks))
        if parser is not None:
            reading = parser.read(data, path)
        else:
            with Isolated() as own:
                reading = own.read(data, path)
    except Unreadable as error:
        raise CorpusError(str(error)) from None
    return Document(
        path=path,
        text=reading.text,
        sha256=digest,
        encoding="",
        size=len(data),
        line_starts=line_starts(reading.text),
        blocks=outlined(reading.text, reading.blocks),
        page_starts=reading.page_starts,
        reader=reading.reader,
        title=reading.title,
        date=reading.date,
    )


def text_document(
    path: str, text: str, sha256: str, encoding: str, size: int, format: str = "text"
) -> Document:
    """A document of plain text, with its structure."""
    blocks = outlined(text, blocks_of_data(text, format) or blocks_of(text, format))
    return Document(path, text, sha256, encoding, size, line_starts(text), blocks)


def _checked_root(folder: Path) -> Path:
    try:
        root = folder.resolve(strict=True)
        if not root.is_dir():
            raise CorpusError(f"{folder} is not a folder; name the folder that holds the texts.")
        os.scandir(root).close()
    except FileNotFoundError:
        raise CorpusError(f"There is no folder {folder}; name one with --corpus.") from None
    except PermissionError:
        raise CorpusError(f"The folder {folder} may not be read; check its permissions.") from None
    except ValueError:
        raise CorpusError("There is no folder of a name with a NUL in it.") from None
    except (OSError, RuntimeError) as error:
        raise CorpusError(f"The folder {folder} cannot be read: {_why(error)}.") from None
    return root


def _walk(root: Path, skipped: list[Skipped]) -> Iterator[tuple[str, str]]:
    """Regular files below root as (path, path with links resolved); the rest is ``skipped``.

    Every folder is read once, at its own place before any link to it: no loop is endless, and
    links among folders cannot multiply them.
    """
    visited = {_identity(root.stat())}
    folders: list[str] = [""]
    links: list[str] = []
    while folders or links:
        if folders:
            at = folders.pop()
        else:
            at = links.pop(0)
            try:
                identity = _identity((root / at).stat())
            except OSError as error:
                skipped.append(Skipped(at, _why(error)))
                continue
            if identity in visited:
                skipped.append(Skipped(at, "a link to a folder that is read already"))
                continue
            visited.add(identity)
        try:
            with os.scandir(root / at) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
            real_folder = Path(os.path.realpath(root / at))  # fails where a link vanishes meanwhile
        except OSError as error:
            skipped.append(Skipped(at + "/", _why(error)))
            continue
        for entry in entries:
            path = f"{at}/{entry.name}" if at else entry.name
            if (reason := _name_trouble(entry.name)) is not None:
                if entry.name not in _NOT_WORTH_A_WORD:
                    skipped.append(Skipped(_shown(path), reason))
                continue
            try:
                real = real_folder / entry.name
                if entry.is_symlink():
                    real = real.resolve(strict=True)
                if not real.is_relative_to(root):
                    skipped.append(Skipped(path, "a link that leads out of the folder"))
                    continue
                status = entry.stat()
                if stat.S_ISDIR(status.st_mode) and entry.is_symlink():
                    links.append(path)
                elif stat.S_ISDIR(status.st_mode):
                    identity = _identity(status)
                    if identity not in visited:
                        visited.add(identity)
                        folders.append(path)
                elif not stat.S_ISREG(status.st_mode):
                    skipped.append(Skipped(path, "not a regular file"))
                elif entry.name.lower().endswith(_NOT_PROSE):
                    skipped.append(Skipped(path, "not prose, by its suffix"))
                else:
                    yield path, real.relative_to(root).as_posix()
            except FileNotFoundError:
                skipped.append(Skipped(path, "a link that leads nowhere"))
            except (OSError, RuntimeError) as error:
                skipped.append(Skipped(path, _why(error)))


@contextmanager
def _opened_folder(root: Path) -> Iterator[int | None]:
    """A descriptor of the folder, or None where the system cannot open files below one."""
    if os.open not in os.supports_dir_fd:
        yield None
        return
    try:
        folder = os.open(root, _FOLDER_FLAGS)
    except OSError as error:
        raise CorpusError(f"The folder {root} cannot be read: {_why(error)}.") from None
    try:
        yield folder
    finally:
        os.close(folder)


def _open(below: int | None, root: Path, real: str) -> int:
    """Open the file without following any link: a part of the path may have been swapped."""
    flags = os.O_RDONLY | _NO_BLOCK | _NO_FOLLOW | _CLOSE_ON_EXEC | _BINARY
    if below is None:
        return os.open(root / real, flags)
    *folders, name = real.split("/")
    at = os.dup(below)
    try:
        for folder in folders:
            deeper = os.open(folder, _FOLDER_FLAGS | _NO_FOLLOW, dir_fd=at)
            os.close(at)
            at = deeper
        return os.open(name, flags, dir_fd=at)
    finally:
        os.close(at)


@contextmanager
def _regular(
    below: int | None, root: Path, real: str
) -> Iterator[tuple[BufferedReader, os.stat_result]]:
    """The file, opened, and what it is; CorpusError where it is none, is gone or cannot be read."""
    try:
        with os.fdopen(_open(below, root, real), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise CorpusError("not a regular file")
            yield file, status
    except FileNotFoundError:
        raise CorpusError("it vanished while the folder was read") from None
    except OSError as error:
        raise CorpusError(_why(error)) from None


@contextmanager
def opened_below(folder: Path, path: str) -> Iterator[tuple[BufferedReader, int]]:
    """A file of the corpus by its path, links within the folder resolved, and its size in bytes.

    Raises CorpusError where it is gone, cannot be read, or lies outside the folder by now.
    """
    root = _checked_root(folder)
    try:
        real = (root / path).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise CorpusError(_why(error)) from None
    if not real.is_relative_to(root):
        raise CorpusError("a link that leads out of the folder")
    with (
        _opened_folder(root) as below,
        _regular(below, root, real.relative_to(root).as_posix()) as (file, status),
    ):
        yield file, status.st_size


def _read_file(below: int | None, root: Path, real: str, limit: int) -> bytes:
    """The file's bytes; what it is and how large is asked of the opened file, not of its name."""
    with _regular(below, root, real) as (file, before):
        data = b"" if before.st_size > limit else file.read(limit + 1)
        after = os.fstat(file.fileno())
        if _unfinished(after):
            time.sleep(_SETTLES)
            after = os.fstat(file.fileno())
    if max(before.st_size, len(data)) > limit:
        raise CorpusError(f"larger than the limit of {limit:,} bytes")
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise CorpusError("it changed while it was read; read the folder again")
    return data


def _unfinished(status: os.stat_result) -> bool:
    """Whether it looks like a file that is being written: young, and of whole pages so far."""
    pages, rest = divmod(status.st_size, _PAGE)
    return pages > 0 and rest == 0 and abs(time.time() - status.st_mtime) < 1


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _name_trouble(name: str) -> str | None:
    """Why a file or folder of this name is not read, or None."""
    if any("\ud800" <= character <= "\udfff" for character in name):
        return "its name is not valid text"
    if any(character < " " or "\x7f" <= character <= "\x9f" for character in name):
        return "its name holds control characters"  # they would reach a terminal
    return "hidden" if name.startswith(".") else None


def _shown(path: str) -> str:
    """The path with what cannot be printed escaped."""
    text = path.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c >= " " and not "\x7f" <= c <= "\x9f" else ascii(c)[1:-1] for c in text)


def _why(error: BaseException) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "links that lead in a circle"
