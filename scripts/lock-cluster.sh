#!/bin/sh
# Resolves the extra `cluster` beside requirements.lock into scripts/cluster.lock: what it needs besides.
set -eu
cd "$(dirname "$0")/.."
all=$(mktemp)
trap 'rm -f "$all"' EXIT
grep -oE '^[A-Za-z0-9._-]+==[^ ]+( ;.*)?' requirements.lock | sed 's/ *\\$//' >"$all.in"
.venv/bin/uv pip compile pyproject.toml --extra cluster --constraint "$all.in" --generate-hashes --universal \
    --python-version 3.11 --no-emit-index-url --no-header --no-annotate --quiet -o "$all"
.venv/bin/python - "$all" "$all.in" >scripts/cluster.lock <<'PYTHON'
import re
import sys
from pathlib import Path

known = {line.split("==")[0] for line in Path(sys.argv[2]).read_text().splitlines()}
for part in re.split(r"\n(?=[A-Za-z0-9])", Path(sys.argv[1]).read_text().strip()):
    if part.split("==")[0] not in known:
        print(part)
PYTHON
rm -f "$all.in"
