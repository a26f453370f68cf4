"""Sections, commands and listings of markups that are read as text: TeX, Org, AsciiDoc, reST."""

from __future__ import annotations

import re
from collections.abc import Sequence

from summit_qa.documents.marks import Line

_TEX_LEVELS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph")
_SECTIONS = {  # what begins a heading in a markup: its mark and its words
    "tex": re.compile(rf"\\({'|'.join(_TEX_LEVELS)})\*?\{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}"),
    "org": re.compile(r"(\*+)\s+(\S.*)"),
    "adoc": re.compile(r"(={1,6})\s+(\S.*)"),
}
_TITLES = {"tex": re.compile(r"\\title\{([^{}]+)\}"), "org": re.compile(r"(?i)#\+title:\s*(\S.*)")}
_COMMANDS = {  # lines that a reader of the page never sees
    "tex": re.compile(
        r"%|\\(?:begin|end|label|index|usepackage|documentclass|maketitle|tableofcontents|input"
        r"|include|newcommand|bibliography|centering|includegraphics|vspace|hline|newpage)\b"
    ),
    "org": re.compile(r"#\+|# |:[A-Z_]+:"),
    "adoc": re.compile(r"//|\[[^\]]*\]$|:[\w!-]+:|(?:-{4,}|={4,}|\.{4,}|\+{4,}|\*{4,}|_{4,}|\+)$"),
    "rst": re.compile(r"\.\. (?!\[|_\S+:\s*$)"),
}
_LISTING = re.compile(r"\.\. (?:code|code-block|sourcecode|parsed-literal|highlight|math)::")


class Markup:
    """What a markup ("tex", "org", "adoc", "rst" or another name for none) says of lines.

    ``lines`` are the lines with blank ones for commands, which a reader of the page never sees.
    ``sections`` give start, end and level of headings by line; level 0 is the title.
    ``listings`` are lines below which code is set in.
    """

    def __init__(self, name: str, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.sections: dict[int, tuple[int, int, int]] = {}
        self.listings: frozenset[int] = frozenset()
        self._quotes = name == "rst"  # what "::" at a line's end announces is code
        commands = _COMMANDS.get(name)
        if commands is None:
            return
        for at, line in enumerate(lines):
            if line.text and (section := _section(line, name)) is not None:
                self.sections[at] = section
        if self._quotes:
            self.listings = frozenset(
                at for at, line in enumerate(lines) if _LISTING.match(line.text)
            )
        seen = self.sections.keys() | self.listings
        self.lines = [
            Line(line.start, line.start, 0, "")
            if at not in seen and commands.match(line.text)
            else line
            for at, line in enumerate(lines)
        ]

    def announces(self, at: int) -> bool:
        """Whether what is set in below the line is code."""
        return self._quotes and self.lines[at].text.endswith("::")

    def listing_end(self, at: int) -> int:
        """After the lines that are set in deeper than the line that announces them."""
        column = self.lines[at].column
        at += 1
        while at < len(self.lines) and (not self.lines[at].text or self.lines[at].column > column):
            at += 1
        return at


def _section(line: Line, name: str) -> tuple[int, int, int] | None:
    if line.column:
        return None
    title = _TITLES[name].match(line.text) if name in _TITLES else None
    if title is not None:
        return line.start + title.start(1), line.start + title.end(1), 0
    match = _SECTIONS[name].match(line.text) if name in _SECTIONS else None
    if match is None or not match[2].strip():
        return None
    level = _TEX_LEVELS.index(match[1]) if name == "tex" else len(match[1])
    return line.start + match.start(2), line.start + match.end(2), max(1, min(6, level))
