"""Says when the sources are from, where that decides which of them to believe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from summit_qa.documents.called import dated
from summit_qa.language.questions import asks_latest
from summit_qa.types import Disagreement, Document

_MOST = 4  # sources


def dates_told(
    question: str,
    about_it: Iterable[str],
    disagreements: Sequence[Disagreement],
    documents: Mapping[str, Document],
) -> tuple[str, ...]:
    """A note with the dates of the sources, newest first; none where they do not differ.

    ``about_it`` are the paths of what speaks to the question: they count where it asks how
    things are now. Otherwise only the sources that disagree do.
    """
    paths = [side.file for each in disagreements for side in (each.first, each.second)]
    if asks_latest(question):
        paths += about_it
    dates = {path: dated(documents[path]) for path in dict.fromkeys(paths)}
    known = sorted(((date, path) for path, date in dates.items() if date), reverse=True)
    if len({date for date, _ in known}) < 2:
        return ()
    told = ", ".join(f"{path} {date}" for date, path in known[:_MOST])
    return (f"The sources are of different dates: {told}.",)
