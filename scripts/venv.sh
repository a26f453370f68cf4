#!/bin/sh
# Makes .venv with the locked dependencies and this package; does nothing when it is up to date.
# Needs Python 3.11 to 3.13 and a package registry, nothing else.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
stamp=.venv/.locked
want=$(cat requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && exit 0

command -v "$python" >/dev/null || { echo "Python 3.11 to 3.13 is needed; $python was not found." >&2; exit 1; }
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' ||
    { echo "Python 3.11 to 3.13 is needed; $python is $("$python" -V 2>&1)." >&2; exit 1; }

if [ ! -x .venv/bin/pip ]; then
    rm -rf .venv
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        # Debian ships Python without ensurepip; its package python3-venv brings it.
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            echo "Installing Debian's python3-venv, which Python needs to make environments ..." >&2
            apt-get update -qq >/dev/null && apt-get install -y -qq python3-venv >/dev/null
        else
            echo "This Python cannot make environments: run 'sudo apt-get install python3-venv' and try again." >&2
            exit 1
        fi
        rm -rf .venv
        "$python" -m venv .venv
    fi
fi
echo "Installing the locked dependencies into .venv (once, a minute or two) ..." >&2
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
echo "$want" >"$stamp"
