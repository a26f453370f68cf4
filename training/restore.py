"""Takes the weights of a shipped int8 model back into a checkpoint that training goes on from.

    python training/restore.py --base DIR --model src/summit_qa/models/base/model.onnx --out FILE

Each matrix is multiplied out with its scales and with the smoothing before it (``export.smooth``),
so the checkpoint computes what the file computes, but for the rounding of activations. Word and
position embeddings are the official ones, which training leaves alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from base_model import LAYERS, Base, buckets
from export_base import FURTHEST

MATRICES = [f"encoder.layers.{n}.{part}" for n in range(LAYERS) for part in ("qkv", "o", "i", "u")]
HEADS = ("pooled", "support", "relevance", "span")


def table_of(kept: dict[str, NDArray], name: str) -> NDArray[np.float32]:
    """An embedding table (rows, width) or a matrix (in, out), in float32."""
    if name in kept:
        return kept[name].astype(np.float32)
    scale, zero = kept[f"{name}_scale"], kept[f"{name}_zero_point"].astype(np.float32)
    return (kept[f"{name}_quantized"].astype(np.float32) - zero) * scale


def restored(base: Path, path: Path) -> Base:
    """The model that the file holds."""
    graph = onnx.load(str(path)).graph
    kept = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    weights = {  # the node's name, without what the exporters added, and its matrix
        node.name.split("/MatMul")[0].strip("/"): node.input[1].removesuffix("_quantized")
        for node in graph.node
        if node.op_type in ("MatMulInteger", "MatMul") and "_quantized" in node.input[1]
    }
    state = {
        name.removeprefix("model."): torch.from_numpy(value.astype(np.float32))
        for name, value in kept.items()
        if name.startswith("model.") and name.endswith((".weight", ".bias"))
    }
    for name in MATRICES:
        *layer, part = name.split(".")
        node = f"{'.'.join(layer[1:])}/{part}"
        smoothing = kept[f"/{node}/MatMul/scale"]  # the input is multiplied by it
        matrix = table_of(kept, weights[node]) * smoothing[:, None]
        state[f"{name}.weight"] = torch.from_numpy(np.ascontiguousarray(matrix.T))
    for name in HEADS:
        stored = weights.get(name, f"model.{name}.weight_Transposed")
        matrix = table_of(kept, stored)
        state[f"{name}.weight"] = torch.from_numpy(np.ascontiguousarray(matrix.T))
    rows = table_of(kept, "bias")  # row FURTHEST + i - j
    places = buckets(FURTHEST + 1)
    bucket = torch.cat([places[0].flip(0), places[1:, 0]]).numpy()
    model = Base()
    model.load_official(base / "model.safetensors")
    relative = model.encoder.rel.weight.detach().numpy().copy()
    for number in set(bucket.tolist()):
        relative[number] = rows[bucket == number].mean(0)
    state["encoder.rel.weight"] = torch.from_numpy(relative)
    missing, unknown = model.load_state_dict(state, strict=False)
    if unknown or set(missing) - {"encoder.words.weight", "encoder.positions.weight"}:
        raise SystemExit(f"{path} does not fit: {missing} {unknown}")
    return model


def main() -> None:
    """Write the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base", type=Path, required=True, help="folder of the official weights")
    parser.add_argument("--model", type=Path, required=True, help="an int8 model.onnx")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    model = restored(options.base, options.model)
    torch.save({"model": model.state_dict(), "averaged": {}}, options.out)


if __name__ == "__main__":
    main()
