from __future__ import annotations

from pathlib import Path

import pytest

from summit_qa.documents.corpus import read_corpus
from summit_qa.errors import CorpusError


@pytest.mark.parametrize("name", ["two\nlines", "two\r\nlines", "two\x85lines", "two\u2028lines"])
def test_a_name_with_line_ends_makes_no_second_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(CorpusError) as raised:
        read_corpus(tmp_path / name)
    assert len(str(raised.value).splitlines()) == 1
    assert "two lines" in str(raised.value)
