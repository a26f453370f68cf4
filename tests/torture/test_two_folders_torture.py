"""Two assistants over different folders and one index path: refused, in every order."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from form import Tally, times
from opening import doubled

from doubles import write
from summit_qa.assistant import Assistant
from summit_qa.errors import SummitQAError

pytestmark = [pytest.mark.torture, pytest.mark.timeout(900)]
ASKED = "When was the tower finished?"


class Two:
    """Two folders, of which each has its own year, and what may be done with either."""

    def __init__(self, place: Path) -> None:
        self.index = place / "index"
        self.folders = {
            "a": write(place / "a", {"tower.txt": "The tower was finished in 1801.\n"}),
            "b": write(place / "b", {"tower.txt": "The tower was finished in 1902.\n"}),
        }
        self.years = {"a": "1801", "b": "1902"}
        self.open: dict[str, Assistant] = {}
        self.refused = self.answered = 0

    def do(self, which: str, what: str) -> None:
        """One step; what is refused is counted, and an answer must be of its own folder."""
        try:
            getattr(self, f"_{what}")(which)
        except SummitQAError:
            self.refused += 1

    def _start(self, which: str) -> None:
        self._stop(which)
        self.open[which] = doubled(self.folders[which], self.index)

    def _unsynced(self, which: str) -> None:
        self._stop(which)
        self.open[which] = doubled(self.folders[which], self.index, sync=False)

    def _stop(self, which: str) -> None:
        if (assistant := self.open.pop(which, None)) is not None:
            assistant.close()

    def _sync(self, which: str) -> None:
        if which in self.open:
            self.open[which].sync()

    def _ask(self, which: str) -> None:
        if which in self.open:
            answer = self.open[which].ask(ASKED)
            self.answered += 1
            other = self.years["b" if which == "a" else "a"]
            assert other not in str(answer.to_dict()), f"{which} answers from the other folder"
            assert answer.abstained or self.years[which] in answer.text

    def _move(self, which: str) -> None:
        """The folder goes away: its index may then be had by another."""
        if self.folders[which].exists():
            shutil.move(self.folders[which], self.folders[which].with_suffix(".gone"))
        else:
            shutil.move(self.folders[which].with_suffix(".gone"), self.folders[which])


@pytest.mark.usefixtures("checked_in_process")
def test_one_index_for_two_folders(tmp_path: Path, tally: Tally) -> None:
    opening = ["start", "unsynced"]
    steps = [
        [(one, first), (two, second), (one, "ask"), (two, "ask"), (three, "sync"), *after]
        for (one, two), first, second, three, after in itertools.product(
            (("a", "b"), ("b", "a")),
            opening,
            opening,
            ("a", "b"),
            (
                [("a", "ask"), ("b", "ask")],
                [("a", "move"), ("b", "start"), ("b", "ask"), ("a", "ask"), ("a", "move"),
                 ("a", "sync"), ("a", "ask"), ("b", "ask")],
                [("a", "stop"), ("b", "sync"), ("b", "ask"), ("a", "start"), ("a", "ask")],
            ),
        )
    ]  # fmt: skip
    chosen = steps[:: times(4, 1)]
    refused = answered = 0
    for number, order in enumerate(chosen):
        two = Two(tmp_path / str(number))
        for which, what in order:
            two.do(which, what)
        for which in "ab":
            two.do(which, "stop")
        refused, answered = refused + two.refused, answered + two.answered
    assert refused > 0
    assert answered > 0
    tally(
        "two assistants over different folders, one index path",
        len(chosen),
        f"{refused} steps refused, {answered} answers, 0 of the other folder",
    )


@pytest.mark.usefixtures("checked_in_process")
def test_two_folders_at_the_same_moment(tmp_path: Path, tally: Tally) -> None:
    rounds = times(3, 20)
    won = {"a": 0, "b": 0}
    for number in range(rounds):
        two = Two(tmp_path / str(number))
        gate = threading.Barrier(2)

        def begin(which: str, two: Two = two, gate: threading.Barrier = gate) -> None:
            gate.wait()
            two.do(which, "start")

        _both(begin)
        assert len(two.open) == 1, "both have the index, or none"
        for which in list(two.open):
            won[which] += 1
            two.do(which, "ask")
            two.do(which, "stop")
        assert two.answered == 1
    tally("two folders that take one index at the same moment", rounds, f"one each time: {won}")


def _both(work: Callable[[str], None]) -> None:
    threads = [threading.Thread(target=work, args=(which,)) for which in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
