"""Makes a checkpoint of a shipped int8 model, so that training can go on from it.

    python training/restore.py judge --base DIR --out build/training/judge-0.pt

Integer weights times their scales are the float weights but for half a step of each scale. The
word embeddings are frozen in training and are taken whole from the official file.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn

from model import build

MODELS = Path(__file__).parents[1] / "src" / "summit_qa" / "models"


def weights_of(model: nn.Module, path: Path) -> dict[str, torch.Tensor]:
    """Every trained parameter of the model as float32, from the quantized ONNX file."""
    graph = onnx.load(str(path)).graph
    stored = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    found: dict[str, NDArray[np.float32]] = {
        name: array for name, array in stored.items() if array.dtype == np.float32
    }
    for node in graph.node:
        if node.op_type not in ("MatMulInteger", "MatMulNBits"):
            continue
        module = re.sub(r"/(?:Gemm_)?MatMul_(?:quant|Q8)$", "", node.name).strip("/")
        name = module.replace("/", ".") + ".weight"
        stem = node.input[1].rsplit("_", 1)[0]
        packed = stored[node.input[1]].astype(np.float32)
        if node.op_type == "MatMulInteger":  # (inputs, outputs), a scale for each output
            zero = stored[f"{stem}_zero_point"].astype(np.float32)
            found[name] = ((packed - zero) * stored[f"{stem}_scale"]).T
            smoothed = stored.get(node.name.removesuffix("_quant") + "/scale")
            if smoothed is not None:
                found[name] = found[name] * smoothed
        else:  # (outputs, blocks, 32), a scale for each block, zero at 128
            scales = stored[f"{stem}_scales"].reshape(packed.shape[:2])
            found[name] = ((packed - 128) * scales[..., None]).reshape(len(packed), -1)
    for table in ("positions", "types"):
        name = f"encoder.{table}.weight"
        zero = stored[f"{name}_zero_point"].astype(np.float32)
        found[name] = (stored[f"{name}_quantized"] - zero) * stored[f"{name}_scale"]
    wanted = model.state_dict()
    return {
        name: torch.from_numpy(np.array(found[name], dtype=np.float32))
        for name in wanted
        if name != "encoder.words.weight"
    }


def main() -> None:
    """Write one checkpoint that `train.py --resume --fresh` takes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=["judge", "reader"])
    parser.add_argument("--base", type=Path, required=True, help="folder of the official weights")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    model = build(options.name)
    model.encoder.load_official(options.base / "model.safetensors")
    state = model.state_dict() | weights_of(model, MODELS / options.name / "model.onnx")
    model.load_state_dict(state)
    torch.save({"averaged": model.state_dict()}, options.out)
    print(f"{options.name}: restored to {options.out}")


if __name__ == "__main__":
    main()
