"""Mail: who wrote to whom, when, about what; the text; quoted replies; attached documents."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message, MIMEPart
from typing import Any

from summit_qa.documents.formats import html
from summit_qa.documents.formats.reading import Builder, Limits, Reading, Unreadable, clean, joined

READER = "eml-2"
_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MOST_PARTS = 500
_INTRODUCTION = re.compile(
    r"^(?:On|Am|Le|El|Il|Op)\b.{5,200}"
    r"(?:wrote|schrieb.*|a écrit|escribió|ha scritto|schreef.*)\s*:$"
    r"|^-+\s*(?:Original Message|Forwarded message|Ursprüngliche Nachricht)\s*-+$",
    re.IGNORECASE,
)
_ITEM = re.compile(r"^\s*(?:[-*•·]|\(?\d{1,3}[.)])\s+\S")
_QUOTED = re.compile(r"^((?:>[ ]?)+)")

ReadAttached = Callable[[bytes, str, Limits], Reading]


def read_eml(data: bytes, limits: Limits, read: ReadAttached) -> Reading:
    """The text of a mail; what is attached and readable follows as further pages."""
    try:
        message = message_from_bytes(data, policy=policy.default)
    except Exception as error:  # the parser raises whatever it stumbles over
        raise Unreadable(f"a damaged mail ({type(error).__name__})") from None
    if not isinstance(message, EmailMessage):
        raise Unreadable("a damaged mail")
    builder = Builder(limits)
    builder.page()
    headers = {name: _header(message, name) for name in _HEADERS}
    for name, value in headers.items():
        if value:
            builder.add("meta", f"{name}: {value}", label=name.lower())
    attached = _body(builder, message)
    for part in attached[:_MOST_PARTS]:
        _attached(builder, part, limits, read)
    return builder.build(READER, headers["Subject"], _date(message))


def _header(message: EmailMessage, name: str) -> str:
    try:
        return clean(str(message.get(name) or ""))
    except Exception:  # broken headers raise on being looked at
        return ""


def _date(message: EmailMessage) -> str:
    try:
        stamp: datetime | None = getattr(message["Date"], "datetime", None)
    except Exception:
        return ""
    return stamp.date().isoformat() if stamp else ""


def _body(builder: Builder, message: EmailMessage) -> list[MIMEPart]:
    """Write the text, plain rather than HTML; gives the parts that are attached."""
    attached: list[MIMEPart] = []
    stack: list[Any] = [message]
    seen = 0
    while stack and seen < _MOST_PARTS:
        part = stack.pop()
        seen += 1
        if not isinstance(part, MIMEPart):
            continue
        kind = part.get_content_type()
        if kind == "message/rfc822" or _is_attached(part):
            attached.append(part)
        elif part.is_multipart():
            below = list(part.iter_parts())
            if kind == "multipart/alternative":
                best = [
                    p for p in below if p.get_content_type() == "text/plain" and _content(p).strip()
                ]
                below = best[:1] or [p for p in below if p.get_content_type() != "text/plain"][-1:]
            stack.extend(reversed(below))
        elif kind == "text/html":
            _html(builder, part)
        elif kind.startswith("text/"):
            write_text(builder, _content(part), flowed=_is_flowed(part))
    return attached


def _is_attached(part: MIMEPart) -> bool:
    try:
        return part.get_content_disposition() == "attachment" or (
            bool(part.get_filename()) and not part.is_multipart()
        )
    except Exception:
        return False


def _is_flowed(part: MIMEPart) -> bool:
    try:
        return part.get_param("format", "") == "flowed"
    except Exception:
        return False


def _bytes(part: MIMEPart) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except Exception:
        return b""
    return data if isinstance(data, bytes) else b""


def _charset(part: MIMEPart) -> str:
    try:
        return part.get_content_charset() or ""
    except Exception:
        return ""


def _content(part: MIMEPart) -> str:
    return html.markup_of(_bytes(part), _charset(part))


def _html(builder: Builder, part: MIMEPart) -> None:
    try:
        html.write(builder, html.parse(_content(part)))
    except Unreadable:
        if len(builder.blocks) == 0:
            raise


def _attached(builder: Builder, part: MIMEPart, limits: Limits, read: ReadAttached) -> None:
    name = clean(str(part.get_filename() or "")) or "attached message"
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        data = first.as_bytes() if isinstance(first, Message) else b""
        name = "message.eml"
    else:
        data = _bytes(part)
    builder.add("meta", f"Attached: {name}", label="attached")
    if not data:
        return
    try:
        builder.include(read(data, name, limits))
    except Unreadable:
        return  # a picture or the like; its name stands in the text


def write_text(builder: Builder, text: str, flowed: bool = False) -> None:
    """Plain text of a mail: paragraphs of wrapped lines, quoted replies by their level."""
    waiting: list[str] = []
    level = 0
    item = False
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    width = _width(lines)

    def flush() -> None:
        content = joined(waiting)
        if _INTRODUCTION.match(content):
            builder.add("meta", content)
        elif level:
            builder.add("quote", content, level)
        else:
            builder.add("item" if item else "paragraph", content)
        waiting.clear()

    for number, raw in enumerate(lines):
        found = _QUOTED.match(raw)
        depth = found[1].count(">") if found else 0
        line = raw[found.end() :] if found else raw
        if line.rstrip() == "--" and not depth:  # the signature follows
            flush()
            level, item = 0, False
            continue
        new_item = bool(_ITEM.match(line))
        if waiting and (
            depth != level
            or not line.strip()
            or new_item
            or not _goes_on(waiting[-1], line, width, flowed)
        ):
            flush()
        if not line.strip():
            item = False
            continue
        if not waiting:
            item, level = new_item, depth
        waiting.append(line if flowed else line.rstrip())
        if _INTRODUCTION.match(joined(waiting)) and _is_quote(lines, number + 1):
            flush()
    flush()


def _is_quote(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 3] if line.strip()), "")
    return following.startswith(">") or at >= len(lines) - 1 or not following.strip()


def _width(lines: list[str]) -> int:
    """Where the text is wrapped: most lines of a wrapped text end a little before it."""
    lengths = sorted(len(line) for line in lines if line.strip())
    if not lengths:
        return 72
    return min(lengths[int(0.95 * (len(lengths) - 1))], 100)


def _goes_on(above: str, line: str, width: int, flowed: bool) -> bool:
    """Whether a line belongs to the paragraph of the one above."""
    if flowed and above.endswith(" "):
        return True
    above = above.rstrip()
    if above.startswith("On ") and not above.endswith((".", ":")) and line.rstrip().endswith(":"):
        return True  # an introduction over two lines
    first = line.strip().split(" ", 1)[0]
    return len(above) + 1 + len(first) > min(width, 72) - 3 and len(above) > 30
