"""Reads a folder of text safely: what can be read becomes a `Document`, the rest is reported.

Every character of a file is kept but a byte order mark. Lines end at "\\n", "\\r\\n" or a lone
"\\r", as editors count them; nothing else ends a line.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summit_qa.documents.blocks import blocks_of
from summit_qa.documents.lines import line_starts
from summit_qa.documents.outline import outlined
from summit_qa.errors import CorpusError
from summit_qa.types import Document, Progress, Skipped

MAX_FILE_BYTES = 32 * 1024 * 1024
_MARKS = (  # the longer marks first: UTF-32 LE begins like UTF-16 LE
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF8_CHARACTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH_BYTES = bytes(range(0x80, 0x100))
_SAMPLE_BYTES = 262_144  # for detecting an encoding
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
# Text by form, but not prose that a person would ask about.
_NOT_PROSE = (
    *(".css", ".ipynb", ".lock", ".map", ".min.js", ".svg"),
    *(".bin", ".gguf", ".onnx", ".pkl"),
    *(".crt", ".key", ".p12", ".pem"),
)
_NOT_WORTH_A_WORD = frozenset((".gitkeep", ".gitignore", ".DS_Store"))
# Not every system has every flag.
_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
_NO_BLOCK: int = getattr(os, "O_NONBLOCK", 0)  # opening a FIFO must not wait for a writer
_CLOSE_ON_EXEC: int = getattr(os, "O_CLOEXEC", 0)
_BINARY: int = getattr(os, "O_BINARY", 0)
_FOLDER_FLAGS: int = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _CLOSE_ON_EXEC


@dataclass(frozen=True, slots=True)
class CorpusReading:
    """The documents of a folder in order of path, and what was not read and why."""

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]


def read_corpus(
    folder: Path, *, max_file_bytes: int = MAX_FILE_BYTES, progress: Progress | None = None
) -> CorpusReading:
    """Every readable text file below the folder; one bad file never stops the rest.

    Raises CorpusError where the folder is missing, no folder, or cannot be listed.
    """
    root = _checked_root(folder)
    skipped: list[Skipped] = []
    files = sorted(_walk(root, skipped))
    documents: list[Document] = []
    with _opened_folder(root) as below:
        for done, (path, real) in enumerate(files, 1):
            try:
                documents.append(make_document(path, _read_file(below, root, real, max_file_bytes)))
            except CorpusError as error:
                skipped.append(Skipped(path, str(error)))
            if progress:
                progress(done, len(files), "files read")
    return CorpusReading(tuple(documents), tuple(sorted(skipped, key=lambda item: item.path)))


def make_document(path: str, data: bytes) -> Document:
    """A document of the bytes; CorpusError where they are not text."""
    text, encoding = decode(data)
    digest = hashlib.sha256(data).hexdigest()
    return text_document(path, text, digest, encoding, len(data))


def text_document(path: str, text: str, sha256: str, encoding: str, size: int) -> Document:
    """A document of plain text, with its structure."""
    blocks = outlined(text, blocks_of(text))
    return Document(path, text, sha256, encoding, size, line_starts(text), blocks)


def decode(data: bytes) -> tuple[str, str]:
    """Text without its byte order mark, and the encoding; CorpusError for what is no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                raise CorpusError(f"damaged {encoding.removesuffix('-sig')} text") from None
            _refuse_control(text)
            return text, encoding
    if b"\0" in data:
        return _decode_wide(data)
    try:
        text, encoding = data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if _is_damaged_utf8(data):
            where = f"at byte {error.start + 1:,}"
            raise CorpusError(f"damaged utf-8 text {where}; save it again as UTF-8") from None
        text, encoding = _decode_legacy(data)
    _refuse_control(text)
    return text, encoding


def _decode_wide(data: bytes) -> tuple[str, str]:
    """UTF-16 without a mark: Latin text has a zero in every second byte, and only there."""
    for encoding, odd in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(data) % 2 == 0 and data[odd::2].count(0) > 0.4 * len(data[odd::2]):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if not _CONTROL.search(text):
                return text, encoding
    raise CorpusError("binary file")


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether nearly all bytes above ASCII form UTF-8 characters, as no other encoding does."""
    rest, characters = _UTF8_CHARACTER.subn(b"", data)
    strays = len(rest) - len(rest.translate(None, _HIGH_BYTES))
    return characters >= 2 and strays <= max(3, characters // 10) and strays < characters


def _decode_legacy(data: bytes) -> tuple[str, str]:
    """Text in an encoding that charset-normalizer detects from the first 256 KB."""
    from charset_normalizer import from_bytes

    matches = from_bytes(data[:_SAMPLE_BYTES])
    best = matches.best()
    if best is None:
        raise CorpusError("binary file, or text in an unknown encoding")
    # Short western text fits a dozen encodings equally; the commonest by far is then the likeliest.
    equal = [match.encoding for match in matches if _fit(match) == _fit(best)]
    for encoding in (*(["cp1252"] if "cp1252" in equal else []), best.encoding):
        try:
            return data.decode(encoding), encoding
        except (UnicodeDecodeError, LookupError):
            continue
    raise CorpusError("text in an unknown encoding")


def _fit(match: Any) -> tuple[float, float]:
    return float(match.chaos), float(match.coherence)


def _refuse_control(text: str) -> None:
    """CorpusError where control characters say that this is no text."""
    beginning = text[:65_536]
    if len(_CONTROL.findall(beginning)) > 2 + len(beginning) // 500:
        raise CorpusError("binary file")


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
        except OSError as error:
            skipped.append(Skipped(at + "/", _why(error)))
            continue
        real_folder = Path(os.path.realpath(root / at))
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


def _read_file(below: int | None, root: Path, real: str, limit: int) -> bytes:
    """The file's bytes; what it is and how large is asked of the opened file, not of its name."""
    try:
        with os.fdopen(_open(below, root, real), "rb") as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise CorpusError("not a regular file")
            data = b"" if before.st_size > limit else file.read(limit + 1)
            after = os.fstat(file.fileno())
    except FileNotFoundError:
        raise CorpusError("it vanished while the folder was read") from None
    except OSError as error:
        raise CorpusError(_why(error)) from None
    if max(before.st_size, len(data)) > limit:
        raise CorpusError(f"larger than the limit of {limit:,} bytes")
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise CorpusError("it changed while it was read; read the folder again")
    return data


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
