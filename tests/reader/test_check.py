"""A verdict on a claim rests on a line that is shown and speaks about the same thing."""

from collections.abc import Mapping

from doubles import FixedJudge, FixedRanker
from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of
from summit_qa.reader.check import ClaimCheck, check_claim
from summit_qa.types import Hit
from verified import all_verified

ENDS = "The lease ends on 31 May 2026."
PRICE = "The rent is due on the first of each month."
STOCK = "The kiosk sells seeds on Saturdays."
CLAIM = "The lease ends in May."
Scores = Mapping[tuple[str, str], tuple[float, float, float]]


def checked(scores: Scores, text: str = f"{ENDS}\n\n{PRICE}\n\n{STOCK}\n") -> ClaimCheck:
    document = make_document("a.txt", text.encode())
    hits = [Hit(passage, 1.0) for passage in passages_of(document)]
    held = {"a.txt": document}
    found = check_claim(CLAIM, hits, held, FixedRanker(), FixedJudge(scores))
    assert all_verified([*found.supporting, *found.contradicting], held)
    shown = {"supported": found.supporting, "contradicted": found.contradicting}
    if found.verdict in shown:
        line = shown[found.verdict][0]
        assert line.support == found.probability
    return found


def test_supported_needs_a_line_that_supports_by_itself() -> None:
    found = checked({(ENDS, CLAIM): (0.97, 0.02, 0.01)})
    assert (found.verdict, [it.location for it in found.supporting]) == ("supported", ["a.txt:1"])
    weak = checked({(ENDS, CLAIM): (0.7, 0.29, 0.01)})
    assert (weak.verdict, weak.supporting) == ("not found", ())


def test_contradicted_needs_a_line_about_the_same_thing() -> None:
    against = (0.01, 0.04, 0.95)
    assert checked({(ENDS, CLAIM): against}).verdict == "contradicted"
    elsewhere = checked({(STOCK, CLAIM): against})
    assert (elsewhere.verdict, elsewhere.contradicting) == ("not found", ())


def test_neighbours_that_support_only_together_are_shown_as_one() -> None:
    first, second = "The lease began on 1 June 2023.", "It ends three years later, in May."
    text = f"{first} {second}"
    found = checked({(text, CLAIM): (0.98, 0.01, 0.01)}, f"{text}\n")
    assert found.verdict == "supported"
    assert [it.quote for it in found.supporting] == [text]


def test_what_its_neighbours_outweigh_does_not_contradict() -> None:
    first, second = "The lease never ends in May.", "So the old one said; the new one does."
    text = f"{first} {second}"
    scores = {(first, CLAIM): (0.01, 0.04, 0.95), (text, CLAIM): (0.6, 0.3, 0.1)}
    assert checked(scores, f"{text}\n").verdict == "not found"
