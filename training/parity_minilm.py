"""Measures the bundled int8 encoder against the official weights in float32.

    python training/parity_minilm.py --base DIR [--data ../shared/data] [--sample 1000]

``--base`` holds the official ``model.safetensors``. Two float32 references are possible: the
encoder of `model.py`, and Hugging Face's own BERT where transformers is installed, which shows
that `model.py` computes the same. The figures go to training/results/minilm.md.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import json
import platform
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from export import load
from summit_qa.documents.sentences import sentence_spans
from summit_qa.models.cross_encoder import MODELS
from summit_qa.models.encoder import MiniLMEncoder

ROOT = Path(__file__).parent.parent
Vectors = NDArray[np.float32]
LIMITS = {"mean cosine": 0.985, "same first passage": 0.95}


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a gzipped JSON lines file."""
    if not path.exists():
        raise SystemExit(f"There is no {path}; name the data folder with --data.")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def news_sentences(data: Path, count: int) -> list[str]:
    """Sentences drawn from the news texts."""
    texts = [row["text"] for row in read_rows(data / "news-text.jsonl.gz")]
    random.Random(7).shuffle(texts)
    sentences = [text[a:b] for text in texts[:count] for a, b in sentence_spans(text[:3000])]
    return random.Random(7).sample(sentences, count)


def questions_and_passages(data: Path, count: int) -> tuple[list[str], list[str]]:
    """Answerable questions of SQuAD and the paragraphs of all of them."""
    rows = read_rows(data / "qa-spans-train.jsonl.gz")
    rows = [row for row in rows if row["source"].startswith(("squad", "xquad"))]
    random.Random(7).shuffle(rows)
    rows = [row for row in rows if row["answerable"]][:count]
    return [row["question"] for row in rows], sorted({row["context"] for row in rows})


def ours(base: Path, tokenizer: Tokenizer) -> Callable[[Sequence[str]], Vectors]:
    """The encoder of model.py with the official weights, in float32."""
    model = load("minilm", base, None)

    def encode(texts: Sequence[str]) -> Vectors:
        rows = []
        for text in texts:
            ids = torch.tensor([tokenizer.encode(text).ids])
            with torch.inference_mode():
                rows.append(model(ids, torch.ones_like(ids), torch.zeros_like(ids))[0].numpy())
        return np.stack(rows)

    return encode


def hugging_face(base: Path, tokenizer: Tokenizer) -> Callable[[Sequence[str]], Vectors] | None:
    """Hugging Face's BERT with the official weights and mean pooling; None if not installed."""
    try:
        from transformers import BertConfig, BertModel
    except ImportError:
        return None
    from safetensors.torch import load_file

    config = BertConfig(
        hidden_size=384, intermediate_size=1536, num_hidden_layers=6, num_attention_heads=12
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    weights = load_file(str(base / "model.safetensors"))
    missing, _ = model.load_state_dict(weights, strict=False)
    if missing:
        raise SystemExit(f"The official weights lack {missing[0]}.")

    def encode(texts: Sequence[str]) -> Vectors:
        rows = []
        for text in texts:
            ids = torch.tensor([tokenizer.encode(text).ids])
            with torch.inference_mode():
                states = model(ids, attention_mask=torch.ones_like(ids)).last_hidden_state
            rows.append(torch.nn.functional.normalize(states[0].mean(0), dim=0).numpy())
        return np.stack(rows)

    return encode


def main() -> None:
    """Measure, write the figures and fail where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base", type=Path, required=True, help="folder of the official weights")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--sample", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=ROOT / "training" / "results" / "minilm.md")
    options = parser.parse_args()

    torch.set_num_threads(2)
    tokenizer = Tokenizer.from_file(str(options.base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    bundled = MiniLMEncoder.load()
    reference = ours(options.base, tokenizer)

    sentences = news_sentences(options.data, options.sample)
    questions, passages = questions_and_passages(options.data, options.sample)
    texts = [*sentences, *questions, *passages]
    begun = time.perf_counter()
    exact = reference(texts)
    float_seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    small = bundled.embed_texts(texts)
    small_seconds = time.perf_counter() - begun

    count = len(sentences)
    cosine = (exact[:count] * small[:count]).sum(1)
    asked = slice(count, count + len(questions))
    held = slice(count + len(questions), None)
    first_exact = (exact[asked] @ exact[held].T).argmax(1)
    first_small = (small[asked] @ small[held].T).argmax(1)
    same = float((first_exact == first_small).mean())
    figures = {"mean cosine": float(cosine.mean()), "same first passage": same}

    independent = hugging_face(options.base, tokenizer)
    if independent is None:
        check = "not measured (transformers is not installed)"
    else:
        apart = np.abs(independent(sentences[:100]) - exact[:100]).max()
        check = f"largest difference of any component {apart:.1e}, on 100 sentences"

    size = (MODELS / "minilm" / "model.onnx").stat().st_size / 1e6
    lines = [
        "# The bundled sentence encoder against the official weights",
        "",
        f"Measured {datetime.date.today()} by `training/parity_minilm.py` on {platform.machine()}",
        f"with {torch.get_num_threads()} threads; {bundled.fingerprint}, {size:.1f} MB.",
        "",
        "| figure | measured | at least |",
        "|---|---|---|",
        f"| mean cosine, {count:,} news sentences | {figures['mean cosine']:.4f} | 0.985 |",
        f"| lowest cosine of a sentence | {cosine.min():.4f} | |",
        f"| same first passage, {len(questions):,} questions over {len(passages):,} paragraphs |"
        f" {same:.1%} | 95 % |",
        f"| texts a second: int8, float32 in PyTorch | {len(texts) / small_seconds:.0f},"
        f" {len(texts) / float_seconds:.0f} | |",
        "",
        f"`training/model.py` against Hugging Face's BERT in float32: {check}.",
        "",
        "The texts are from `news-text` and from the SQuAD rows of `qa-spans-train`; the encoder",
        "was not trained or adjusted on them. Speed depends on what else the machine was doing.",
    ]
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    missed = [name for name, limit in LIMITS.items() if figures[name] < limit]
    if missed:
        raise SystemExit(f"Below its limit: {', '.join(missed)}.")


if __name__ == "__main__":
    main()
