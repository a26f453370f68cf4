"""Runs a bundled cross-encoder: pairs of texts in, one row of each output a pair.

A folder holds ``model.onnx``, ``tokenizer.json`` and ``config.json``, which names the outputs,
the longest input in tokens and the sha256 of the other two files.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summit_qa.errors import ModelError

MODELS = Path(__file__).parent
SLOW_FUSION = "SkipLayerNormFusion"  # its kernel takes three times as long as what it fuses
MASKED = -1e4  # the logit of a position that cannot be chosen


class CrossEncoder:
    """An ONNX cross-encoder and its tokenizer; safe to use from many threads.

    Every pair is a run of its own, as many at a time as there are cores. An int8 model takes
    the range of its activations from the whole batch, so the scores of a pair would change with
    its neighbours; alone, a pair scores the same whatever it is scored with. On two cores this
    is also the fastest way (benchmarks/model_speed.py).
    """

    def __init__(
        self,
        session: Any,
        tokenizer: Any,
        outputs: Sequence[str],
        labels: Sequence[str],
        threads: int,
        digest: str = "",
    ) -> None:
        self._session = session
        self._takes = {item.name for item in session.get_inputs()}
        self._tokenizer = tokenizer
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._pool_lock = threading.Lock()
        self.outputs = tuple(outputs)
        self.labels = tuple(labels)
        self.digest = digest  # sha256 of the weights

    @classmethod
    def load(cls, folder: Path, *, threads: int | None = None) -> CrossEncoder:
        """The model in ``folder``; ModelError where a file is missing or altered."""
        config = _read_config(folder)
        _read_checked(folder, "model.onnx", config)
        words = _read_checked(folder, "tokenizer.json", config).decode("utf-8", "replace")
        try:
            tokens, outputs = int(config["max_tokens"]), [str(name) for name in config["outputs"]]
        except (KeyError, TypeError, ValueError):
            raise ModelError(f"The model's {folder / 'config.json'} lacks a setting.") from None
        count = threads or _cores()

        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False  # what it keeps of loading is never given back
        try:
            # Of bytes it keeps a copy: 300 MB for the base model instead of 200, no faster.
            session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=[SLOW_FUSION],
            )
            tokenizer = Tokenizer.from_str(words)
        except Exception as error:  # both libraries raise many kinds; the file is at fault
            raise ModelError(f"The model in {folder} cannot be opened: {_line(error)}") from None
        tokenizer.no_padding()
        # A pair keeps its question or claim whole; a single text has nothing else to cut.
        strategy = "longest_first" if outputs == ["embedding"] else "only_second"
        tokenizer.enable_truncation(tokens, strategy=strategy)
        digest = str(config["sha256"]["model.onnx"])
        return cls(session, tokenizer, outputs, config.get("labels", ()), count, digest)

    def encode(self, pairs: Sequence[tuple[str, str]]) -> list[Any]:
        """Tokenized (first, second) pairs; only the second is cut to the longest input."""
        try:
            encodings: list[Any] = self._tokenizer.encode_batch(list(pairs))
        except Exception:  # some first text alone is over the limit
            return [self._encode_pair(first, second) for first, second in pairs]
        return encodings

    def run(self, pairs: Sequence[tuple[str, str]]) -> dict[str, NDArray[np.float32]]:
        """Logits by output name, row i for pair i; token outputs are padded to (n, longest)."""
        return self.run_encoded(self.encode(pairs))

    def run_texts(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """As ``run``, for a model that takes one text and no pair."""
        return self.run_encoded(self._tokenizer.encode_batch(list(texts)))

    def run_encoded(self, encodings: Sequence[Any]) -> dict[str, NDArray[np.float32]]:
        """As ``run``, for pairs that ``encode`` has made."""
        # The longest first: no core is left with one long pair while the others are idle.
        order = sorted(range(len(encodings)), key=lambda index: -len(encodings[index].ids))
        rows: list[list[NDArray[np.float32]]] = [[] for _ in encodings]
        ordered = [encodings[index] for index in order]
        if len(ordered) > 1 and self._threads > 1:
            results = list(self._executor().map(self._run_one, ordered))
        else:
            results = [self._run_one(encoding) for encoding in ordered]
        for index, result in zip(order, results, strict=True):
            rows[index] = result
        return {name: _stack([row[at] for row in rows]) for at, name in enumerate(self.outputs)}

    def close(self) -> None:
        """Let the worker threads go; a later run starts them again."""
        with self._pool_lock:
            if self._pool is not None:
                self._pool.shutdown(wait=True)
                self._pool = None

    def _executor(self) -> ThreadPoolExecutor:
        with self._pool_lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="cross-encoder")
            return self._pool

    def _encode_pair(self, first: str, second: str) -> Any:
        try:
            return self._tokenizer.encode(first, second)
        except Exception:
            # The first text alone is over the limit: keep its beginning and some of the second.
            from tokenizers import Tokenizer

            limit = self._tokenizer.truncation["max_length"]
            uncut = Tokenizer.from_str(self._tokenizer.to_str())
            uncut.no_truncation()
            offsets = uncut.encode(first, add_special_tokens=False).offsets
            if len(offsets) <= limit // 2:
                raise
            return self._tokenizer.encode(first[: offsets[limit // 2 - 1][1]], second)

    def _run_one(self, encoding: Any) -> list[NDArray[np.float32]]:
        fields = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        feed = {
            name: np.array([values], dtype=np.int64)
            for name, values in fields.items()
            if name in self._takes
        }
        return [output[0] for output in self._session.run(list(self.outputs), feed)]


def _stack(rows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Rows as one array; rows of unlike length (one value a token) are padded with MASKED."""
    if not rows:
        return np.zeros((0,), dtype=np.float32)
    if rows[0].ndim == 0 or len({row.shape for row in rows}) == 1:
        return np.stack(rows).astype(np.float32)
    padded = np.full((len(rows), max(len(row) for row in rows)), MASKED, dtype=np.float32)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = row
    return padded


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except OSError:
        raise ModelError(f"No model in {folder}: config.json is missing; install again.") from None
    except ValueError:
        raise ModelError(f"The model's {folder / 'config.json'} is not JSON.") from None
    if not isinstance(config, dict) or not isinstance(config.get("sha256"), dict):
        raise ModelError(f"The model's {folder / 'config.json'} names no checksums.")
    return config


def _read_checked(folder: Path, name: str, config: dict[str, Any]) -> bytes:
    try:
        data = (folder / name).read_bytes()
    except OSError:
        raise ModelError(f"The model file {folder / name} is missing; install again.") from None
    if hashlib.sha256(data).hexdigest() != config["sha256"].get(name):
        raise ModelError(f"The model file {folder / name} was altered; install again.")
    return data


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def _line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
