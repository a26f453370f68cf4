"""Where in a passage to look: the sentence that shares most words with what was looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from summit_qa.documents.passages import sentences_of
from summit_qa.language.lexicon import overlap
from summit_qa.types import Document, Hit


def focused(query: str, hits: Sequence[Hit], documents: Mapping[str, Document]) -> list[Hit]:
    """The hits, each with its sentence that shares most words with the query, if any does.

    Words weigh by how rare they are among the hits: what all passages say points nowhere.
    """
    sentences = [sentences_of(hit.passage, documents[hit.passage.path]) for hit in hits]
    shared = iter(overlap(query, [one.text for each in sentences for one in each]))
    found = []
    for hit, each in zip(hits, sentences, strict=True):
        scores = [float(next(shared)) for _ in each]
        best = max(scores, default=0.0)
        found.append(replace(hit, focus=each[scores.index(best)].span) if best else hit)
    return found
