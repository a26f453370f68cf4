"""Structure of data kept as text. The document stays the file; only blocks are made of it.

Every function is linear in the text, needs no parser that a bomb could blow up, and does the
same for a file that is broken: what is not understood is simply no block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from summit_qa.documents.lines import lines_of
from summit_qa.types import Block, BlockKind, packed_blocks

_MOST_DEPTH = 50  # keys that a label names
_LONGEST_LABEL = 300
_LONGEST_LINE = 160  # of JSON that is one block


def blocks_of(text: str, format: str) -> Sequence[Block]:
    """Blocks of a text in one of the formats of this page; none for any other."""
    make: Callable[[str], Iterator[Block]] | None = {
        "csv": _table,
        "tsv": _table,
        "json": _json,
        "jsonl": _json,
        "yaml": _yaml,
        "xml": _xml,
        "srt": _subtitles,
        "vtt": _subtitles,
        "ics": _calendar,
        "code": _code,
        "ini": _settings,
    }.get(format)
    return packed_blocks(make(text)) if make else ()


def _block(
    kind: BlockKind, text: str, start: int, end: int, level: int = 0, label: str = ""
) -> Iterator[Block]:
    """The trimmed block, if anything is left of it."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    if end > start:
        yield Block(kind, start, end, level, label)


def _table(text: str) -> Iterator[Block]:
    """Records of a table; one in quotes may run over several lines."""
    separator = _separator(text)
    kind: BlockKind | None = None
    start = 0
    quoted = False
    for at, line in lines_of(text):
        if not quoted:
            start = at
        quoted = _is_open(line, quoted, separator)
        if quoted and at - start < 100_000:
            continue
        quoted = False
        end = at + len(line)
        if not text[start:end].strip():
            continue
        if kind is None:
            kind = "header" if _is_header(text[start:end], separator) else "row"
        yield from _block(kind, text, start, end)
        kind = "row"
    if quoted:
        yield from _block(kind or "row", text, start, len(text))


def _is_open(line: str, quoted: bool, separator: str) -> bool:
    """Whether a quoted cell goes on after the line; inches within a cell open and close none."""
    at = 0
    while (at := line.find('"', at)) >= 0:
        after = line[at + 1 : at + 2]
        if not quoted:
            quoted = at == 0 or line[at - 1] == separator
        elif after == '"':
            at += 1  # two of them stand for one
        elif after in ("", separator):
            quoted = False
        at += 1
    return quoted


def _separator(text: str) -> str:
    """The sign that parts as many cells in each of the first lines."""
    lines = [line for line in text[:20_000].splitlines()[:20] if line.strip()][:-1] or [text[:2000]]
    best, most = ",", (0.0, 0.0)
    for sign in ",;\t|":
        counts = [line.count(sign) for line in lines]
        if counts and counts[0]:
            same = sum(1 for count in counts if count == counts[0]) / len(counts)
            if (same, float(counts[0])) > most:
                best, most = sign, (same, float(counts[0]))
    return best


def _is_header(record: str, separator: str) -> bool:
    cells = [cell.strip().strip('"') for cell in record.split(separator)]
    return len(cells) > 1 and not any(re.fullmatch(r"[-+]?[\d.,]+%?", cell) for cell in cells)


def _path(keys: list[str]) -> str:
    return " › ".join(key for key in keys if key)[:_LONGEST_LABEL]


_TOKEN = re.compile(r'"(?:[^"\\\n\r]|\\.){0,100000}"|[{}\[\],:]|[^\s{}\[\],:"]+|"')


