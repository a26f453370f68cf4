"""A hundred thousand small files, and one of 200 MB: done, within memory, with progress shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from form import Tally, times

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1800)]
HERE = Path(__file__).parent
MOST_MEMORY = 2_000_000_000  # bytes
SCRIPT = """
import json, resource, sys
from pathlib import Path
from opening import QuickEncoder, doubled
told = []
def progress(done, total, what):
    told.append((done, total, what))
place = Path(sys.argv[1])
with doubled(place / "corpus", place / "index", sync=False, encoder=QuickEncoder(),
             max_file_bytes=int(sys.argv[2])) as assistant:
    report = assistant.sync(progress)
    answer = assistant.ask(sys.argv[3])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"added": len(report.added), "skipped": len(report.skipped), "peak": peak,
                  "passages": report.passages, "told": len(told),
                  "cited": [c.location for c in answer.citations]}))
"""


def _indexed(place: Path, most: int, question: str) -> dict[str, object]:
    search = os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(place), str(most), question],
        capture_output=True, text=True, timeout=1_700, env=os.environ | {"PYTHONPATH": search},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def _survived(found: dict[str, object]) -> str:
    peak = int(str(found["peak"]))
    assert peak < MOST_MEMORY, f"{peak:,} bytes of memory"
    assert int(str(found["told"])) > 2, "no progress was shown"
    return f"{found['passages']:,} passages, {peak // 1_000_000:,} MB of memory at most"


def test_many_small_files(tmp_path: Path, tally: Tally) -> None:
    count = times(1_000, 100_000)
    for number in range(count):
        folder = tmp_path / "corpus" / str(number // 1_000)
        if number % 1_000 == 0:
            folder.mkdir(parents=True)
        year = 1_000 + number % 1_000
        (folder / f"{number}.txt").write_text(f"The beacon number {number} was lit in {year}.\n")
    found = _indexed(tmp_path, 1_000_000, f"When was beacon number {count - 7} lit?")
    assert found["added"] == count
    assert found["skipped"] == 0
    assert any(f"{count - 7}.txt" in place for place in found["cited"]), found["cited"]  # type: ignore[attr-defined]
    tally(f"{count:,} small files", count, _survived(found))


def test_one_large_file(tmp_path: Path, tally: Tally) -> None:
    size = times(2.2, 200) * 1_000_000
    (tmp_path / "corpus").mkdir()
    with (tmp_path / "corpus" / "large.txt").open("w") as file:
        number = 0
        while file.tell() < size:
            file.write(f"Entry {number}. The keeper of lamp {number} wrote {number * 7} lines.\n\n")
            number += 1
    found = _indexed(tmp_path, int(2 * size), f"What did the keeper of lamp {number - 9} write?")
    assert found["added"] == 1
    assert found["cited"]
    tally(f"one file of {size / 1_000_000:.3g} MB", 1, _survived(found))
