"""Cuts documents into passages; every one is an exact slice of its document.

A passage is a run of whole blocks (or of whole sentences of a long block) of one section, up to
about 800 characters: short paragraphs, items and rows stay together, and none crosses a heading,
a page, or a question that begins something new.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, takewhile
from typing import TYPE_CHECKING, overload

from summit_qa.documents.blocks import TERM_LEVEL
from summit_qa.documents.lines import page_at, span_of
from summit_qa.documents.outline import (
    SEPARATOR,
    blocks_of_document,
    blocks_within,
    context_of,
)
from summit_qa.documents.sentences import cached_sentence_spans, cut, sentence_spans
from summit_qa.types import Block, Document, Passage, Sentence

if TYPE_CHECKING:
    from llama_index.core.schema import TextNode

_LONG = 32 * 1024 * 1024  # characters; their passages would take as much again, and half of it
CHUNKING_VERSION = "9"  # of blocks and their context too


def passages_of(document: Document, passage_chars: int = 800) -> Sequence[Passage]:
    """The passages of a document in order, each at most ``passage_chars`` long.

    Only a sentence that is longer than that is cut, at white space. Those of a long document are
    made when they are asked for, each time anew.
    """
    pieces = _pieces(document, passage_chars)
    if len(document.text) > _LONG:
        return _Passages(document, pieces)
    return [_passage(document, *piece) for piece in pieces]


class _Passages(Sequence[Passage]):
    """Passages of a document, kept as the block that each begins with and its characters."""

    def __init__(self, document: Document, pieces: Iterable[tuple[int, int, int]]) -> None:
        self._document = document
        self._pieces = array("Q", chain.from_iterable(pieces))

    def __len__(self) -> int:
        return len(self._pieces) // 3

    @overload
    def __getitem__(self, at: int) -> Passage: ...
    @overload
    def __getitem__(self, at: slice) -> list[Passage]: ...
    def __getitem__(self, at: int | slice) -> Passage | list[Passage]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        at = 3 * range(len(self))[at]
        first, start, end = self._pieces[at : at + 3]
        return _passage(self._document, first, start, end)

    def __iter__(self) -> Iterator[Passage]:
        return map(self.__getitem__, range(len(self)))


def sentences_of(passage: Passage, document: Document) -> list[Sentence]:
    """The sentences of a passage that can be quoted, as slices of its document.

    A row, a line of code and a line about the document count as sentences; headings and the
    header of a table are context, not statements.
    """
    return [
        Sentence(passage, span_of(document, a, b), document.text[a:b], *context)
        for block in blocks_within(document, passage.span.start, passage.span.end)
        if (context := context_of(document, block)) is not None
        for a, b in _quotable(document, block, passage.span.start, passage.span.end)
    ]


def passage_to_node(passage: Passage) -> TextNode:
    """The passage as a LlamaIndex node; path, spans, page and context are in its metadata."""
    from llama_index.core.schema import TextNode

    span = passage.span
    metadata = {
        "path": passage.path,
        "start": span.start,
        "end": span.end,
        "start_line": span.start_line,
        "end_line": span.end_line,
        "page": passage.page,
        "context": passage.context_text,
    }
    return TextNode(
        id_=passage.id,
        text=passage.text,
        metadata=metadata,
        start_char_idx=span.start,
        end_char_idx=span.end,
        excluded_embed_metadata_keys=[key for key in metadata if key != "context"],
        excluded_llm_metadata_keys=[key for key in metadata if key not in ("path", "context")],
    )


def _quotable(document: Document, block: Block, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Character offsets of the sentences of a block between the characters."""
    start, stop = max(block.start, begin), min(block.end, end)
    text = document.text[start:stop]
    match block.kind:
        case "heading" | "header":
            return
        case "title" | "row" | "meta":
            yield start, stop
        case "code":
            at = 0
            for line in text.splitlines(keepends=True):
                if bare := line.strip():
                    first = start + at + line.index(bare[0])
                    yield first, first + len(bare)
                at += len(line)
        case _:
            for a, b in cached_sentence_spans(text):
                yield start + a, start + b


def _pieces(document: Document, limit: int) -> Iterator[tuple[int, int, int]]:
    """Passages as the place of the block that each begins with, and its characters."""
    first: int | None = None
    start = end = 0
    only_headings = True
    for place, block in enumerate(blocks_of_document(document)):
        if first is not None and (
            (not only_headings and _begins_anew(document, block, start, limit))
            or page_at(document, start) != page_at(document, block.start)
        ):
            yield first, start, end
            first = None
        begin = block.start if first is None else start
        for a, b in _parts(document, block, begin, limit):
            if first is not None and b - start > limit:
                yield first, start, end
                first = None
            if first is None:
                first, start, only_headings = place, a, True
            end = b
        only_headings = only_headings and block.kind in ("title", "heading")
    if first is not None:
        yield first, start, end


def _begins_anew(document: Document, block: Block, start: int, limit: int) -> bool:
    """Whether what the block says is no more of the passage that begins at ``start``."""
    match block.kind:
        case "title" | "question":
            return True
        case "heading":
            return block.level < TERM_LEVEL or block.start - start > limit // 2
        case "turn":
            return document.text[block.start : block.end].rstrip().endswith("?")
        case _:
            return False


def _parts(document: Document, block: Block, start: int, limit: int) -> Iterator[tuple[int, int]]:
    """The block whole where it fits into a passage, or else sentence by sentence."""
    fits = block.end - start <= limit or block.end - block.start <= limit // 2
    if fits and block.end - block.start <= limit:
        yield block.start, block.end
        return
    for a, b in sentence_spans(document.text[block.start : block.end]):
        yield from cut(document.text, block.start + a, block.start + b, limit)


def _shared_label(document: Document, start: int, end: int) -> str:
    """What the labels of all blocks of a passage begin with: the keys that lead to all of it."""
    labels = [block.label.split(SEPARATOR) for block in blocks_within(document, start, end)]
    alike = takewhile(lambda keys: len(set(keys)) == 1, zip(*labels, strict=False))
    return SEPARATOR.join(keys[0] for keys in alike)


def _passage(document: Document, first: int, start: int, end: int) -> Passage:
    text = document.text[start:end]
    block = blocks_of_document(document)[first]
    if block.label and block.kind not in ("turn", "meta"):
        block = replace(block, label=_shared_label(document, start, end))
    context, context_text = context_of(document, block)
    identity = f"{document.path}\0{start}\0{end}\0{text}\0{context_text}"
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Passage(
        digest,
        document.path,
        span_of(document, start, end),
        text,
        context,
        context_text,
        page_at(document, start),
    )
