"""Finished cases of a long run, so that it goes on where it was stopped."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from summit_qa.errors import EvaluationError
from summit_qa.evaluation.results import CaseRow

CACHE = Path("eval/.cache")


@dataclass(frozen=True, slots=True)
class Kept:
    """Where finished cases are kept, and whether those of earlier runs are forgotten."""

    folder: Path = CACHE
    fresh: bool = False

    def of(self, *key: str) -> Checkpoint:
        """The cases of one engine; ``key``: all that a row depends on."""
        checkpoint = Checkpoint(self.folder, *key)
        if self.fresh:
            checkpoint.forget()
        return checkpoint


class Checkpoint:
    """Rows of one engine on one data set, a JSON line each, written as they are finished."""

    def __init__(self, folder: Path, *key: str) -> None:
        """``key``: all that a row depends on; under another key nothing is known."""
        name = hashlib.sha256("\0".join(key).encode()).hexdigest()[:20]
        self.path = folder / f"cases-{name}.jsonl"

    def known(self) -> dict[str, CaseRow]:
        """The rows finished so far, by case; a line that was cut off is left out."""
        try:
            lines = self.path.read_text(encoding="utf-8").split("\n")
        except OSError:
            return {}
        found = {}
        for line in lines:
            try:
                row = CaseRow.model_validate_json(line)
            except ValidationError:
                continue
            found[row.id] = row
        return found

    def keep(self, row: CaseRow) -> None:
        """Append a row; a case that failed is not kept, so that it is asked again."""
        if row.error is not None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                # A line that was cut off has no end: begin a new one.
                file.write(f"\n{row.model_dump_json()}\n")
        except OSError as error:
            raise EvaluationError(f"{self.path} cannot be written: {error.strerror}.") from None

    def forget(self) -> None:
        """Start anew."""
        self.path.unlink(missing_ok=True)
