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
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from summit_qa.types import CorpusError, Document, Progress, Skipped, Span

MAX_FILE_BYTES = 32 * 1024 * 1024
_LINE_END = re.compile(r"\r\n|\r|\n")
_MARKS = (  # the longer marks first: UTF-32 LE begins like UTF-16 LE
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
# Text by form, but not prose that a person would ask about.
_NOT_PROSE = frozenset(
    ".svg .ipynb .lock .map .min.js .css .pem .key .crt .p12 .onnx .gguf .bin .pkl".split()
)


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
    for done, path in enumerate(files, 1):
        try:
            data = _read_file(root / path, max_file_bytes)
            documents.append(make_document(path, data))
        except CorpusError as error:
            skipped.append(Skipped(path, str(error)))
        if progress:
            progress(done, len(files), "files read")
    return CorpusReading(tuple(documents), tuple(sorted(skipped, key=lambda item: item.path)))


def make_document(path: str, data: bytes) -> Document:
    """A document of the bytes; CorpusError where they are not text."""
    text, encoding = decode(data)
    digest = hashlib.sha256(data).hexdigest()
    return Document(path, text, digest, encoding, len(data), line_starts(text))


def decode(data: bytes) -> tuple[str, str]:
    """Text without its byte order mark, and the encoding; CorpusError for what is no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), encoding
            except UnicodeDecodeError:
                raise CorpusError(f"damaged {encoding.removesuffix('-sig')} text") from None
    if b"\0" not in data:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            return _decode_legacy(data)
        _refuse_control(text)
        return text, "utf-8"
    for encoding, odd in (("utf-16-le", 1), ("utf-16-be", 0)):
        # Plain Latin text in UTF-16 has a zero in every second byte, and only there.
        if len(data) % 2 == 0 and data[odd::2].count(0) > 0.4 * len(data[odd::2]):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if not _CONTROL.search(text):
                return text, encoding
    raise CorpusError("binary file")


def _decode_legacy(data: bytes) -> tuple[str, str]:
    """Text in an encoding that charset-normalizer detects from up to 256 KB."""
    from charset_normalizer import from_bytes

    best = from_bytes(data[:262_144]).best()
    if best is None:
        raise CorpusError("binary file, or text in an unknown encoding")
    for encoding in (best.encoding, "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        _refuse_control(text)
        return text, encoding
    raise CorpusError("text in an unknown encoding")


def _refuse_control(text: str) -> None:
    """CorpusError where control characters say that this is no text."""
    count = sum(1 for _ in _CONTROL.finditer(text[:65_536]))
    if count > 2 + len(text[:65_536]) // 500:
        raise CorpusError("binary file")


def line_starts(text: str) -> tuple[int, ...]:
    """The character at which each line begins; a text always has a first line."""
    return (0, *(match.end() for match in _LINE_END.finditer(text) if match.end() < len(text)))


def line_at(document: Document, char: int) -> int:
    """The line, from 1, that holds the character; line ends belong to the line they end."""
    return bisect_right(document.line_starts, char)


def line_count(document: Document) -> int:
    """How many lines the document has."""
    return len(document.line_starts) if document.text else 0


def line_text(document: Document, line: int) -> str:
    """The line without its line end; IndexError where there is no such line."""
    if not 1 <= line <= len(document.line_starts):
        raise IndexError(f"{document.path} has no line {line}.")
    start = document.line_starts[line - 1]
    stop = (
        document.line_starts[line] if line < len(document.line_starts) else len(document.text)
    )
    return document.text[start:stop].rstrip("\r\n")


def span_of(document: Document, start: int, end: int) -> Span:
    """Characters start to end (half-open) with the lines that hold them."""
    return Span(start, end, line_at(document, start), line_at(document, max(start, end - 1)))


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


def _walk(root: Path, skipped: list[Skipped]) -> Iterator[str]:
    """Paths of regular files below root; everything else goes to ``skipped``."""
    waiting: list[tuple[str, frozenset[tuple[int, int]]]] = [("", frozenset({_identity(root)}))]
    while waiting:
        at, above = waiting.pop()
        try:
            entries = sorted(os.scandir(root / at), key=lambda entry: entry.name)
        except OSError as error:
            skipped.append(Skipped(at + "/", _why(error)))
            continue
        for entry in entries:
            path = f"{at}/{entry.name}" if at else entry.name
            if not _valid_name(entry.name):
                shown = path.encode("utf-8", "backslashreplace").decode()
                skipped.append(Skipped(shown, "its name is not valid text"))
                continue
            if entry.name.startswith("."):
                if entry.name not in (".gitkeep", ".gitignore", ".DS_Store"):
                    skipped.append(Skipped(path, "hidden"))
                continue
            try:
                if entry.is_symlink():
                    target = Path(entry.path).resolve(strict=True)
                    if not target.is_relative_to(root):
                        skipped.append(Skipped(path, "a link that leads out of the folder"))
                        continue
                mode = entry.stat().st_mode
                if stat.S_ISDIR(mode):
                    identity = _identity(root / path)
                    if identity in above:
                        skipped.append(Skipped(path, "a link that leads back to a folder above"))
                    else:
                        waiting.append((path, above | {identity}))
                elif not stat.S_ISREG(mode):
                    skipped.append(Skipped(path, "not a regular file"))
                elif any(entry.name.lower().endswith(suffix) for suffix in _NOT_PROSE):
                    skipped.append(Skipped(path, "not prose, by its suffix"))
                else:
                    yield path
            except FileNotFoundError:
                skipped.append(Skipped(path, "a link that leads nowhere"))
            except (OSError, RuntimeError) as error:
                skipped.append(Skipped(path, _why(error)))


def _read_file(path: Path, limit: int) -> bytes:
    """The file's bytes; it is opened once and checked after opening, so it cannot be swapped."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise CorpusError(_why(error)) from None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise CorpusError("not a regular file")
        if status.st_size > limit:
            raise CorpusError(f"larger than the limit of {limit:,} bytes")
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise CorpusError(_why(error)) from None
    if len(data) > limit:
        raise CorpusError(f"larger than the limit of {limit:,} bytes")
    return data


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _valid_name(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _why(error: BaseException) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "links that lead in a circle"
