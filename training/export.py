"""Writes a model as int8 ONNX with its tokenizer and the checksums that the loader holds it to.

    python training/export.py minilm --base DIR --out src/summit_qa/models/minilm
    python training/export.py reader --base DIR --checkpoint CHECKPOINT --out DIR

`quantize` says how the weights become 8-bit integers and what each way costs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from data import rows, span_rows
from model import Encoder, Reader

OFFICIAL = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
SMOOTHING = 0.75  # share of an outlier that its channel's scale takes; 0.6 to 0.85 do as well
METHODS = {"minilm": "mixed", "reader": "smooth"}
SEEN = 200  # training texts whose activations are looked at


class SentenceEncoder(nn.Module):
    """The official sentence encoder: mean of the states, scaled to unit length (n, 384)."""

    outputs = ("embedding",)

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        """Unit vectors of the texts."""
        states = self.encoder(ids, types, mask)
        weight = mask[..., None].to(states.dtype)
        return functional.normalize((states * weight).sum(1) / weight.sum(1), dim=-1)


def load(
    name: str, base: Path, checkpoint: Path | None, blend: Sequence[tuple[Path, float]] = ()
) -> nn.Module:
    """The model with its trained weights, or the official ones for ``minilm``.

    ``blend`` names other checkpoints of the same lineage and the share of the weights of each;
    the checkpoint has what is left.
    """
    if name == "minilm":
        official = base / "model.safetensors"
        digest = hashlib.sha256(official.read_bytes()).hexdigest()
        if digest != OFFICIAL:
            raise SystemExit(f"{official} is not the official file (sha256 {digest}).")
        model: nn.Module = SentenceEncoder()
        model.encoder.load_official(official)  # type: ignore[operator,union-attr]
        return model.eval()
    if checkpoint is None:
        raise SystemExit(f"Name the checkpoint of the {name} with --checkpoint.")
    model = Reader()
    weights = torch.load(checkpoint, weights_only=True)["averaged"]
    own = 1 - sum(share for _, share in blend)
    weights = {key: own * value for key, value in weights.items()}
    for path, share in blend:
        other = torch.load(path, weights_only=True)["averaged"]
        weights = {key: weights[key] + share * other[key] for key in weights}
    model.load_state_dict(weights)
    return model.eval()


def to_onnx(model: nn.Module, path: Path) -> None:
    """The model in float32, with free batch and length."""
    ids = torch.randint(1000, 2000, (2, 16))
    mask, types = torch.ones_like(ids), torch.zeros_like(ids)
    types[:, 8:] = 1
    outputs = list(model.outputs)  # type: ignore[arg-type]
    by_token = {"start", "end"}
    axes = {name: {0: "n", 1: "T"} for name in (*INPUTS, *by_token)} | {
        name: {0: "n"} for name in outputs if name not in by_token
    }
    torch.onnx.export(
        model,
        (ids, mask, types),
        str(path),
        input_names=list(INPUTS),
        output_names=outputs,
        dynamic_axes={name: axes[name] for name in (*INPUTS, *outputs)},
        opset_version=17,
        dynamo=False,
    )


def quantize(source: Path, target: Path, method: str, texts: Sequence[tuple[str, ...]]) -> None:
    """Write ``source`` with 8-bit weights.

    ``channel``: a scale for each output, activations ranged over a whole text.
    ``smooth``: the same, after the channels that have outliers are scaled down (`smooth`).
    ``mixed``: where the outliers are, a scale for each 32 inputs of each output and activations
    ranged by 32: a little nearer to float32, and nearly twice as slow.
    ``block``: that everywhere: nearly exact, but as slow as float32.
    """
    plain = source
    if method == "smooth":
        plain = source.with_name("smooth.onnx")
        smooth(source, plain, texts, is_outer)
    by_block = {
        node.name
        for node in onnx.load(str(plain)).graph.node
        if node.op_type == "MatMul"
        and (method == "block" or (method == "mixed" and is_outer(node)))
    }
    table = source.with_name("table.onnx")
    quantize_dynamic(
        str(plain),
        str(table),
        weight_type=QuantType.QInt8,
        per_channel=True,
        nodes_to_exclude=sorted(by_block),
    )
    if not by_block:
        shutil.copy(table, target)
        return
    quantizer = MatMulNBitsQuantizer(
        onnx.load(str(table)), bits=8, block_size=32, is_symmetric=True, accuracy_level=4
    )
    quantizer.process()
    quantizer.model.save_model_to_file(str(target), use_external_data_format=False)


def smooth(
    source: Path,
    target: Path,
    texts: Sequence[tuple[str, ...]],
    is_outer: Callable[[onnx.NodeProto], bool],
) -> None:
    """Divide each channel after the GELU by a scale, and multiply the weights that take it.

    A few channels there are ten times as large as the others, and one step of an 8-bit integer
    has to span them all. The scale of channel j is max|x_j|^a / max|w_j|^(1 - a), as in
    SmoothQuant (Xiao et al., ICML 2023), over the activations of ``texts``; their geometric mean
    is 1. The product is the same.
    """
    model = onnx.load(str(source))
    graph = model.graph
    widest = largest_activations(source, texts, is_outer)
    stored = {item.name: item for item in graph.initializer}
    for node in [node for node in graph.node if is_outer(node)]:
        channel, weight = node.input
        weights = numpy_helper.to_array(stored[weight])
        scale = np.maximum(widest[channel], 1e-3) ** SMOOTHING
        scale /= np.maximum(np.abs(weights).max(1), 1e-4) ** (1 - SMOOTHING)
        scale = (scale / np.exp(np.log(scale).mean())).astype(np.float32)
        stored[weight].CopyFrom(numpy_helper.from_array(weights * scale[:, None], weight))
        name = f"{node.name}/scale"
        graph.initializer.append(numpy_helper.from_array(1 / scale, name))
        scaled = helper.make_node("Mul", [channel, name], [f"{name}_output"], name=f"{name}_Mul")
        graph.node.insert(list(graph.node).index(node), scaled)
        node.input[0] = scaled.output[0]
    onnx.save(model, str(target))


def largest_activations(
    source: Path, texts: Sequence[tuple[str, ...]], is_outer: Callable[[onnx.NodeProto], bool]
) -> dict[str, NDArray[np.float32]]:
    """The largest absolute value (width,) of each channel that an outer layer takes, by name."""
    model = onnx.load(str(source))
    names = [node.input[0] for node in model.graph.node if is_outer(node)]
    for name in names:
        model.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    tokenizer = Tokenizer.from_file(str(source.with_name("tokenizer.json")))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    taken = [item.name for item in session.get_inputs()]
    widest: dict[str, NDArray[np.float32]] = {}
    for text in texts:
        encoding = tokenizer.encode(*text)
        fields = (encoding.ids, encoding.attention_mask, encoding.type_ids)
        feed = {
            name: np.array([field], dtype=np.int64)
            for name, field in zip(INPUTS, fields, strict=True)
            if name in taken
        }
        for name, values in zip(names, session.run(names, feed), strict=True):
            largest = np.abs(values[0]).max(0)
            widest[name] = np.maximum(widest.get(name, largest), largest)
    return widest


def is_outer(node: onnx.NodeProto) -> bool:
    """Whether the node multiplies what comes out of a GELU."""
    return node.op_type == "MatMul" and "/outer/" in node.name


def texts_of(name: str) -> list[tuple[str, ...]]:
    """Training texts as the model meets them."""
    match name:
        case "reader":
            found: list[tuple[str, ...]] = [
                (r["question"], r["context"][:500]) for r in span_rows(held=False)
            ]
        case _:
            found = [(r["evidence"],) for r in rows("nli-train")]
    return random.Random(3).sample(found, SEEN)


def _share(text: str) -> tuple[Path, float]:
    path, _, share = text.rpartition("=")
    return Path(path), float(share)


def main() -> None:
    """Export one model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=["minilm", "reader"])
    parser.add_argument("--base", type=Path, required=True, help="folder of the official weights")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument(
        "--blend", nargs="*", default=[], type=_share, metavar="FILE=SHARE", help="mixed in"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float", type=Path, help="keep the float32 model here too")
    parser.add_argument("--method", choices=["block", "channel", "mixed", "smooth"])
    options = parser.parse_args()

    model = load(options.name, options.base, options.checkpoint, options.blend)
    options.out.mkdir(parents=True, exist_ok=True)
    method = options.method or METHODS[options.name]
    texts = texts_of(options.name) if method == "smooth" else []
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "float.onnx"
        to_onnx(model, plain)
        shutil.copy(options.base / "tokenizer.json", folder)
        quantize(plain, options.out / "model.onnx", method, texts)
        if options.float:
            options.float.mkdir(parents=True, exist_ok=True)
            shutil.copy(plain, options.float / "model.onnx")
    shutil.copy(options.base / "tokenizer.json", options.out / "tokenizer.json")
    folders = [options.out] + ([options.float] if options.float else [])
    for place in folders:
        if place != options.out:
            shutil.copy(options.out / "tokenizer.json", place / "tokenizer.json")
        files = ("model.onnx", "tokenizer.json")
        config = {
            "max_tokens": {"minilm": 256, "reader": 320}[options.name],
            "outputs": list(model.outputs),  # type: ignore[arg-type]
            "labels": [],
            "sha256": {f: hashlib.sha256((place / f).read_bytes()).hexdigest() for f in files},
        }
        (place / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    size = (options.out / "model.onnx").stat().st_size
    print(f"{options.name}: {size / 1e6:.1f} MB in {options.out}")


if __name__ == "__main__":
    main()
