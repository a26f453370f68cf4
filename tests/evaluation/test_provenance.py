import re
import subprocess
from pathlib import Path

import pytest

from summit_qa import __version__
from summit_qa.evaluation import provenance


def test_a_run_is_dated_in_utc_to_the_second() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", provenance.now())


def test_the_fingerprint_changes_with_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "_PACKAGE", tmp_path)
    (tmp_path / "a.py").write_text("1")
    first = provenance.fingerprint()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    (tmp_path / "notes.md").write_text("x")
    assert provenance.fingerprint() == first
    (tmp_path / "a.py").write_text("2")
    assert provenance.fingerprint() != first


def test_code_outside_of_git_goes_by_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "_PACKAGE", tmp_path)
    assert provenance.commit() == f"v{__version__}"


def test_altered_code_is_called_dirty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@x.test")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)

    git("init", "-q")
    (tmp_path / "__init__.py").write_text("")
    git("add", "__init__.py")
    git("commit", "-q", "-m", "x")
    monkeypatch.setattr(provenance, "_PACKAGE", tmp_path)
    assert re.fullmatch(r"[0-9a-f]{7}", provenance.commit())
    (tmp_path / "__init__.py").write_text("x")
    assert re.fullmatch(r"[0-9a-f]{7}-dirty", provenance.commit())
