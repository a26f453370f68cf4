"""What the tests of the writer share: two files, their passages, a judge, and how to ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doubles import document, settings
from summit_qa.documents.passages import passages_of
from summit_qa.language.lexicon import content_stems
from summit_qa.settings import Settings
from summit_qa.testing import Quoted, Reply, ScriptedServer, Stated
from summit_qa.types import Answer, Answerer, Document, Hit, SupportJudge, Timings
from summit_qa.writer.turn import Turn
from summit_qa.writer.writer import Writer

KEY = "sk-very-secret-0123456789"
OAK = (
    "The oak was planted in 1723. It stands by the “old mill” — near the river.\n"
    "\n"
    "Rangers measured the oak in 2019. It is 31 metres tall.\n"
)
MILL = "The old mill burned down in 1846. Nobody was hurt.\n"
QUESTION = "When was the oak planted?"
PLANTED = Stated("The oak was planted in 1723.", Quoted(1, "The oak was planted in 1723."))
TALL = Stated("The oak is 31 metres tall.", Quoted(2, "It is 31 metres tall."))
BURNED = Stated("The mill burned down in 1846.", Quoted(3, "old mill burned down in 1846"))
INVENTED = Stated("The oak is a beech.", Quoted(1, "The oak is a beech."))


DOCUMENTS = {"oak.txt": document("oak.txt", OAK), "mill.txt": document("mill.txt", MILL)}


def hits_of(*documents: Document) -> list[Hit]:
    """All passages of the documents, in order."""
    return [Hit(passage, 1.0) for held in documents for passage in passages_of(held, 90)]


HITS = hits_of(*DOCUMENTS.values())


class WordJudge(SupportJudge):
    """Entailed where the evidence holds the words of the claim; one "not" apart contradicts."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """(n, 3): entailed, neutral, contradicted."""
        rows = [self._one(evidence, claim) for evidence, claim in pairs]
        return np.array(rows, dtype=np.float32).reshape(len(rows), 3)

    def _one(self, evidence: str, claim: str) -> tuple[float, float, float]:
        said, held = set(content_stems(claim)), set(content_stems(evidence))
        share = len(said & held) / max(1, len(said))
        if share < 0.5:
            return 0.01, 0.98, 0.01
        if (" not " in f" {claim} ") != (" not " in f" {evidence} "):
            return 0.02, 0.02, 0.96
        return (0.96, 0.02, 0.02) if share == 1 else (0.3, 0.65, 0.05)


class Offline(Answerer):
    """Stands for the reader: says that it answered."""

    def answer(self, question: str, hits: Sequence[Hit]) -> Any:
        """One answer without statements."""
        yield Answer(question, "", None, (), (), "declined", "offline", timings=Timings())


def written_by(server: ScriptedServer | str, **values: object) -> Settings:
    """Settings under which the scripted server is the model."""
    url = server if isinstance(server, str) else server.url
    given = {"llm": "scripted", "openai_base_url": url, "openai_api_key": KEY, **values}
    return settings(**given)


def writer(server: ScriptedServer | str, **options: Any) -> Writer:
    """A writer over the two files; ``options`` of Writer, others are settings."""
    own = ("numbering", "abilities", "stopped", "rewriting", "search", "narrowed")
    turn = Turn(**{name: options.pop(name) for name in own if name in options})
    fallback, held = options.pop("fallback", None), options.pop("documents", DOCUMENTS)
    return Writer(written_by(server, **options), held, WordJudge(), fallback, turn)


def ask(
    script: Any, question: str = QUESTION, hits: Sequence[Hit] = HITS, **options: Any
) -> list[Answer]:
    """All snapshots of the answer to a scripted reply."""
    with ScriptedServer([script] if isinstance(script, Reply) else script) as server:
        return list(writer(server, **options).answer(question, hits))
