"""`summit-qa show` prints what was read, at the line that a citation names."""

import json
from pathlib import Path

import pytest

from summit_qa.cli.show import _found, as_read
from summit_qa.documents.corpus import make_document
from summit_qa.errors import CorpusError

TEXT = "".join(f"Line {number}.\n" for number in range(1, 21))
DOCUMENTS = {
    "a.txt": make_document("a.txt", TEXT.encode()),
    "sub/b:7.txt": make_document("sub/b:7.txt", b"One.\nTwo.\n"),
}
CORPUS = Path("corpus")


@pytest.mark.parametrize(
    ("place", "path", "first", "last"),
    [
        ("a.txt", "a.txt", None, 0),
        ("a.txt:5", "a.txt", 5, 5),
        ("a.txt:5-7", "a.txt", 5, 7),
        ("a.txt:p2:5-7", "a.txt", 5, 7),
        ("corpus/a.txt:5", "a.txt", 5, 5),
        ("sub/b:7.txt", "sub/b:7.txt", None, 0),
        ("sub/b:7.txt:2", "sub/b:7.txt", 2, 2),
        (f"{CORPUS.resolve()}/a.txt:3", "a.txt", 3, 3),
    ],
)
def test_a_place_is_found_as_citations_write_it(
    place: str, path: str, first: int | None, last: int
) -> None:
    document, begin, end = _found(place, DOCUMENTS, CORPUS)
    assert (document.path, begin, end) == (path, first, last)


@pytest.mark.parametrize("place", ["b.txt", "a.txt:x", "", "a.txt:"])
def test_what_is_not_there_is_said_in_one_line(place: str) -> None:
    with pytest.raises(CorpusError, match="There is no document") as caught:
        _found(place, DOCUMENTS, CORPUS)
    assert "\n" not in str(caught.value)


def test_lines_are_those_of_the_document() -> None:
    found = as_read(DOCUMENTS["a.txt"], 4, 6)
    assert json.loads(json.dumps(found)) == {
        "file": "a.txt",
        "reader": "text",
        "line_count": 20,
        "lines": [
            {"line": number, "page": None, "text": f"Line {number}."} for number in (4, 5, 6)
        ],
    }
