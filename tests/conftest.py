"""Fixtures that several test modules share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from doubles import CheckerInProcess, FixedJudge, FixedRanker, WordEncoder, settings
from summit_qa.assistant import Assistant, OwnModels

# These machines are shared: how long one example takes says nothing.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.load_profile("patient")

# Whoever runs the tests may have chosen a language model of their own.
os.environ["SUMMIT_QA_SETTINGS"] = os.devnull

ARTICLES = Path(__file__).parent.parent / "corpus"


@pytest.fixture
def checked_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """New generations are checked without starting a process for each."""
    monkeypatch.setattr("summit_qa.index.build._Checker", CheckerInProcess)


@pytest.fixture(scope="session")
def article_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the five articles by the bundled encoder; nobody may write to it."""
    folder = tmp_path_factory.mktemp("articles") / "index"
    Assistant.open(settings=settings(corpus=ARTICLES, index=folder)).close()
    return folder


@pytest.fixture(scope="session")
def articles(article_index: Path) -> Iterator[Assistant]:
    """The bundled models over the five articles, as a user has them, without a writer."""
    chosen = settings(corpus=ARTICLES, index=article_index, engine="reader")
    with Assistant.open(settings=chosen) as assistant:
        yield assistant


@pytest.fixture
def quick(tmp_path: Path, checked_in_process: None) -> Iterator[Assistant]:
    """An assistant with doubles for models over ``tmp_path/"corpus"``, which is empty."""
    (tmp_path / "corpus").mkdir()
    chosen = settings(corpus=tmp_path / "corpus", index=tmp_path / "index", engine="reader")
    with Assistant.open(
        settings=chosen,
        own=OwnModels(WordEncoder(), FixedRanker(), FixedJudge()),
    ) as assistant:
        yield assistant
