"""What the characters of a file's bytes are."""

from __future__ import annotations

import codecs
import re
from typing import Any

from summit_qa.errors import CorpusError

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
_CONTROL_BYTES = bytes((*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F))
_CONTROL = re.compile(rf"[{re.escape(_CONTROL_BYTES.decode())}]")


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
    data = beginning.encode("utf-8", "surrogatepass")
    # Counted in bytes, which is ten times as fast: no byte of a longer character is one of these.
    if len(data) - len(data.translate(None, _CONTROL_BYTES)) > 2 + len(beginning) // 500:
        raise CorpusError("binary file")
