"""Readers of the formats that people keep documents in; see docs/formats.md.

``format_of`` tells what a file is by its bytes, then its name; ``read`` makes text of it.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from importlib import import_module

from summit_qa.documents.blocks import blocks_of as blocks_of_prose
from summit_qa.documents.decoding import decode
from summit_qa.documents.formats.containers import Container
from summit_qa.documents.formats.plain import blocks_of
from summit_qa.documents.formats.reading import Limits, Reading, Unreadable
from summit_qa.errors import CorpusError

PLAIN = frozenset(
    (
        *("text", "csv", "tsv", "json", "jsonl", "yaml", "xml", "srt", "vtt", "ics"),
        *("code", "ini", "tex", "org", "adoc", "rst"),
    )
)
PARSED = {  # the reader of each, with its version
    "pdf": "pdf-2",
    "docx": "docx-2",
    "pptx": "pptx-1",
    "xlsx": "xlsx-3",
    "odt": "odt-2",
    "html": "html-2",
    "epub": "epub-2",
    "eml": "eml-2",
    "rtf": "rtf-1",
    "ipynb": "ipynb-1",
    "gzip": "gzip-2",
}
_BY_NAME = {
    "csv": "csv",
    "tsv": "tsv",
    "tab": "tsv",
    "json": "json",
    "geojson": "json",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "yaml": "yaml",
    "yml": "yaml",
    "xml": "xml",
    "rss": "xml",
    "atom": "xml",
    "srt": "srt",
    "vtt": "vtt",
    "ics": "ics",
    "ical": "ics",
    **dict.fromkeys(("ini", "cfg", "toml", "conf", "properties", "desktop", "service"), "ini"),
    **dict.fromkeys(("tex", "ltx"), "tex"),
    "org": "org",
    **dict.fromkeys(("adoc", "asciidoc", "asc"), "adoc"),
    "rst": "rst",
    **dict.fromkeys(
        (
            *("py", "pyi", "js", "mjs", "ts", "jsx", "tsx", "java", "kt", "scala", "c", "h", "cc"),
            *("cpp", "hpp", "cs", "go", "rs", "swift", "rb", "php", "pl", "lua", "r", "jl", "sql"),
            *("sh", "bash", "zsh", "ps1", "bat", "mk", "cmake", "dart", "hs", "ex", "erl", "clj"),
        ),
        "code",
    ),
}
_IMAGE = "an image; its text, if any, is not read"
_SOUND = "sound or film; only text is read"
_ARCHIVE = "an archive; unpack it into the folder first"
_PROGRAM = "a program, no document"
_OLD_OFFICE = "an Office file of before 2007; save it in the current format (.docx, .xlsx, .pptx)"
# What files of other kinds begin with, and why they are not read.
_REFUSED: tuple[tuple[bytes, str], ...] = (
    *((mark, _IMAGE) for mark in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM")),
    *((mark, _IMAGE) for mark in (b"\0\0\x01\0", b"8BPS", b"AT&TFORM")),
    *(
        (mark, _SOUND)
        for mark in (b"ID3", b"\xff\xfb", b"OggS", b"fLaC", b"\x1aE\xdf\xa3", b"FLV\x01")
    ),
    *(
        (mark, _ARCHIVE)
        for mark in (b"7z\xbc\xaf", b"Rar!\x1a", b"\xfd7zXZ", b"BZh", b"(\xb5/\xfd")
    ),
    *((mark, _ARCHIVE) for mark in (b"!<arch>\n", b"MSCF", b"xar!")),
    *((mark, _PROGRAM) for mark in (b"\x7fELF", b"MZ\x90\0", b"\xca\xfe\xba\xbe", b"\0asm")),
    *((mark, _PROGRAM) for mark in (b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_OFFICE),
    (b"SQLite format 3\0", "a database; export what you need as CSV"),
    (b"%!PS", "PostScript; save it as PDF"),
)
_OPEN = (b"text", b"spreadsheet", b"presentation")  # kinds of OpenDocument that are read
_HTML = re.compile(
    rb"(?:\s|<!--.{0,2000}?-->|<\?xml[^>]{0,200}>)*<(?:!doctype\s+html|html|head|body|title)\b",
    re.IGNORECASE | re.DOTALL,
)
_HEADER = re.compile(rb"(?:From [^\r\n]{1,500}\r?\n)?([A-Za-z][A-Za-z0-9-]{1,60}):[ \t]", re.ASCII)
_MAIL = frozenset(
    b"from to date subject received return-path message-id mime-version delivered-to "
    b"content-type x-mailer cc reply-to sender".split()
)


def format_of(data: bytes, name: str) -> str:
    """The format's name, "text" for what is left to reading as plain text.

    Raises Unreadable where the bytes are of a kind that is not read, with the reason.
    """
    if data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\0").startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\x1f\x8b"):
        return "gzip"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packed(data)
    if data.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"{\\rtf"):
        return "rtf"
    for mark, reason in _REFUSED:
        if data.startswith(mark) and (b"\0" in data[:4096] or not _is_ascii(data[:64])):
            raise Unreadable(reason)
    if data.startswith(b"%!PS"):
        raise Unreadable("PostScript; save it as PDF")
    if data[4:8] == b"ftyp":
        raise Unreadable(_IMAGE if data[8:12] in (b"heic", b"heix", b"avif", b"mif1") else _SOUND)
    if data.startswith(b"RIFF") and data[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        raise Unreadable(_IMAGE if data[8:12] == b"WEBP" else _SOUND)
    if data[257:262] == b"ustar":
        raise Unreadable(_ARCHIVE)
    return _textual(data, name.lower())


def is_current(reader: str, format: str) -> bool:
    """Whether a file of the format would be read by this reader today."""
    return reader in PARSED.values() if format == "gzip" else reader == PARSED.get(format)


def _is_ascii(data: bytes) -> bool:
    return all(9 <= byte < 127 for byte in data)


def _textual(data: bytes, name: str) -> str:
    suffix = name.rpartition(".")[2] if "." in name else ""
    if suffix in ("md", "markdown", "txt", "rst") or _BY_NAME.get(suffix) == "code":
        return _BY_NAME.get(suffix, "text")  # Markdown may begin with a tag, a letter with "From:"
    if suffix == "ipynb" and data.lstrip()[:1] == b"{":
        return "ipynb"
    if suffix in ("html", "htm", "xhtml") or _HTML.match(data[:8192].lstrip(b"\xef\xbb\xbf")):
        return "html"
    if suffix in ("eml", "mime", "mht", "mhtml") or _is_mail(data):
        return "eml"
    return _BY_NAME.get(suffix, "text")


def _is_mail(data: bytes) -> bool:
    """Whether the first lines are a mail's headers, one of which mail systems add."""
    names: set[bytes] = set()
    for line in data[:8192].splitlines()[:40]:
        if not line.strip():
            break
        if line[:1] in b" \t":
            continue
        found = _HEADER.match(line)
        if found is None:
            if line.startswith(b"From "):
                continue
            return False
        names.add(found[1].lower())
    known = names & _MAIL
    carried = names & {b"message-id", b"received", b"mime-version", b"return-path"}
    return len(known) >= 3 and bool(carried)


