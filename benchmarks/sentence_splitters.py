"""Compares sentence splitters on hand-made cases of newspaper text, and their speed.

    python benchmarks/sentence_splitters.py

Those of sentencex, pysbd, syntok, blingfire and NLTK's punkt that are installed are measured
beside the package's own `sentence_spans`. docs/decisions.md has the figures.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from summit_qa.documents.sentences import sentence_spans

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "data" / "sentences.txt"
Splitter = Callable[[str], list[int]]


def read_cases() -> tuple[list[tuple[str, set[int]]], list[tuple[str, set[int]]]]:
    """(text, where its sentences but the first begin), for the seen and the held-out lines."""
    seen, held_out = CASES.read_text(encoding="utf-8").split("# held out\n")
    return _cases(seen), _cases(held_out)


def _cases(lines: str) -> list[tuple[str, set[int]]]:
    cases = []
    for line in lines.splitlines():
        if not line or line.startswith("#"):
            continue
        parts = line.replace("\\n", "\n").split("|")
        starts, position = set(), 0
        for part in parts[:-1]:
            position += len(part)
            starts.add(position + 1)  # after the space
        cases.append(("".join(parts), starts))
    return cases


def splitters(scratch: Path) -> dict[str, Splitter]:
    """Starts of sentences by each splitter that is installed."""
    found: dict[str, Splitter] = {
        "summit_qa (sentencex and rules)": lambda text: [start for start, _ in sentence_spans(text)]
    }
    try:
        from sentencex import get_sentence_boundaries

        found["sentencex"] = lambda text: [
            each["start_index"] for each in get_sentence_boundaries("en", text)
        ]
    except ImportError:
        pass
    try:
        import pysbd

        segmenter = pysbd.Segmenter(language="en", clean=False, char_span=True)
        found["pysbd"] = lambda text: [each.start for each in segmenter.segment(text)]
    except ImportError:
        pass
    try:
        from syntok import segmenter as syntok

        found["syntok"] = lambda text: [
            next(iter(sentence)).offset for part in syntok.analyze(text) for sentence in part
        ]
    except ImportError:
        pass
    try:
        import blingfire

        found["blingfire"] = lambda text: [
            start for start, _ in blingfire.text_to_sentences_and_offsets(text)[1]
        ]
    except ImportError:
        pass
    try:
        import llama_index.core
        import nltk

        # LlamaIndex carries punkt's English parameters: nothing is downloaded. They are copied,
        # since NLTK reads no hard-linked file and installers link to their cache.
        carried = Path(llama_index.core.__file__).parent / "_static" / "nltk_cache"
        shutil.copytree(carried / "tokenizers", scratch / "tokenizers")
        nltk.data.path.insert(0, str(scratch))
        punkt = nltk.tokenize.punkt.PunktTokenizer("english")
        found["NLTK punkt"] = lambda text: [start for start, _ in punkt.span_tokenize(text)]
    except (ImportError, LookupError):
        pass
    return found


def main() -> None:
    """Print the table."""
    seen, held_out = read_cases()
    article = (ROOT / "corpus" / "003_df70005f37d4df08.txt").read_text(encoding="utf-8")
    prose = "\n\n".join([article] * 30)
    print(f"| splitter | seen ({len(seen)}) | held out ({len(held_out)}) | KB a second |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        found = splitters(Path(scratch))
    for name, split in found.items():
        right = []
        for cases in (seen, held_out):
            exact = sum({s for s in split(text) if s > 0} == starts for text, starts in cases)
            right.append(f"{exact / len(cases):.0%}")
        begun = time.perf_counter()
        split(prose)
        speed = len(prose.encode()) / 1000 / (time.perf_counter() - begun)
        print(f"| {name} | {right[0]} | {right[1]} | {speed:,.0f} |")


if __name__ == "__main__":
    main()
