"""Averages a checkpoint with the one that it began from; the result is a checkpoint too.

    python training/blend.py --base DIR --start FILE --checkpoint FILE --share 0.5 --out FILE

What a short run learned and what it forgot lie in the same difference of weights; part of the way
keeps most of the one and loses little of the other (Wortsman et al., CVPR 2022, WiSE-FT).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from base_model import Base


def main() -> None:
    """Write the blend; ``--share`` is the part of the newer checkpoint, 0 to 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="folder of the official weights")
    parser.add_argument("--start", type=Path, required=True, help="the older checkpoint")
    parser.add_argument("--checkpoint", type=Path, required=True, help="the newer checkpoint")
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    model = Base()
    model.load_official(options.base / "model.safetensors")
    model.load_start(options.start)
    newer = Base()
    newer.load_start(options.checkpoint)
    weights = newer.state_dict()
    blended = {
        name: torch.lerp(old, weights[name], options.share) if old.is_floating_point() else old
        for name, old in model.state_dict().items()
    }
    torch.save({"model": blended, "averaged": {}}, options.out)


if __name__ == "__main__":
    main()
