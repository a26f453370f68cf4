"""RTF: its text line by line, headings by their outline level, rows of tables."""

from __future__ import annotations

import re

from summit_qa.documents.formats.reading import Builder, Limits, Reading, Unreadable

READER = "rtf-1"
_MARK = 0xE000  # a private character that stands for the outline level of its paragraph
_OUTLINE = re.compile(r"\\outlinelevel([0-8])(?!\d) ?")
_TITLE = re.compile(r"\{\\title\s+([^{}\\]{1,300})\}")
_CREATED = re.compile(r"\{\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
_BULLET = re.compile(r"^(?:[•·▪◦\uf0b7-]|(\d{1,3}[.)]))\s+")


def read_rtf(data: bytes, limits: Limits) -> Reading:
    """The text of an RTF file."""
    from striprtf.striprtf import rtf_to_text

    source = data.decode("latin-1")
    marked = _OUTLINE.sub(lambda found: f"\\u{_MARK + int(found[1]) - 65536}?", source)
    try:
        text: str = rtf_to_text(marked, errors="replace")  # type: ignore[no-untyped-call]
    except Exception as error:  # the library raises whatever it stumbles over
        raise Unreadable(f"damaged RTF ({type(error).__name__})") from None
    builder = Builder(limits)
    rows = 0
    for line in text.split("\n"):
        level = next((ord(c) - _MARK + 1 for c in line[:3] if _MARK <= ord(c) < _MARK + 9), 0)
        line = re.sub("[\ue000-\ue008]", "", line).strip()
        if line.endswith("|"):
            builder.row("row" if rows else "header", line[:-1].split("|"))
            rows += 1
            continue
        rows = 0
        if level:
            builder.add("heading", line, min(level, 6))
        elif found := _BULLET.match(line):
            number = f"{found[1]} " if found[1] else ""
            builder.add("item", number + line[found.end() :])
        else:
            builder.add("paragraph", line)
    title, created = _TITLE.search(source), _CREATED.search(source)
    date = f"{created[1]}-{int(created[2]):02}-{int(created[3]):02}" if created else ""
    return builder.build(READER, title[1] if title else "", date)
