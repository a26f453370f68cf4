"""How long the bundled cross-encoders take: one pair a run beside batches, and the first load.

    python benchmarks/model_speed.py

Thirty pairs of sixty tokens, as a question ranks sentences. Every model is loaded in a process of
its own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

PAIRS = 30
TOKENS = 60
REPEATS = 15


def encodings(model: Any) -> list[Any]:
    """Pairs of a question and a text that are TOKENS tokens together."""
    question = "Who hosted the gathering of the three leaders on that day?"
    words = [
        "the",
        "leaders",
        "of",
        "three",
        "countries",
        "met",
        "at",
        "a",
        "retreat",
        "and",
        "agreed",
        "to",
        "consult",
    ]
    made = []
    for number in range(PAIRS):
        text = [f"number {number}"]
        while len(model.encode([(question, " ".join(text))])[0].ids) < TOKENS:
            text.append(words[len(text) % len(words)])
        made.append(model.encode([(question, " ".join(text))])[0])
    return made


def in_batches(model: Any, pairs: list[Any], size: int) -> None:
    """The same pairs, several a run, by one session with as many threads as cores."""
    for start in range(0, len(pairs), size):
        batch = pairs[start : start + size]
        longest = max(len(each.ids) for each in batch)

        def padded(name: str, batch: list[Any] = batch, longest: int = longest) -> NDArray[Any]:
            rows = [getattr(e, name) + [0] * (longest - len(e.ids)) for e in batch]
            return np.array(rows, dtype=np.int64)

        feed = {
            "input_ids": padded("ids"),
            "attention_mask": padded("attention_mask"),
            "token_type_ids": padded("type_ids"),
        }
        takes = {given.name for given in model.get_inputs()}
        model.run(None, {name: values for name, values in feed.items() if name in takes})


def milliseconds(work: Any) -> float:
    """The median of REPEATS runs, after one that warms up."""
    work()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def measure(name: str) -> None:
    """Print the row of one model."""
    began = time.perf_counter()
    from summit_qa.models.cross_encoder import MODELS, CrossEncoder

    model = CrossEncoder.load(MODELS / name)
    loaded = time.perf_counter() - began
    pairs = encodings(model)
    alone = milliseconds(lambda: model.run_encoded(pairs))

    import onnxruntime

    session = onnxruntime.InferenceSession(
        MODELS / name / "model.onnx", providers=["CPUExecutionProvider"]
    )
    batches = [milliseconds(lambda size=size: in_batches(session, pairs, size)) for size in (8, 30)]
    print(
        f"| {name} | {loaded:.2f} s | {alone:.0f} ms | {batches[0]:.0f} ms | {batches[1]:.0f} ms |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", help="only this one, in this process")
    chosen = parser.parse_args().model
    if chosen:
        measure(chosen)
        return
    print(f"| model | first load, imports included | {PAIRS} pairs, one a run | by 8 | by 30 |")
    print("|---|---|---|---|---|", flush=True)
    for name in ("base", "reader"):
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    main()
