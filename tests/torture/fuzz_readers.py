"""Feeds the readers of questions, quotes, replies and settings with bytes: ``… SECONDS``.

Coverage guides it. Anything but a documented error ends it with the input that did it.
"""

from __future__ import annotations

import sys

try:
    import atheris
except ImportError:
    sys.stdout.write("no atheris\n")
    raise SystemExit(0) from None

with atheris.instrument_imports(include=["summit_qa"]):
    from summit_qa.documents.citations import locate
    from summit_qa.documents.corpus import make_document
    from summit_qa.errors import SummitQAError
    from summit_qa.language.answer_types import answer_type, can_answer
    from summit_qa.language.asked import asked
    from summit_qa.settings import Settings
    from summit_qa.writer.reply import ReplyReader

_KINDS = ("a.txt", "a.md", "a.csv", "a.json", "a.yaml", "a.srt", "a.ics")


def _question(text: str) -> None:
    wanted = asked(text)
    kind = answer_type(wanted.text)
    if kind is not None:
        can_answer(text, wanted.text, kind)


def _reply(text: str) -> None:
    reader = ReplyReader()
    for at in range(0, len(text), 7):
        reader.feed(text[at : at + 7])
    reader.end()


def _settings(text: str) -> None:
    name, _, value = text.partition("=")
    Settings.load(**{name: value}) if name.isidentifier() else Settings.load(passages=text)


def one(data: bytes) -> None:
    """One input, to the reader that its first byte chooses."""
    source = atheris.FuzzedDataProvider(data)
    which = source.ConsumeIntInRange(0, 4)
    text = source.ConsumeUnicodeNoSurrogates(4_000)
    try:
        if which == 0:
            _question(text)
        elif which == 1:
            locate(text[: len(text) // 3], text)
        elif which == 2:
            _reply(text)
        elif which == 3:
            _settings(text)
        else:
            make_document(_KINDS[len(text) % len(_KINDS)], data)
    except SummitQAError:
        return


def main() -> None:
    """Fuzz for so many seconds, in a process that libFuzzer ends."""
    seconds = sys.argv[1]
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
