"""Servers that the cluster tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import RealChroma


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[RealChroma]:
    """A Chroma server of this test alone."""
    server = RealChroma(tmp_path / "chroma-server" / "data")
    server.start()
    yield server
    server.kill()
