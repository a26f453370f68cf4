"""Questions to begin with and to go on with, made from the files by rules."""

from __future__ import annotations

import re
from calendar import day_name, month_name
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from summit_qa.types import Answer, Document

MOST = 3
_LONGEST = 40  # characters of a name in a suggestion
# A name: a capitalised word inside a sentence, and those that go on with it.
_NAME = re.compile(
    r"(?<=[a-z,;] )(?:[A-Z][\w’'-]*[a-z]\w*|[A-Z]{2,}\w*)(?: (?:of (?=[A-Z]))?[A-Z][\w’'-]+)*"
)
_NOT_NAMES = frozenset(("I", "Mr", "Mrs", "Ms", "Dr", *month_name, *day_name))
# For the five articles that come with the program.
_BUNDLED = {
    "003_df70005f37d4df08.txt": (
        "Is Yoon’s policy popular at home?",
        "Will there be more military exercises?",
        "Who hosted the gathering?",
        "What is said about Taiwan?",
        "What was said about a formal security arrangement?",
    )
}


def examples(documents: Mapping[str, Document]) -> tuple[str, ...]:
    """Questions to try on these files."""
    for path, questions in _BUNDLED.items():
        if path in documents:
            return questions
    sample = [document.text[:20_000] for _, document in zip(range(50), documents.values())]  # noqa: B905
    return tuple(_about(found) for found in _names(sample)[:4])


def follow_ups(answer: Answer, asked: Iterable[str]) -> tuple[str, ...]:
    """What could be asked next: the names in the evidence that were not asked about."""
    if answer.abstained:
        passages = [hit.passage.text for hit in answer.nearest]
    else:
        passages = [citation.line_text for citation in answer.citations]
    before = " ".join((*asked, answer.question)).casefold()
    named = _names(passages)
    fresh = [found for found in named if found.removeprefix("the ").casefold() not in before]
    return tuple(_about(found) for found in fresh[:MOST])


def _about(found: str) -> str:
    return f"What is said about {found}?"


def _names(texts: Sequence[str]) -> list[str]:
    """Names in the texts, the most frequent first, none that is part of another.

    A name that mostly has an article, as "the United States", keeps it.
    """
    counts: Counter[str] = Counter()
    articles: Counter[str] = Counter()
    for text in texts:
        for match in _NAME.finditer(text):
            found = re.sub(r"[’']s?$", "", match.group())
            article = text[: match.start()].lower().endswith("the ")
            if article and " " not in found and re.match(r" [a-z]{4}", text[match.end() :]):
                continue  # "the Biden administration" is not about "the Biden"
            if found not in _NOT_NAMES and len(found) <= _LONGEST:
                counts[found] += 1
                articles[found] += article
    kept: list[str] = []
    for found, _ in counts.most_common():
        if not any(found in other or other in found for other in kept):
            kept.append(found)
    return [f"the {found}" if 2 * articles[found] > counts[found] else found for found in kept]
