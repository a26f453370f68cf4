#!/bin/sh
# Thresholds and figures of the base model that is in the package; needs no PyTorch.
#   sh training/figures.sh [FOLDER]    with the float32 model in FOLDER, both on the same rows
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
"$PYTHON" training/calibrate.py
"$PYTHON" training/evaluate.py --name int8
if [ $# -gt 0 ]; then
    "$PYTHON" training/evaluate.py --name int8-sample --sample 150
    "$PYTHON" training/evaluate.py --name float32-sample --sample 150 --model "$1"
fi