def _json(text: str) -> Iterator[Block]:
    """Each line with a value is a block; its label is the path of keys to the value.

    In a long line, as programs write them, each key with its value is one.
    """
    keys: list[str] = [""]
    depth = 0  # beyond what labels name
    pending = ""  # a string that may turn out to be a key
    key_start = -1
    starts = _Starts(text)
    line_start = line_end = -1
    label = ""
    for found in _TOKEN.finditer(text):
        sign = found[0]
        if sign in "{[":
            pending, key_start = "", -1
            if len(keys) < _MOST_DEPTH:
                keys.append("")
            else:
                depth += 1
        elif sign in "}]":
            pending = ""
            if depth:
                depth -= 1
            elif len(keys) > 1:
                keys.pop()
        elif sign == ":":
            if not depth:
                keys[-1] = pending.strip('"')[:80]
            pending = ""
        elif sign == ",":
            pending = ""
        else:
            after = text[found.end() : found.end() + 20].lstrip()[:1]
            if sign.startswith('"') and after == ":":
                pending, key_start = sign, found.start()
                continue
            start, end = starts.line(found.start())
            if end - start > _LONGEST_LINE:  # each value is a block of its own
                if line_start >= 0:
                    yield from _block("paragraph", text, line_start, line_end, 0, label)
                    line_start = -1
                begin = found.start() if key_start < 0 else key_start
                yield from _block("paragraph", text, begin, found.end(), 0, _path(keys))
                key_start = -1
                continue
            if start != line_start:
                if line_start >= 0:
                    yield from _block("paragraph", text, line_start, line_end, 0, label)
                line_start, line_end = start, end
                label = _path(keys)
            elif end > line_end:
                line_end = end
    if line_start >= 0:
        yield from _block("paragraph", text, line_start, line_end, 0, label)


class _Starts:
    """Finds the line of characters that are asked for in rising order."""

    def __init__(self, text: str) -> None:
        self._lines = lines_of(text)
        self._start = self._end = 0
        self._next = next(self._lines, None)

    def line(self, at: int) -> tuple[int, int]:
        """Start and end of the line that holds a character."""
        while self._next is not None and self._next[0] <= at:
            self._start, self._end = self._next[0], self._next[0] + len(self._next[1])
            self._next = next(self._lines, None)
        return self._start, self._end


_YAML = re.compile(
    r"""(\s*)((?:-\s+)*)"""
    r"""(?:("[^"]*"|'[^']*'|[^\s#'"\[\]{},&*!|>][^:#]*?)\s*:(?=\s|$))?\s*(.*)"""
)


def _yaml(text: str) -> Iterator[Block]:
    """Each line with a value is a block labelled with its keys; comments are paragraphs."""
    path: list[tuple[int, str]] = []  # indentation and key
    scalar = -1  # indentation of the key whose text runs over the lines below it
    for at, line in lines_of(text):
        bare = line.strip()
        if not bare or bare in ("---", "..."):
            if bare:
                path.clear()
            continue
        indent = len(line) - len(line.lstrip(" "))
        if scalar >= 0 and indent > scalar:
            keys = [key for _, key in path]
            yield from _block("paragraph", text, at, at + len(line), 0, _path(keys))
            continue
        scalar = -1
        if bare.startswith("#"):
            yield from _block("paragraph", text, at, at + len(line))
            continue
        found = _YAML.match(line)
        if found is None:
            continue
        dashes, key, value = found[2], found[3], found[4]
        own = indent + len(dashes)
        while path and (path[-1][0] >= own or (dashes and path[-1][0] > indent)):
            path.pop()
        if key is not None:
            if len(path) < _MOST_DEPTH:
                path.append((own, key.strip().strip("\"'")[:80]))
            said = value.split(" #")[0].strip()
            if not said or said.startswith("#"):
                continue
            if re.fullmatch(r"[|>][+-]?\d?", said):
                scalar = indent
                continue
        yield from _block("paragraph", text, at, at + len(line), 0, _path([k for _, k in path]))


_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[(.*?)(?:\]\]>|\Z)|<[?!][^>]*>?"
    r"|<(/?)([\w:.-]+)[^<>]*?(/?)>",
    re.DOTALL,
)


def _xml(text: str) -> Iterator[Block]:
    """Each run of text between tags is a block labelled with the names of the tags around it."""
    names: list[str] = []
    too_deep = 0
    at = 0
    for found in _MARKUP.finditer(text):
        yield from _block("paragraph", text, at, found.start(), 0, _path(names))
        at = found.end()
        if found[1] is not None:
            yield from _block("paragraph", text, found.start(1), found.end(1), 0, _path(names))
        elif found[3] and found[2]:
            if too_deep:
                too_deep -= 1
            elif names:
                names.pop()
        elif found[3] and not found[4]:
            if len(names) < _MOST_DEPTH:
                names.append(found[3][:80])
            else:
                too_deep += 1
    yield from _block("paragraph", text, at, len(text), 0, _path(names))


_TIMES = re.compile(r"\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->")
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)(>)")
_SPEAKER = re.compile(
    r"(?:-\s*|>>\s*)?"
    r"(?:([A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,3}):|\[([A-Z][\w .'’-]{0,40})\])\s+(?=\S)"
)


