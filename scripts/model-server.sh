#!/bin/sh
# Makes build/llm, an environment with llama.cpp's server as a prebuilt wheel and the packages that are
# named as arguments (once, ten seconds), and prints its Python. A failure is one line on standard error.
set -eu
cd "$(dirname "$0")/.."

server='xllamacpp==2026.10.11549'
env=build/llm
stamp=$env/.installed
log=build/llm-install.log

recipe="$server $*"
if [ "$(cat "$stamp" 2>/dev/null)" != "$recipe" ]; then
    mkdir -p build
    rm -rf "$env"
    echo "Installing $recipe into $env (once; log: $log) ..." >&2
    {
        "${PYTHON:-python3}" -m venv "$env" &&
            "$env/bin/python" -m pip install --disable-pip-version-check --no-deps "$server" "$@" &&
            "$env/bin/python" -c 'import xllamacpp'
    } >"$log" 2>&1 || {
        echo "$server could not be installed: $(tail -n 1 "$log" | cut -c1-200)" >&2
        exit 1
    }
    echo "$recipe" >"$stamp"
fi
echo "$env/bin/python"
