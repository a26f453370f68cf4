"""A source edited after it was indexed and then cited: marked as stale, never a wrong line."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from form import Tally, times

from doubles import FixedJudge, FixedRanker, WordEncoder, settings
from summit_qa.assistant import Assistant, OwnModels
from summit_qa.documents.corpus import make_document
from summit_qa.documents.lines import line_text
from summit_qa.types import Citation

pytestmark = [pytest.mark.torture, pytest.mark.timeout(600)]
LINES = [f"The tower number {n} was finished in {1700 + n}." for n in range(30)]


def _edited(chance: random.Random, data: bytes) -> bytes:
    """The bytes with one edit as people and programs make them."""
    lines = data.decode().split("\n")
    at = chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            lines.insert(at, "A new line.")
        case 1:
            del lines[at]
        case 2:
            lines[at] = lines[at].replace("finished", "FINISHED")
        case 3:
            lines[at], lines[0] = lines[0], lines[at]
        case 4:
            return data.replace(b"\n", b"\r\n")
        case _:
            return data[: chance.randrange(len(data))]
    return "\n".join(lines).encode()


def _wrong(citation: Citation, data: bytes) -> bool:
    """Whether a reader who opens the file at the cited line finds something else."""
    document = make_document(citation.file, data)
    try:
        lines = [line_text(document, n) for n in range(citation.start_line, citation.end_line + 1)]
    except (IndexError, ValueError):
        return True
    return citation.quote not in "\n".join(lines)


@pytest.mark.usefixtures("checked_in_process")
def test_a_source_edited_after_it_was_indexed(tmp_path: Path, tally: Tally) -> None:
    chance = random.Random(20)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    files = [corpus / f"{n}.txt" for n in range(3)]
    whole = {file: "\n".join(LINES[n::3]).encode() for n, file in enumerate(files)}
    for file, data in whole.items():
        file.write_bytes(data)
    rounds = times(60, 600)
    cited = marked = 0
    with Assistant.open(
        settings=settings(corpus=corpus, index=tmp_path / "index", engine="reader"),
        own=OwnModels(WordEncoder(), FixedRanker(), FixedJudge()),
    ) as assistant:
        for _ in range(rounds):
            edited = chance.choice(files)
            edited.write_bytes(_edited(chance, whole[edited]))
            os.utime(edited, (1, 1))
            answer = assistant.ask(f"When was tower number {chance.randrange(30)} finished?")
            for statement in answer.statements:
                for citation in (*statement.citations, *statement.further):
                    data = (corpus / citation.file).read_bytes()
                    cited += 1
                    marked += citation.stale
                    assert citation.stale == (data != whole[corpus / citation.file])
                    assert citation.stale or not _wrong(citation, data)
            edited.write_bytes(whole[edited])
    assert marked > 0
    assert marked < cited
    tally(
        "a source edited after it was indexed, then cited",
        rounds,
        f"{cited} citations, {marked} of edited files, all of these marked; 0 wrong lines",
    )
