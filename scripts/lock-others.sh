#!/bin/sh
# Resolves, with the versions of requirements.lock: scripts/runtime.lock, what the package runs on (for the
# image), and scripts/cluster.lock, what the extra `cluster` needs besides.
set -eu
cd "$(dirname "$0")/.."
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
sed -nE 's/^([A-Za-z0-9._-]+==[^ ]+( ;[^\\]*)?).*/\1/p' requirements.lock >"$at/pins"

resolve() { # TARGET OPTION ...
    target=$1
    shift
    .venv/bin/uv pip compile pyproject.toml "$@" --constraint "$at/pins" --generate-hashes --universal \
        --python-version 3.11 --no-emit-index-url --no-header --no-annotate --quiet -o "$target"
}
resolve "$at/runtime" --extra shared-history
resolve "$at/cluster" --extra cluster
cp "$at/runtime" scripts/runtime.lock
.venv/bin/python - "$at/cluster" "$at/pins" >scripts/cluster.lock <<'PYTHON'
import re
import sys
from pathlib import Path

known = {line.split("==")[0] for line in Path(sys.argv[2]).read_text().splitlines()}
for part in re.split(r"\n(?=[A-Za-z0-9])", Path(sys.argv[1]).read_text().strip()):
    if part.split("==")[0] not in known:
        print(part)
PYTHON
