#!/bin/sh
# Gets what the browser tests need and is not there yet: Debian's Chromium, and axe-core, which
# checks accessibility, from the npm registry into build/axe (ignored by git).
set -eu
cd "$(dirname "$0")/.."

axe_version=4.10.3

if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null &&
    [ ! -x "${CHROMIUM:-}" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing Debian's chromium ..." >&2
        apt-get update -qq >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium \
            fonts-liberation >/dev/null
    else
        echo "The browser tests need Chromium: run 'sudo apt-get install chromium', or name a" >&2
        echo "Chromium or Chrome in the environment variable CHROMIUM." >&2
        exit 1
    fi
fi

if [ ! -f build/axe/axe.min.js ]; then
    command -v npm >/dev/null || {
        echo "The accessibility tests need npm, to fetch axe-core: install Node.js." >&2
        exit 1
    }
    echo "Fetching axe-core $axe_version ..." >&2
    mkdir -p build/axe
    (cd build/axe && npm pack --silent "axe-core@$axe_version" >/dev/null &&
        tar -xzf "axe-core-$axe_version.tgz" --strip-components=1 package/axe.min.js package/LICENSE)
fi
