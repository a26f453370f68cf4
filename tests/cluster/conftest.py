"""Servers that the cluster tests share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import RealChroma, RealPostgres

sys.path.append(str(Path(__file__).parent.parent / "app"))


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[RealChroma]:
    """A Chroma server of this test alone."""
    server = RealChroma(tmp_path / "chroma-server" / "data")
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def postgres() -> Iterator[RealPostgres]:
    """A PostgreSQL server of one file of tests; the test that ends it starts it again."""
    missing = os.environ.get("SUMMIT_QA_TEST_CLUSTER_MISSING")
    if missing and os.environ.get("CI") != "true":
        pytest.skip(missing)
    server = RealPostgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()
