"""Writes a model as int8 ONNX with its tokenizer and the checksums that the loader holds it to.

    python training/export.py minilm --base DIR --out src/summit_qa/models/minilm
    python training/export.py judge --base DIR --checkpoint CHECKPOINT --out DIR

`quantize` says how the weights become 8-bit integers and what each way costs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from torch import Tensor, nn
from torch.nn import functional

from model import Encoder, build

OFFICIAL = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BLEND = 0.35  # share of the weights of the earlier checkpoint; 0 and 0.5 were no better
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


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


def load(name: str, base: Path, checkpoint: Path | None, blend: Path | None = None) -> nn.Module:
    """The model with its trained weights, or the official ones for ``minilm``.

    ``blend`` names an earlier checkpoint of the same run, of which ``BLEND`` is mixed in.
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
    model = build(name)
    weights = torch.load(checkpoint, weights_only=True)["averaged"]
    if blend is not None:
        earlier = torch.load(blend, weights_only=True)["averaged"]
        weights = {key: torch.lerp(weights[key], earlier[key], BLEND) for key in weights}
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


def quantize(source: Path, target: Path, method: str) -> None:
    """Write ``source`` with 8-bit weights.

    ``channel``: a scale for each output, activations ranged over a whole text: the fastest.
    ``block``: a scale for each 32 inputs of each output: nearly exact, but as slow as float32.
    ``mixed``: ``block`` where the activations have outliers (after the GELU), else ``channel``.
    """
    by_block = {
        node.name
        for node in onnx.load(str(source)).graph.node
        if node.op_type == "MatMul"
        and (method == "block" or (method == "mixed" and "/outer/" in node.name))
    }
    table = source.with_name("table.onnx")
    quantize_dynamic(
        str(source),
        str(table),
        weight_type=QuantType.QInt8,
        per_channel=True,
        nodes_to_exclude=sorted(by_block),
    )
    quantizer = MatMulNBitsQuantizer(
        onnx.load(str(table)), bits=8, block_size=32, is_symmetric=True, accuracy_level=4
    )
    quantizer.process()
    quantizer.model.save_model_to_file(str(target), use_external_data_format=False)


def main() -> None:
    """Export one model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=["minilm", "judge", "reader"])
    parser.add_argument("--base", type=Path, required=True, help="folder of the official weights")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--blend", type=Path, help="earlier checkpoint, to mix in")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float", type=Path, help="keep the float32 model here too")
    parser.add_argument("--method", choices=["block", "channel", "mixed"], default="mixed")
    options = parser.parse_args()

    model = load(options.name, options.base, options.checkpoint, options.blend)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "float.onnx"
        to_onnx(model, plain)
        quantize(plain, options.out / "model.onnx", options.method)
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
            "max_tokens": {"minilm": 256, "judge": 256, "reader": 320}[options.name],
            "outputs": list(model.outputs),  # type: ignore[arg-type]
            "labels": ["entailed", "neutral", "contradicted"] if options.name == "judge" else [],
            "sha256": {f: hashlib.sha256((place / f).read_bytes()).hexdigest() for f in files},
        }
        (place / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    size = (options.out / "model.onnx").stat().st_size
    print(f"{options.name}: {size / 1e6:.1f} MB in {options.out}")


if __name__ == "__main__":
    main()
