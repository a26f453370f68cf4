"""HTML: the main content of a page block by block, without menus, scripts and hidden parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from summit_qa.documents.decoding import decode
from summit_qa.documents.formats.reading import Builder, Limits, Reading, Unreadable, clean
from summit_qa.errors import CorpusError
from summit_qa.types import BlockKind

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

READER = "html-2"
_SKIPPED = frozenset(
    (
        *("script", "style", "template", "noscript", "svg", "canvas", "audio", "video"),
        *("iframe", "object", "embed", "head", "nav", "button", "select", "textarea"),
        *("datalist", "dialog"),
    )
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_INLINE = frozenset(
    (
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del"),
        *("dfn", "em", "font", "i", "img", "input", "ins", "kbd", "label", "mark", "math"),
        *("meter", "nobr", "output", "picture", "progress", "q", "rp", "ruby", "rt", "s"),
        *("samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u"),
        *("var", "wbr", "mi", "mo", "mn", "mrow", "msup", "msub", "mtext", "semantics"),
    )
)
_ROLES = frozenset(("navigation", "search", "banner", "contentinfo", "menu", "menubar", "toolbar"))
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MENU = re.compile(
    r"nav|menu|sidebar|breadcrumb|footer|pager|pagination|share|social|related|toolbar|skip",
    re.IGNORECASE,
)
_HEADING_OF_PAGE = re.compile(r"nav(?!y|ai)|breadcrumb", re.IGNORECASE)
_PERMALINK = frozenset("¶#§🔗⚓")
_LABEL = re.compile(r".{1,59}:")
_MOST_MENUS = 500  # parts that are looked at closely
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"""^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{1,40})""")
_EMPTY_TAG = re.compile(r"<([A-Za-z][\w:.-]*)([^<>]*)/>")
_VOID = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"),
        *("source", "track", "wbr"),
    )
)


def read_html(data: bytes, limits: Limits, charset: str = "") -> Reading:
    """The text of a page; ``charset`` is what a mail said of it."""
    tree = parse(markup_of(data, charset))
    builder = Builder(limits)
    write(builder, tree)
    return builder.build(READER, title_of(tree), date_of(tree))


def markup_of(data: bytes, charset: str = "") -> str:
    """The page's characters, by its marks, what was said of it, or what fits."""
    stated = _CHARSET.search(data[:4096]) or _XML_CHARSET.search(data[:200])
    for name in (charset, stated[1].decode("ascii", "replace") if stated else "", "utf-8"):
        if name and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
            name = "cp1252" if name.lower() in ("iso-8859-1", "latin-1", "us-ascii") else name
            try:
                return data.decode(name)
            except (UnicodeDecodeError, LookupError, ValueError):
                continue
    try:
        return decode(data)[0]
    except CorpusError:
        return data.decode("utf-8", "replace")


def parse(markup: str) -> LexborHTMLParser:
    """The tree of a page; XHTML's empty tags are closed as XML means them."""
    from selectolax.lexbor import LexborHTMLParser

    if markup.lstrip()[:5] == "<?xml" or "/xhtml" in markup[:500]:
        markup = _EMPTY_TAG.sub(_closed, markup)
    return LexborHTMLParser(markup)


def _closed(match: re.Match[str]) -> str:
    name = match[1]
    return match[0] if name.lower() in _VOID else f"<{name}{match[2]}></{name}>"


def title_of(tree: LexborHTMLParser) -> str:
    """The page's title, or its only first heading."""
    for selector in ("head > title", "title", "h1"):
        node = tree.css_first(selector)
        if node is not None and (text := clean(node.text(deep=True))):
            return text[:300]
    return ""


_DATES = (
    *("article:published_time", "datepublished", "date", "dc.date", "dcterms.date"),
    *("dcterms.created", "dc.date.issued", "dcterms.issued", "pubdate", "article:modified_time"),
)


def date_of(tree: LexborHTMLParser) -> str:
    """The date that the page's own metadata states, or the first time that it marks."""
    stated: dict[str, str] = {}
    for node in tree.css("meta"):
        marks = node.attributes
        name = marks.get("name") or marks.get("property") or marks.get("itemprop") or ""
        stated.setdefault(name.lower(), marks.get("content") or "")
    for name in _DATES:
        if re.match(r"\d{4}", stated.get(name, "")):
            return stated[name]
    marked = tree.css_first("time[datetime]")
    return (marked.attributes.get("datetime") or "") if marked is not None else ""


