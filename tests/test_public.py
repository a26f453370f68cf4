"""The public surface is pinned, and costs nothing until it is used."""

import os
import subprocess
import sys

import pytest

import summit_qa

PUBLIC = [
    "Answer",
    "Assistant",
    "Citation",
    "Conversation",
    "Disagreement",
    "Document",
    "Hit",
    "Passage",
    "Settings",
    "Span",
    "Statement",
    "SummitQAError",
    "SyncReport",
]


def test_the_public_names_are_these() -> None:
    assert summit_qa.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(summit_qa, name).__name__ == name
    assert getattr(summit_qa, name).__doc__


def test_another_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Oracle'"):
        summit_qa.Oracle  # noqa: B018
    assert not hasattr(summit_qa, "Oracle")


def loaded_by(statement: str) -> set[str]:
    """The heavy packages that a new process has loaded after the statement."""
    program = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = {"chromadb", "llama_index", "gradio", "onnxruntime", "openai", "bm25s", "pydantic"}
    return heavy & set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import summit_qa") == set()


def test_the_command_line_loads_nothing_heavy_before_a_command_runs() -> None:
    assert loaded_by("import summit_qa.cli.main") == set()


def test_no_library_reports_what_is_done() -> None:
    """ONNX Runtime decides at its import, in the environment, whether it calls home."""
    script = "import os, summit_qa; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    clean = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=clean, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"
