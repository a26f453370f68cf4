"""Many users, many questions, many files: nobody gets a 5xx, and memory stays where it was."""

from __future__ import annotations

import statistics
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest
from flooding import TOWERS, Quick, ask, quick_server, text_of, towers
from form import LONG, Tally, times
from opening import doubled

from doubles import write

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1800)]


def test_many_users_at_once(served: Quick, tally: Tally) -> None:
    """More than are taken on: the rest are told to come back, in words, with no 5xx."""
    users, seconds = times(40, 50), times(5.0, 300.0)
    told: Counter[str] = Counter()
    waited: list[float] = []
    ended = time.monotonic() + seconds

    def use(user: int) -> None:
        with httpx.Client(base_url=served.address, timeout=120, trust_env=False) as client:
            turn = 0
            while turn < 2 or time.monotonic() < ended:
                turn += 1
                tower = (user * 7 + turn) % TOWERS
                began = time.monotonic()
                event, data = ask(client, f"When was tower number {tower} finished?")
                if event == "complete":
                    waited.append(time.monotonic() - began)
                    assert str(1700 + tower) in text_of(data)
                told["busy" if "Many questions" in data else event] += 1

    _together([(use, user) for user in range(users)])
    assert set(told) <= {"complete", "busy"}, told
    assert told["complete"] > users
    with httpx.Client(base_url=served.address, timeout=60, trust_env=False) as client:
        assert ask(client, "When was tower number 3 finished?")[0] == "complete"
    middle = statistics.median(waited)
    tally(
        f"{users} users at once",
        sum(told.values()),
        f"{told['complete']} answered (half within {middle:.1f} s), {told['busy']} told that it "
        "is busy, 0 × 5xx",
    )


def test_many_questions_with_syncs_between(tmp_path: Path, tally: Tally) -> None:
    """Memory, descriptors and threads stay where they were."""
    count, syncs = times(150, 10_000), times(2, 20)
    corpus = write(tmp_path / "corpus", towers(0))
    with (
        quick_server(tmp_path, corpus, sync_seconds=2) as served,
        httpx.Client(base_url=served.address, timeout=120, trust_env=False) as client,
    ):

        def some(first: int, last: int) -> None:
            for number in range(first, last):
                event, data = ask(client, f"When was tower number {number % TOWERS} finished?")
                assert event == "complete", data
                assert str(1700 + number % TOWERS) in text_of(data)

        warm = max(50, count // 10)
        write(corpus, towers(1))  # what is loaded for a sync is loaded now
        some(0, warm)
        before = served.memory(), served.descriptors(), served.threads()
        for round_ in range(syncs):
            write(corpus, towers(2 + round_))
            some(warm + round_ * count // syncs, warm + (round_ + 1) * count // syncs)
        time.sleep(3)
        memory, descriptors, threads = (
            served.memory() / before[0] - 1,
            served.descriptors() - before[1],
            served.threads() - before[2],
        )
    if LONG:  # of a few questions, what Python keeps for later is no growth
        assert memory < 0.05, f"memory grew by {memory:.1%}"
    assert descriptors <= 20
    assert threads <= 8
    tally(
        f"{count:,} questions with {syncs} re-syncs",
        count,
        f"0 errors; memory {memory:+.1%}, descriptors {descriptors:+}, threads {threads:+}",
    )


@pytest.mark.usefixtures("checked_in_process")
def test_readers_in_threads_across_syncs(tmp_path: Path, tally: Tally) -> None:
    """Twenty threads ask one assistant while it is brought up to date."""
    corpus = write(tmp_path / "corpus", towers(0))
    syncs, readers = times(2, 10), 20
    with doubled(corpus, tmp_path / "index") as assistant:
        stop = threading.Event()
        idle: list[float] = []
        racing: list[float] = []

        def read(kept: list[float]) -> None:
            turn = 0
            while not stop.is_set() or turn < 3:
                turn += 1
                began = time.perf_counter()
                answer = assistant.ask(f"When was tower number {turn % TOWERS} finished?")
                kept.append(time.perf_counter() - began)
                assert str(1700 + turn % TOWERS) in answer.text

        timer = threading.Timer(times(2.0, 10.0), stop.set)
        timer.start()
        _together([(read, idle)] * readers)
        stop.clear()

        def write_on(_: None) -> None:
            for version in range(1, syncs + 1):
                write(corpus, towers(version))
                assistant.sync()
            stop.set()

        _together([(write_on, None), *[(read, racing)] * readers])
    ratio = _p95(racing) / _p95(idle)
    tally(
        f"{readers} reading threads across {syncs} re-syncs",
        len(racing),
        f"0 errors; 95 of 100 answers within {_p95(racing):.2f} s, {ratio:.1f} times the idle time",
    )


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


def _together(work: list[tuple[object, object]]) -> None:
    """Run all at once; raise the first error of any."""
    errors: list[BaseException] = []

    def run(function: object, argument: object) -> None:
        try:
            function(argument)  # type: ignore[operator]
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=pair) for pair in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
