"""What `make test-llm` has started or made, and where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ARTICLES = Path(__file__).parents[2] / "corpus"


def served(name: str) -> str:
    """What this variable says; without it the test is skipped, and fails with CI=true."""
    value = os.environ.get(name)
    if not value:
        missing = os.environ.get(
            "SUMMIT_QA_TEST_LLM_MISSING", "no model server: run `make test-llm`"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return value
