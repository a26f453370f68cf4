"""Writes the texts and words of a generation that is built: cut anew, or as they were before.

Each file is cut and forgotten before the next one, so that memory does not grow with the folder.
What is kept is copied from the store of before: a folder of 19,000 files of which one changed is
not decoded for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from summit_qa.documents.called import called
from summit_qa.documents.passages import passages_of
from summit_qa.index.bm25 import Earlier, Words, WordsWriter
from summit_qa.index.found import File
from summit_qa.index.generation import BM25, TEXTS
from summit_qa.index.reusable import Kept, Recipe, Reusable
from summit_qa.index.store import Carried, StoreWriter
from summit_qa.types import Progress


@dataclass(frozen=True, slots=True)
class _Staying:
    """A file of the generation before, and where it stands now: its number, its first row."""

    kept: Kept
    number: int
    row: int


def write_texts(
    folder: Path,
    files: Sequence[File],
    recipe: Recipe,
    reusable: Reusable,
    progress: Progress | None = None,
) -> None:
    """Write the store and BM25 of the files, which are in order of path.

    Those that ``reusable`` holds are not cut again.
    """
    staying: list[_Staying] = []
    row = 0
    with StoreWriter(folder / TEXTS) as store, closing(WordsWriter(folder / BM25)) as words:
        for number, file in enumerate(files):
            if (kept := reusable.kept(file, recipe)) is None:
                document = file.document()
                passages = passages_of(document, recipe.passage_chars)
                store.add(number, document, row, passages)
                words.add(Words(number, called(document), passages, row))
                row += len(passages)
            else:
                if reusable.words is None:
                    held = reusable.texts.passages_of(file.path)
                    words.add(Words(number, called(file.document()), held, row))
                staying.append(_Staying(kept, number, row))
                row += kept.passages
            if progress:
                progress(number + 1, len(files), "files cut into passages")
        if staying:
            store.carry(_carried(reusable, staying, len(files)))
        words.write(row, len(files), _earlier(reusable, staying))


def _carried(reusable: Reusable, staying: Sequence[_Staying], count: int) -> Carried:
    """What the new store takes over as it is."""
    files = [(it.kept.number, it.number, it.row - it.kept.row) for it in staying]
    alike = len(files) == count == len(reusable.files)
    whole = alike and all(a == b and not shift for a, b, shift in files)
    return Carried(reusable.texts.file, files, whole)


def _earlier(reusable: Reusable, staying: Sequence[_Staying]) -> Earlier | None:
    """The words of before, and where what they are of stands now."""
    if reusable.words is None:
        return None
    files = np.full(len(reusable.files), -1, dtype=np.int64)
    rows = np.full(sum(it.passages for it in reusable.files.values()), -1, dtype=np.int64)
    for it in staying:
        files[it.kept.number] = it.number
        passages = it.kept.passages
        rows[it.kept.row : it.kept.row + passages] = np.arange(it.row, it.row + passages)
    return Earlier(reusable.words, rows, files)
