"""What holds of every reading, and a short way to write down its blocks."""

from __future__ import annotations

from summit_qa.documents.formats import read
from summit_qa.documents.formats.reading import Reading


def blocks(reading: Reading) -> list[tuple[str, str]]:
    """Kind and text of each block; the level follows the kind where it is not 0."""
    return [
        (f"{block.kind}{block.level or ''}", reading.text[block.start : block.end])
        for block in reading.blocks
    ]


def pages(reading: Reading) -> list[str]:
    """The text of each page."""
    ends = (*reading.page_starts[1:], len(reading.text))
    return [reading.text[a:b] for a, b in zip(reading.page_starts, ends, strict=True)]


def read_checked(data: bytes, name: str) -> Reading:
    """The reading of a file, which is sound."""
    reading = read(data, name)
    check(reading)
    return reading


def check(reading: Reading) -> None:
    """Blocks are trimmed, in order and apart; pages begin in order and within the text."""
    end = 0
    for block in reading.blocks:
        assert end <= block.start < block.end <= len(reading.text)
        text = reading.text[block.start : block.end]
        assert text == text.strip()
        end = block.end
    assert list(reading.page_starts) == sorted(reading.page_starts)
    assert all(0 <= start <= len(reading.text) for start in reading.page_starts)
    assert not reading.page_starts or reading.page_starts[0] == 0
    for start in reading.page_starts:
        assert not any(block.start < start < block.end for block in reading.blocks)
    reading.text.encode()  # fails on half of a character pair
