"""What a language model is shown of the hits: the windows that a reader would read, best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from summit_qa.documents.lines import span_of
from summit_qa.reader.found import Found
from summit_qa.reader.wholes import whole_of
from summit_qa.reader.windows import SentenceWindow
from summit_qa.types import Document, Hit


def in_order(found: Found) -> list[SentenceWindow]:
    """The windows that were read, the likeliest to answer first."""
    order = sorted(range(len(found.windows)), key=lambda at: -round(found.relevances[at], 6))
    return [found.windows[at] for at in order]


def cut_to(
    windows: Sequence[SentenceWindow],
    hits: Sequence[Hit],
    documents: Mapping[str, Document],
    *,
    wide: bool,
) -> list[Hit]:
    """The hits, each cut to a window; windows of one passage that touch are one.

    A window takes in the whole that its sentence is part of: a list with its lead-in, and with
    ``wide`` the list of an item.
    """
    found = {hit.passage.id: hit for hit in hits}
    cut: list[tuple[Hit, int, int, str]] = []
    for window in windows:
        sentence = window.around.sentence
        hit = found[sentence.passage.id]
        whole = whole_of(sentence, documents[hit.passage.path], wide=wide)
        start = min(window.sentences[0].span.start, whole.start)
        end = max(window.sentences[-1].span.end, whole.end)
        for at, (other, first, last, context) in enumerate(cut):
            near = other.passage.path == hit.passage.path and start <= last + 1 and first <= end + 1
            if near and context == window.window.context:
                cut[at] = (other, min(first, start), max(last, end), context)
                break
        else:
            cut.append((hit, start, end, window.window.context))
    return [_cut(*each, documents) for each in cut]


def _cut(hit: Hit, start: int, end: int, context: str, documents: Mapping[str, Document]) -> Hit:
    document = documents[hit.passage.path]
    passage = replace(
        hit.passage,
        span=span_of(document, start, end),
        text=document.text[start:end],
        context_text=context,
    )
    return replace(hit, passage=passage)
