#!/bin/sh
# Runs tests/cluster against a real Chroma server and, where the extra `cluster` can be installed, a real
# Ray cluster of two workers, all on loopback. The extra goes into build/cluster, beside the packages of
# .venv. Where it cannot be installed its tests are skipped with the reason; with CI=true they fail.
set -eu
cd "$(dirname "$0")/.."

env=build/cluster
stamp=$env/.installed
log=build/cluster-install.log
recipe=$(sha256sum scripts/cluster.lock requirements.lock | sha256sum | cut -d' ' -f1)
mkdir -p build
if [ "$(cat "$stamp" 2>/dev/null)" != "$recipe" ]; then
    rm -rf "$env"
    echo "Installing Ray and Qdrant's client into $env (once; log: $log) ..." >&2
    if {
        .venv/bin/python -m venv --without-pip "$env" &&
            shared=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') &&
            for inside in "$env"/lib/python*/site-packages; do
                echo "import site; site.addsitedir('$shared')" >"$inside/shared.pth"
            done &&
            .venv/bin/python -m pip --python "$env/bin/python" install --disable-pip-version-check \
                --no-deps --require-hashes -r scripts/cluster.lock
    } >"$log" 2>&1; then
        echo "$recipe" >"$stamp"
    else
        SUMMIT_QA_TEST_CLUSTER_MISSING="$(tail -n 1 "$log" | cut -c1-200)"
        export SUMMIT_QA_TEST_CLUSTER_MISSING
        echo "The extra cannot be installed: $SUMMIT_QA_TEST_CLUSTER_MISSING" >&2
        exec .venv/bin/python -m pytest -m cluster tests/cluster "$@"
    fi
fi
exec "$env/bin/python" -m pytest -m cluster tests/cluster "$@"
