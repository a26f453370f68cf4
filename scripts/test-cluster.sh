#!/bin/sh
# Runs tests/cluster against a real Chroma server, a real PostgreSQL, nginx with TLS and, where the extra
# `cluster` can be installed, a real Ray cluster of two workers, all on loopback. The extra goes into
# build/cluster, beside the packages of .venv; PostgreSQL and nginx are Debian's, and are installed where
# we are root. What cannot be installed is skipped with the reason; with CI=true it fails.
set -eu
cd "$(dirname "$0")/.."

apt() { # PACKAGE: without the server that Debian would start
    echo "Installing Debian's $1 ..." >&2
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    apt-get update -qq >/dev/null
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || apt postgresql
    command -v nginx >/dev/null || apt nginx-light
fi

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