def _subtitles(text: str) -> Iterator[Block]:
    """Cues are turns where a speaker is named, else paragraphs; numbers and times are no text."""
    cue: list[tuple[int, int]] = []
    timed = False

    def said() -> Iterator[Block]:
        if cue:
            start, end = cue[0][0], cue[-1][1]
            words = text[start:end]
            voice = _VOICE.search(words) or _SPEAKER.match(words.lstrip())
            kind: BlockKind = "turn" if voice else "paragraph"
            yield from _block(
                kind, text, start, end, 0, (voice[1] or voice[2]).strip() if voice else ""
            )
            cue.clear()

    for at, line in lines_of(text):
        if not line.strip():
            yield from said()
            timed = False
        elif _TIMES.match(line):
            yield from said()
            timed = True
        elif timed:
            cue.append((at, at + len(line)))
        elif not line.strip().isdigit() and not line.startswith("WEBVTT"):
            yield from _block("meta", text, at, at + len(line))
    yield from said()


_PROPERTY = re.compile(r"([A-Za-z-]{2,40})((?:;[^:\"]*(?:\"[^\"]*\")?)*):(.*)", re.DOTALL)
_TOLD = frozenset(
    [
        "SUMMARY",
        "DTSTART",
        "DTEND",
        "DUE",
        "DURATION",
        "LOCATION",
        "DESCRIPTION",
        "ORGANIZER",
        "ATTENDEE",
        "STATUS",
        "RRULE",
        "CATEGORIES",
        "COMMENT",
        "CONTACT",
        "PRIORITY",
        "URL",
        "GEO",
        "EXDATE",
        "RDATE",
        "COMPLETED",
        "X-WR-CALNAME",
        "X-WR-CALDESC",
        "NAME",
    ]
)


def _calendar(text: str) -> Iterator[Block]:
    """Each telling property of an event is a block labelled with the event's summary."""
    waiting: list[tuple[int, int, str]] = []  # unfolded properties of the event so far
    summary = ""

    def event() -> Iterator[Block]:
        for start, end, _ in waiting:
            yield from _block("paragraph", text, start, end, 0, summary[:_LONGEST_LABEL])
        waiting.clear()

    for start, end in _unfolded(text):
        line = text[start:end]
        if line[:6].upper() in ("BEGIN:",) or line[:4].upper() == "END:":
            if line[line.index(":") + 1 :].strip().upper() in ("VEVENT", "VTODO", "VJOURNAL"):
                yield from event()
                summary = ""
            continue
        found = _PROPERTY.match(line)
        if found is None or found[1].upper() not in _TOLD:
            continue
        if found[1].upper() == "SUMMARY":
            value = re.sub(r"\r?\n[ \t]", "", found[3])
            summary = re.sub(r"\\([,;\\])", r"\1", value.replace("\\n", " ")).strip()
        waiting.append((start, end, found[1]))
    yield from event()


def _unfolded(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each property; lines that begin with a blank go on with the one above."""
    start = end = -1
    for at, line in lines_of(text):
        if start >= 0 and line[:1] in (" ", "\t"):
            end = at + len(line)
            continue
        if start >= 0:
            yield start, end
        start, end = at, at + len(line)
    if start >= 0:
        yield start, end


_BRACKETS = re.compile(r"[\s{}()\[\];,]*")


def _code(text: str) -> Iterator[Block]:
    """Runs of lines between blank ones, labelled with the lines that they are indented below."""
    above: list[tuple[int, str]] = []  # column and words
    start = end = -1
    label = ""
    for at, line in lines_of(text):
        words = line.strip()
        if not words:
            if start >= 0:
                yield from _block("code", text, start, end, 0, label)
            start = -1
            continue
        column = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        while above and above[-1][0] >= column:
            above.pop()
        if start < 0:
            start = at
            label = _path([words for _, words in above[-2:]])
        end = at + len(line)
        if len(above) < _MOST_DEPTH and not _BRACKETS.fullmatch(words):
            above.append((column, words[:120]))
    if start >= 0:
        yield from _block("code", text, start, end, 0, label)


def _settings(text: str) -> Iterator[Block]:
    """Sections are headings; each setting and each run of comments is a paragraph."""
    for at, line in lines_of(text):
        words = line.strip()
        if words[:1] == "[" and words[-1:] == "]" and "=" not in words:
            yield from _block("heading", text, at, at + len(line), 1)
        elif any(map(str.isalnum, words)):
            yield from _block("paragraph", text, at, at + len(line))
