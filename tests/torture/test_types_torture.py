"""Every public function with the wrong types and extreme values: only the documented errors."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from form import Tally, times
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from opening import doubled

from doubles import CheckerInProcess, settings, write
from summit_qa import Assistant, Settings
from summit_qa.documents.citations import cite, locate, verify
from summit_qa.documents.corpus import make_document, read_corpus, text_document
from summit_qa.errors import SummitQAError
from summit_qa.types import Answer

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1500)]
EXAMPLES = times(60, 1_500)
_EXTREME = [
    0, -1, 1, 2**31, 2**63, -(2**63), 10**400, math.inf, -math.inf, math.nan, 1e308, 5e-324, -0.0,
    "", " ", "\0", "\ud800", "\u202e", "a" * 100_000, "é" * 4_000, "?" * 4_000, "'; DROP TABLE",
    "%s%n{}", "../../etc/passwd", "\x1b[2J", "Who\n\n\nwas\t?", "日本" * 500, "e\u0301" * 300, "-h",
    b"", b"\xff", None, True, (), [], {}, object(), int, Ellipsis, [None], {"a": 1}, {1, 2},
]  # fmt: skip
anything = (
    st.sampled_from(_EXTREME)
    | st.text(max_size=60)
    | st.integers()
    | st.floats()
    | st.binary(max_size=20)
    | st.lists(st.text(max_size=5) | st.integers(), max_size=4)
    | st.dictionaries(st.text(max_size=5), st.integers(), max_size=3)
)
DOCUMENT = make_document("a.txt", b"The oak was planted in 1723.\nIt is tall.\n")


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    place = tmp_path_factory.mktemp("types")
    files = {"a.txt": "The oak was planted in 1723.\nIt is tall.\n", "b.txt": "The mill burned.\n"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("summit_qa.index.build._Checker", CheckerInProcess)
        with doubled(write(place / "corpus", files), place / "index") as opened:
            yield opened


def _calls(assistant: Assistant) -> dict[str, Callable[[Any, Any], object]]:
    """Each public function, called with two values of any kind."""
    return {
        "ask": lambda a, b: assistant.ask(a),
        "ask with an engine": lambda a, b: assistant.ask(a, engine=b),
        "stream": lambda a, b: list(assistant.stream(a, engine=b)),
        "search": lambda a, b: assistant.search(a, b),
        "search for words": lambda a, b: assistant.search("oak", a),
        "check": lambda a, b: assistant.check(a),
        "check in files": lambda a, b: assistant.check("The oak is tall.", a),
        "with_settings": lambda a, b: assistant.with_settings(passages=a, strictness=b),
        "with_settings of any name": lambda a, b: assistant.with_settings(**{str(a)[:50]: b}),
        "conversation": lambda a, b: assistant.conversation(a),
        "conversation.ask": lambda a, b: [*assistant.conversation().stream(a)],
        "Settings.load": lambda a, b: Settings.load(passages=a, llm=b),
        "Settings.load of folders": lambda a, b: Settings.load(corpus=a, index=b),
        "Settings.replaced": lambda a, b: settings().replaced(llm_timeout=a, openai_api_key=b),
        "Assistant.open": lambda a, b: Assistant.open(a, b, sync=False),
        "read_corpus": lambda a, b: read_corpus(_here(a) if isinstance(a, str) else a),
        "documents": lambda a, b: a in assistant.documents,
        "verify": lambda a, b: [verify(c, DOCUMENT) for c in assistant.ask("oak").citations],
    }


def _here(name: str) -> Path:
    """A path of that name that does not lead out of this folder: "/" would be the whole machine."""
    return Path(*(part.replace("..", "").strip("/") for part in Path(name).parts))


NAMES = sorted(_calls(None))  # type: ignore[arg-type]
# What plain functions, which are given values by this program alone, may also raise.
PLAIN = {"documents": (TypeError,), "read_corpus": (TypeError, AttributeError)}


@pytest.mark.parametrize("name", NAMES)
def test_only_documented_errors(
    assistant: Assistant, name: str, tally: Tally, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    call = _calls(assistant)[name]
    ran = refused = 0
    examples = max(10, EXAMPLES // (20 if name in ("Assistant.open", "verify") else 1))

    @limits(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(anything, anything)
    def check(first: Any, second: Any) -> None:
        nonlocal ran, refused
        ran += 1
        try:
            found = call(first, second)
        except SummitQAError as error:
            refused += 1
            lines = str(error).splitlines()
            if len(lines) > 1:
                raise AssertionError(f"an error of several lines: {error}") from error
        except PLAIN.get(name, ()):
            refused += 1
        else:
            if isinstance(found, Answer):
                found.to_dict()

    check()
    tally(f"{name} with any types and values", ran, f"{refused} refused in one line")


@limits(max_examples=EXAMPLES, deadline=None, database=None)
@given(st.text(max_size=80), st.text(max_size=200), st.integers(), st.integers())
def test_places_of_quotes(quote: str, text: str, start: int, end: int) -> None:
    for first, last in locate(quote, text):
        assert 0 <= first < last <= len(text)
    document = text_document("x.txt", text, "", "utf-8", len(text))
    try:
        citation = cite(document, start, end, number=1)
    except ValueError:
        assert not 0 <= start < end <= len(document.text)
    else:
        assert verify(citation, document)


def test_readers_fuzzed(tmp_path: Path, tally: Tally) -> None:
    """Questions, quotes, JSON and settings, by atheris where it is installed."""
    seconds = times(10, 600)
    script = Path(__file__).parent / "fuzz_readers.py"
    done = subprocess.run(
        [sys.executable, str(script), str(seconds)],
        cwd=tmp_path, capture_output=True, text=True, timeout=seconds + 300,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )  # fmt: skip
    if "no atheris" in done.stdout:
        pytest.skip("atheris is not installed: pip install atheris")
    assert done.returncode == 0, done.stderr[-3000:]
    runs = re.search(r"Done (\d+) runs", done.stderr)
    assert runs
    tally("the readers of questions, quotes, JSON and settings, fuzzed", int(runs[1]), "0 crashes")