def _packed(data: bytes) -> str:
    """What a zip file is, by its parts."""
    files = Container(data, Limits(unpacked_bytes=1 << 40))
    names = {name.lower() for name in files.names}
    kind = (files.read("mimetype") or b"")[:100] if _is_small(files) else b""
    if kind.startswith(b"application/epub+zip") or "meta-inf/container.xml" in names:
        return "epub"
    if kind.startswith(tuple(b"application/vnd.oasis.opendocument." + it for it in _OPEN)):
        return "odt"
    if kind.startswith(b"application/vnd.oasis.opendocument"):
        raise Unreadable("an OpenDocument drawing or database; save it as PDF")
    if "[content_types].xml" in names:
        for folder, format in (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx")):
            if any(name.startswith(folder) for name in names):
                return format
    if "content.xml" in names and "meta.xml" in names:
        return "odt"
    raise Unreadable(_ARCHIVE)


def _is_small(files: Container) -> bool:
    return "mimetype" in files and files.size("mimetype") < 1000


def read(data: bytes, name: str, limits: Limits | None = None) -> Reading:
    """The text of a file in this process; ``isolated`` does it in one that may die.

    Raises Unreadable with a one-line reason.
    """
    limits = limits or Limits()
    if len(data) > limits.bytes:
        raise Unreadable(f"larger than the limit of {limits.bytes:,} bytes")
    try:
        return _read(format_of(data, name), data, name, limits)
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except MemoryError:
        raise Unreadable("reading it takes more memory than the limit") from None


def _read(format: str, data: bytes, name: str, limits: Limits) -> Reading:
    if format == "gzip":
        return _read_packed(data, name, limits)
    if format in PARSED:  # the library of a format is imported when the first such file is met
        reader = import_module(f"{__name__}.{format}")
        more = (_read_within,) if format == "eml" else ()
        reading: Reading = getattr(reader, f"read_{format}")(data, limits, *more)
        return reading
    try:
        text = decode(data)[0]
    except CorpusError as error:
        raise Unreadable(str(error)) from None
    return Reading(text, tuple(blocks_of(text, format) or blocks_of_prose(text, format)))


def _read_packed(data: bytes, name: str, limits: Limits) -> Reading:
    reading = _read_within(_unpacked(data, limits), re.sub(r"(?i)\.gz(ip)?$", "", name), limits)
    # "text" promises that the document is the file itself, character for character.
    return replace(reading, reader=PARSED["gzip"]) if reading.reader == "text" else reading


def _read_within(data: bytes, name: str, limits: Limits) -> Reading:
    """A file that another one holds; there may be few such levels."""
    if limits.depth <= 0:
        raise Unreadable("files within files, more deeply than the limit")
    return read(data, name, limits.deeper())


def _unpacked(data: bytes, limits: Limits) -> bytes:
    found = bytearray()
    rest = data
    try:
        while rest.startswith(b"\x1f\x8b"):
            unpacker = zlib.decompressobj(wbits=31)
            found += unpacker.decompress(rest, limits.unpacked_bytes - len(found) + 1)
            if len(found) > limits.unpacked_bytes:
                raise Unreadable(
                    f"it unpacks to more than the limit of {limits.unpacked_bytes:,} bytes"
                )
            if not unpacker.eof:
                raise Unreadable("a packed file that is cut short")
            rest = unpacker.unused_data
    except zlib.error:
        raise Unreadable("a damaged packed file") from None
    return bytes(found)
