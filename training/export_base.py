"""Writes the base model as int8 ONNX with its tokenizer and the checksums that the loader wants.

    python training/export_base.py --base DIR --checkpoint FILE --out src/summit_qa/models/base

``--base`` is the folder of the official weights and tokenizer; the checkpoint is one of
train_base.py, or a file of int8 rows (``.safetensors``). The graph takes ids and mask (n, T) and
gives support (n, 3), relevance (n,), start and end (n, T); which tokens may hold an answer is
for the caller to say. ``--float`` keeps the float32 model too, for the figures. What int8 changes
is printed: the same pairs by PyTorch in float32 and by the file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import Tensor, nn

from base_model import MASKED, PADDING, Base, buckets
from base_rows import SEPARATOR
from data import rows
from export import smooth

TOKENS = 208  # longest pair
FURTHEST = TOKENS + 48  # relative positions that the table of the graph holds
LABELS = ["entailed", "neutral", "contradicted"]
SEEN = 150  # training texts whose activations are looked at
COMPARED = 100  # pairs of nli-val that both models judge


class Exported(nn.Module):
    """The base model as the graph has it: spans unmasked, relative positions from one table."""

    def __init__(self, model: Base) -> None:
        super().__init__()
        self.model = model
        # Row FURTHEST + i - j holds the bias of query i and key j: one look-up instead of the
        # logarithm of every pair of places.
        table = buckets(FURTHEST + 1)
        row = torch.cat([table[0].flip(0), table[1:, 0]])
        self.register_buffer("bias", model.encoder.rel(row).detach().clone())  # (2 F + 1, 12)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Support (n, 3), relevance (n,), start and end (n, T)."""
        encoder = self.model.encoder
        places = torch.arange(ids.shape[1], device=ids.device)
        states = encoder.norm(encoder.words(ids) + encoder.positions(places + PADDING + 1)[None])
        apart = places[:, None] - places[None, :] + FURTHEST
        bias = self.bias[apart].permute(2, 0, 1)[None]
        bias = bias + (1.0 - mask[:, None, None, :].to(states.dtype)) * MASKED
        for layer in encoder.layers:
            states = layer(states, bias)
        weight = mask[..., None].to(states.dtype)
        mean = (states * weight).sum(1) / weight.sum(1)
        pooled = torch.tanh(self.model.pooled(torch.cat([states[:, 0], mean], -1)))
        spans = self.model.span(states)
        return (
            self.model.support(pooled),
            self.model.relevance(pooled)[:, 0],
            spans[..., 0],
            spans[..., 1],
        )


def load(base: Path, checkpoint: Path) -> Base:
    """The trained model; of a checkpoint of train_base.py its running average."""
    model = Base()
    model.load_official(base / "model.safetensors")
    model.load_start(checkpoint)
    return model.eval()


def to_onnx(model: nn.Module, path: Path) -> None:
    """The model in float32, with free batch and length."""
    ids = torch.randint(1000, 2000, (2, 16))
    outputs = list(Base.outputs)
    free = {name: {0: "n", 1: "T"} for name in ("input_ids", "attention_mask", "start", "end")}
    free |= {name: {0: "n"} for name in ("support", "relevance")}
    torch.onnx.export(
        model,
        (ids, torch.ones_like(ids)),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=outputs,
        dynamic_axes=free,
        opset_version=17,
        dynamo=False,
    )


def is_linear(node: onnx.NodeProto) -> bool:
    """Whether the node is one of the four matrices of a layer."""
    return node.op_type == "MatMul" and node.name.split("/")[-2] in ("qkv", "o", "i", "u")


def texts_of() -> list[tuple[str, str]]:
    """Training pairs as the model meets them."""
    found = [(row["claim"], row["evidence"][:900]) for row in rows("nli-train")]
    for row in rows("more/squadshifts"):
        found.append((row["question"], f"A headline{SEPARATOR}{row['context'][:800]}"))
    return random.Random(3).sample(found, SEEN)


