"""HTML made of text that nobody trusts: everything is escaped, control characters shown as such."""

from __future__ import annotations

import html

from summit_qa.documents.visible import visible


def escaped(text: str) -> str:
    """Text for a page: markup and quotes escaped, control and format characters made visible."""
    return html.escape("\n".join(visible(line) for line in text.split("\n")), quote=True)


def table(headers: list[str], rows: list[list[str]]) -> str:
    """A plain table; the first column is text, the others are numbers."""
    head = "".join(_cell("th", at, text) for at, text in enumerate(headers))
    body = "".join(
        f"<tr>{''.join(_cell('td', at, text) for at, text in enumerate(row))}</tr>" for row in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def items(texts: list[str]) -> str:
    """A list of escaped texts; nothing for none."""
    return f"<ul>{''.join(f'<li>{escaped(text)}</li>' for text in texts)}</ul>" if texts else ""


def dot(number: int) -> str:
    """The coloured square of an engine."""
    return f'<span class="dot" style="background:var(--e{number % 5})"></span>'


def _cell(tag: str, at: int, text: str) -> str:
    return f"<{tag}{' class=n' if at else ''}>{escaped(text)}</{tag}>"