def write(builder: Builder, tree: LexborHTMLParser) -> None:
    """The main content as blocks; the whole page where there would be nothing else."""
    body = tree.body or tree.root
    if body is None:
        raise Unreadable("a page without text")
    before = len(builder.blocks)
    _Writer(builder, _main(tree) or body).write()
    if len(builder.blocks) == before:
        _Writer(builder, body, everything=True).write()


def _main(tree: LexborHTMLParser) -> LexborNode | None:
    for selector in ("main", '[role="main"]', "article"):
        found = tree.css(selector)
        if len(found) == 1 and len(found[0].text(deep=True)) >= 200:
            return found[0]
    return None


@dataclass(slots=True)
class _List:
    ordered: bool
    number: int


@dataclass(slots=True)
class _Writer:
    """Walks the tree without recursion, however deep it is."""

    builder: Builder
    root: LexborNode
    everything: bool = False
    words: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    quotes: int = 0
    kind: BlockKind = "paragraph"
    level: int = 0
    deeper: int = 0  # what follows in an item is by so much deeper than its first words
    term: str = ""  # of a list of terms ("Published:"), until what is said of it is known
    in_term: bool = False
    mark: str = ""  # a list item's number, until its first words are written
    menus: int = 0
    breaks: int = 0

    def write(self) -> None:
        """All of the root."""
        node: LexborNode | None = self.root
        depth = 0
        while node is not None:
            descend = self._open(node, depth)
            below = node.child if descend else None
            if below is not None:
                node, depth = below, depth + 1
                continue
            self._close(node)
            while depth and node.next is None:
                above = node.parent
                if above is None:
                    break
                node, depth = above, depth - 1
                self._close(node)
            node = node.next if depth else None
        self._flush()

    def _open(self, node: LexborNode, depth: int) -> bool:
        """Begin a node; whether to go into it."""
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            if text and not text.isspace():
                self.breaks = 0
            self.words.append(text)
            return False
        if tag.startswith(("-", "!")):
            return False
        if tag in _INLINE:
            return not (tag == "a" and self._is_permalink(node)) and not self._is_hidden(node)
        if tag == "br":
            self.breaks += 1
            self.words.append(" ")
            if self.breaks == 2:
                self._flush()
            return False
        if tag in _SKIPPED and not (self.everything and tag == "nav"):
            return False
        if depth and not self.everything and self._is_aside(node, tag):
            return False
        self._flush()
        if tag in ("pre", "table") or tag in _HEADINGS:
            self._write_term()
        return self._begin(node, tag)

    def _begin(self, node: LexborNode, tag: str) -> bool:
        if tag in _HEADINGS:
            self.kind, self.level = "heading", _HEADINGS[tag]
        elif tag == "pre":
            inside = self.level + self.deeper if self.kind == "item" else self.level
            self.builder.code(node.text(deep=True), level=inside)
            return False
        elif tag in ("ul", "ol", "menu"):
            start = node.attributes.get("start") or "1"
            self.lists.append(_List(tag == "ol", int(start) if start[:6].isdigit() else 1))
        elif tag == "dl":
            self.lists.append(_List(False, 1))
        elif tag == "li":
            around = self.lists[-1] if self.lists else _List(False, 1)
            self.mark = f"{around.number}. " if around.ordered else ""
            around.number += 1
            self.kind, self.level, self.deeper = "item", max(0, len(self.lists) - 1), 1
        elif tag in ("dt", "dd"):
            self.kind, self.deeper = "item", 0
            self.in_term = tag == "dt"
            self.level = max(0, len(self.lists) - 1) + (tag == "dd")
        elif tag == "blockquote":
            self.quotes += 1
        elif tag == "table":
            return not self._table(node)
        return True

    def _close(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag.startswith("-") or tag in _INLINE or tag == "br":
            return
        self._flush()
        if tag in ("ul", "ol", "menu", "dl"):
            self._write_term()
            if self.lists:
                self.lists.pop()
            self.kind, self.level = "paragraph", 0
        elif tag == "blockquote":
            self.quotes = max(0, self.quotes - 1)
        elif tag in _HEADINGS or tag in ("li", "dt", "dd"):
            self.kind, self.level, self.mark = "paragraph", 0, ""
            self.in_term = False

    def _flush(self) -> None:
        text = clean("".join(self.words))
        self.words.clear()
        self.breaks = 0
        if not any(map(str.isalnum, text)):
            return
        if self.in_term:  # several terms may share what is said of them
            if self.term and (self.term.endswith(":") or len(self.term) + len(text) > 160):
                self._write_term()
            self.term = f"{self.term}, {text}" if self.term else self.mark + text
            self.mark = ""
            return
        if self.kind == "item" and _LABEL.fullmatch(self.term) and len(text) <= 100:
            text, self.level, self.term = f"{self.term} {text}", self.level - 1, ""
        self._write_term()
        if self.quotes and self.kind == "paragraph":
            self.builder.add("quote", text, self.quotes)
        else:
            self.builder.add(self.kind, self.mark + text, self.level)
        self.mark = ""
        if self.kind == "item":  # what follows within the item belongs to it
            self.kind, self.level = "paragraph", self.level + self.deeper

    def _write_term(self) -> None:
        if self.term:
            self.builder.add("item", self.term, max(0, len(self.lists) - 1))
            self.term = ""

    def _is_hidden(self, node: LexborNode) -> bool:
        marks = node.attributes
        if not marks:
            return False
        return (
            "hidden" in marks
            or marks.get("aria-hidden") == "true"
            or bool(_HIDDEN.search(marks.get("style") or ""))
        )

    def _is_aside(self, node: LexborNode, tag: str) -> bool:
        """Whether the part is not content: hidden, a menu, the page's own header or footer."""
        if self._is_hidden(node):
            return True
        marks = node.attributes
        if (marks.get("role") or "") in _ROLES:
            return True
        if tag == "footer" or (tag == "header" and node.css_first("h1") is None):
            return not self._is_within_article(node)
        named = f"{marks.get('class') or ''} {marks.get('id') or ''}"
        if named == " " or self.menus >= _MOST_MENUS or not _MENU.search(named):
            return False
        self.menus += 1
        text = len("".join(node.text(deep=True).split()))
        if text > 20_000 or node.css_first("h1") is not None:
            return False
        if text < 300 and _HEADING_OF_PAGE.search(named) and len(node.css("a")) >= 2:
            return True
        linked = sum(len("".join(link.text(deep=True).split())) for link in node.css("a"))
        return linked >= 0.6 * text

    def _is_within_article(self, node: LexborNode) -> bool:
        parent = node.parent
        for _ in range(50):
            if parent is None:
                return False
            if parent.tag in ("article", "main"):
                return True
            parent = parent.parent
        return False

    def _is_permalink(self, node: LexborNode) -> bool:
        text = node.text(deep=True).strip()
        return text in _PERMALINK and len(text) == 1

    def _table(self, table: LexborNode) -> bool:
        """Write a table of data row by row; False for one that only lays the page out."""
        rows = list(_rows(table))
        most = max((len(row) for row in rows), default=0)
        framed = table.css_first("table table, td h1, td h2, td h3, td pre") is not None
        if framed or most < 2 or table.attributes.get("role") in ("presentation", "none"):
            return False
        caption = table.css_first("caption")
        if caption is not None:
            self.builder.add("paragraph", caption.text(deep=True))
        spans: dict[int, tuple[int, str]] = {}  # column: rows that a cell still fills, its text
        wrote = False
        for row in rows:
            cells: list[str] = []
            heads = bool(row)
            for cell in row:
                self._spanned(cells, spans)
                text = clean(_words(cell))
                heads = heads and cell.tag == "th"
                columns = _span(cell, "colspan")
                if (over := _span(cell, "rowspan")) > 1:
                    spans[len(cells)] = over - 1, text
                cells += [text, *[""] * (columns - 1)]
            self._spanned(cells, spans)
            before = len(self.builder.blocks)
            self.builder.row("header" if heads or (not wrote and _in_head(row)) else "row", cells)
            wrote = wrote or len(self.builder.blocks) > before
        return True

    @staticmethod
    def _spanned(cells: list[str], spans: dict[int, tuple[int, str]]) -> None:
        """A cell over several rows says the same in each of them."""
        while len(cells) in spans:
            left, text = spans.pop(len(cells))
            if left > 1:
                spans[len(cells)] = left - 1, text
            cells.append(text)


def _rows(table: LexborNode) -> Iterator[list[LexborNode]]:
    for row in table.css("tr"):
        yield [cell for cell in row.iter() if cell.tag in ("td", "th")]


def _in_head(row: list[LexborNode]) -> bool:
    parent = row[0].parent if row else None
    around = parent.parent if parent is not None else None
    return around is not None and around.tag == "thead"


def _words(cell: LexborNode) -> str:
    """A cell's text; blocks within it do not run together."""
    return (
        " ".join(cell.text(deep=True, separator="\x1f").replace("\x1f", " ").split())
        if (cell.css_first("p, div, br, li, ul, ol, dd") is not None)
        else cell.text(deep=True)
    )


def _span(cell: LexborNode, name: str) -> int:
    text = cell.attributes.get(name) or "1"
    return min(100, max(1, int(text))) if text.isdigit() and len(text) < 5 else 1