def tokenizer_of(base: Path) -> Tokenizer:
    """The official tokenizer, which pads and cuts nothing."""
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@torch.no_grad()
def compare(model: Base, session: onnxruntime.InferenceSession, tokenizer: Tokenizer) -> str:
    """In words, how far the file is from PyTorch in float32 on pairs of nli-val."""
    pairs = random.Random(0).sample(list(rows("nli-val")), COMPARED)
    tokenizer.enable_truncation(TOKENS, strategy="only_second")
    apart: dict[str, list[float]] = {name: [] for name in Base.outputs}
    same, right, exact = [], [], []
    spent = 0.0
    for row in pairs:
        encoding = tokenizer.encode(row["claim"], row["evidence"])
        ids, mask = np.array([encoding.ids]), np.array([encoding.attention_mask])
        began = time.perf_counter()
        ours = session.run(None, {"input_ids": ids, "attention_mask": mask})
        spent += time.perf_counter() - began
        theirs = model(torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(mask))
        for name, one, other in zip(Base.outputs, ours, theirs, strict=True):
            apart[name].append(float(np.abs(one - other.numpy()).mean()))
        label = int(np.argmax(ours[0][0]))
        same.append(label == int(theirs[0][0].argmax()))
        right.append(label == LABELS.index(row["label"]))
        exact.append(int(theirs[0][0].argmax()) == LABELS.index(row["label"]))
    differences = ", ".join(f"{name} {np.mean(values):.3f}" for name, values in apart.items())
    return (
        f"{COMPARED} pairs of nli-val: mean difference of a logit: {differences}; same label "
        f"{np.mean(same):.3f}; right {np.mean(right):.3f} (float32 {np.mean(exact):.3f}); "
        f"{1000 * spent / COMPARED:.1f} ms a pair"
    )


def write_config(place: Path) -> None:
    """The checksums and sizes that the loader reads."""
    files = ("model.onnx", "tokenizer.json")
    config = {
        "max_tokens": TOKENS,
        "outputs": list(Base.outputs),
        "labels": LABELS,
        "sha256": {f: hashlib.sha256((place / f).read_bytes()).hexdigest() for f in files},
    }
    (place / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def quantize(source: Path, target: Path, texts: Sequence[tuple[str, str]]) -> None:
    """Write ``source`` with 8-bit weights and embeddings, the outliers of all inputs smoothed.

    Of 250 pairs of nli-val, 0.988 get the label that float32 gives them; 0.948 where only what
    comes out of the GELUs is smoothed, 0.956 where nothing is. 4-bit weights (blocks of 32 with
    zero points) have 0.960 in 80 MB, but take twice the time; 8-bit blocks the same.
    """
    plain = source.with_name("smooth.onnx")
    smooth(source, plain, texts, is_linear)
    quantize_dynamic(str(plain), str(target), weight_type=QuantType.QInt8, per_channel=True)


def main() -> None:
    """Export the model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base", type=Path, required=True, help="folder of the official weights")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float", type=Path, help="keep the float32 model here too")
    options = parser.parse_args()

    torch.set_num_threads(1)
    model = load(options.base, options.checkpoint)
    tokenizer = tokenizer_of(options.base)
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(options.out / "tokenizer.json"), pretty=False)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "float.onnx"
        to_onnx(Exported(model), plain)
        shutil.copy(options.out / "tokenizer.json", folder)
        quantize(plain, options.out / "model.onnx", texts_of())
        if options.float:
            options.float.mkdir(parents=True, exist_ok=True)
            shutil.copy(plain, options.float / "model.onnx")
            shutil.copy(options.out / "tokenizer.json", options.float / "tokenizer.json")
            write_config(options.float)
    write_config(options.out)
    size = (options.out / "model.onnx").stat().st_size
    print(f"{size / 1e6:.1f} MB in {options.out}")
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(options.out / "model.onnx"), settings)
    print(compare(model, session, tokenizer))


if __name__ == "__main__":
    main()
