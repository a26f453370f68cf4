"""What the reader is to look for, where a question is not put as its training questions were.

"Compare what the articles say about the hotline", "tell me about the hotline" and plain "hotline"
all ask what is said about the hotline. The reader learned from questions about the world, not
about articles; so what speaks of the sources is taken off, by rule, and the topic is left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from summit_qa.language.lexicon import AUXILIARIES, content_stems, word_set, words
from summit_qa.language.questions import is_yes_no

_MANY = (
    r"(?:articles|reports|sources|texts|documents|papers|files|outlets|newspapers|stories|pieces"
    r"|accounts|authors|writers|letters|notes|transcripts|e-?mails|memos|pages|essays|posts"
    r"|interviews)"
)
_ONE = (
    r"(?:article|report|source|text|document|paper|file|outlet|newspaper|story|piece|account|letter"
    r"|note|transcript|e-?mail|memo|page|essay|post|interview)"
)
_COUNTED = (
    r"(?:each|every|all|both|different|various|individual|several|most|some|many|the|these|those"
    r"|of|two|three|four|five|six|seven|eight|nine|ten|\d+)"
)
_SOURCES = rf"(?:(?:{_COUNTED}\s+){{1,4}}{_MANY}|(?:each|every|more than one)(?: of the)?\s+{_ONE})"
_SAY = (
    r"(?:says?|tells?|writes?|reports?|describes?|mentions?|claims?|states?|presents?|portrays?"
    r"|covers?|treats?|sees?|gives?|lists?|names?|calls?|carry|carries|contradicts?|differs?"
    r"|disagrees?|agrees?(?!\s+to\b)|ha(?:s|ve) to say)"
)
_ABOUT = r"(?:\s+(?:us|me|each))?(?:\s+(?:about|on|of|over|regarding|concerning|that))?"
_EACH = r"(?:\s+(?:each|all|both))?"
_WHICH = re.compile(
    rf"^(?:which|what)(?: of the)?\s+(?:{_MANY}|{_ONE})\s+(?:says?|mentions?|reports?|claims?"
    r"|describes?|writes?|tells?|states?|discuss(?:es)?|(?:speaks?|talks?)(?= (?:about|of)))"
    r"(?:\s+(?:about|on|of|that))?\s+(?P<topic>.+)$",
    re.IGNORECASE,
)
_COMPARE = re.compile(
    r"^compare\b|^contrast\s+(?=(?:the|what|how|an?)\b|.*\bwith\b)"
    r"|\b(?:set|put|place|lay|show)\b.{1,60}\bside by side\b",
    re.IGNORECASE,
)
# The sources have to say something: "when must the documents be filed" is about the world.
_OF_SOURCES = re.compile(
    rf"\b{_SOURCES}{_EACH}\s+{_SAY}\b"
    rf"|\b(?:across|(?:appears?|turns? up|occurs?|mentioned|said|written) in)\s+{_SOURCES}\b"
    rf"|^summari[sz]e\s+{_SOURCES}\b",
    re.IGNORECASE,
)
_ONE_EACH = re.compile(
    r"\b(?:agree|disagree|contradict|same|differ|differs|different|compare|compares)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"^what(?: is|'s|’s| are)? the differences? between\s+|^how (?:do|does|did|is|are|was|were)\s+"
    r"(?=.*\b(?:compared?|differ|differs) (?:with|to|from)\b)",
    re.IGNORECASE,
)
# What speaks of the sources; each pattern is taken off in turn.
_TALK = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:and\s+)?(?:set|put|place|lay|show)\s+(?:them|these|both|it|{_SOURCES})\s+"
        r"side by side(?:\s+(?:on|about|for))?\b",
        r"\bside by side\b",
        r"\beach other\b|\bone another\b",
        r"^(?:compare|contrast|summari[sz]e|describe|outline|list)\s+(?:and contrast\s+)?",
        rf"\b(?:what|how|where)\s+(?:do|does|did|is|are)\s+{_SOURCES}"
        rf"{_EACH}(?:\s+{_SAY})?{_ABOUT}\b",
        rf"\b(?:what|how)\s+{_SOURCES}{_EACH}\s+{_SAY}{_ABOUT}\b",
        rf"\b(?:that|which)\s+{_SOURCES}\s+{_SAY}\b",
        rf"^(?:do|does|did)\s+{_SOURCES}{_EACH}(?:\s+{_SAY})?{_ABOUT}\b",
        rf"\b(?:turns? up|appears?|is mentioned|are mentioned|occurs?) in {_SOURCES}\b",
        r"\bwhat (?:do|does) each (?:have \w+ say|say|report|claim)(?: (?:about|of) \w+)?\b",
        rf"\b(?:do|does|did)\s+{_SOURCES}{_EACH}\s+\w+\b",
        rf"\b{_SOURCES}{_EACH}\s+{_SAY}{_ABOUT}\b",
        rf"\b(?:in|across|by|of|between|among|from|according to)\s+{_SOURCES}\b",
        r"\b(?:agree|disagree|differ|contradict)(?:\s+(?:on|about|over))+",
        rf"\b{_SOURCES}\b",
    )
]
_ACCORDING = re.compile(rf"^(?:according to|in|from)\s+{_SOURCES},?\s+", re.IGNORECASE)
_AND = re.compile(r"\b(?:compared? (?:with|to)|differs? from|versus|vs\.?)(?=\s)", re.IGNORECASE)
_ABOUT_IT = re.compile(
    r"^(?:(?:can|could|would|will) you\s+)?(?:please\s+)?(?:(?:tell|inform|brief) (?:me|us)"
    r"(?: more| everything| all)? (?:about|on)|describe|summari[sz]e|outline"
    r"|(?:give|show|write)(?: me| us)? (?:a |an )?(?:short |brief |quick )?(?:summary|overview)"
    r" (?:of|on)"
    r"|(?:a |an )?(?:summary|overview) of|more (?:about|on)|anything (?:about|on)"
    r"|what (?:about|of)|what(?: is|'s|’s) (?:known|said|written|reported) (?:about|of|on))"
    r"\s+(.+)$",
    re.IGNORECASE | re.DOTALL,
)
_TOLD = re.compile(
    r"^(?:(?:can|could|would|will) you\s+)?(?:please\s+)?"
    r"(?:tell (?:me|us)|explain(?: to (?:me|us))?|say|show(?: me| us)?)\s+"
    r"((?:who|whom|whose|what|which|when|where|why|how)\b.+)$",
    re.IGNORECASE | re.DOTALL,
)
_POLITE = re.compile(
    r"^(?:please|pls)\b[,!.]*\s*|,?\s+(?:please|pls|thanks|thank you)\b[,!.]*(?=\??$)",
    re.IGNORECASE,
)
_OPENING = word_set(
    "who whom whose what which when where why how list name give show tell explain describe find "
    "quote say summarize summarise compare contrast whats wheres whos whens hows and but or so "
    "also define state identify provide count translate ok yes no hello hi thanks"
)
_SUBJECTS = word_set("i we you he she they it there this that")
_POINTING = word_set("it its he his him she her they them their this that these those there one")
_QUESTION_WORD = re.compile(r"^(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)
# These ask of the sources themselves: "When did the newspapers report the accident?"
_OF_THEM = re.compile(r"^(?:how (?:many|much)|(?:when|why) (?:do|does|did))\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"“'‘]?[A-Z])")
_KEYWORDS = 7  # more words than these are hardly keywords


@dataclass(frozen=True, slots=True)
class Asked:
    """The question for the reader, and how wide an answer it wants."""

    text: str
    topic: str = ""  # the topic, where all that is said about it is asked for: what to search for
    by_source: bool = False  # whether what each source says is asked for


def asked(question: str) -> Asked:
    """What the reader is to look for; the question itself where no rule applies."""
    text = _POLITE.sub("", _question_alone(" ".join(question.split()))).strip()
    text = _ACCORDING.sub("", text)
    if told := _TOLD.match(text):
        return asked(told.group(1).rstrip("?.! ") + "?")
    if _is_by_source(text):
        topic = _topic(text)
        return _about(topic, by_source=True) if topic else Asked(text, by_source=True)
    if which := _WHICH.match(text):
        return _about(which.group("topic"), by_source=True)
    if _BETWEEN.match(text):
        return _about(_AND.sub("and", _BETWEEN.sub("", text)))
    if about := _ABOUT_IT.match(text):
        return _about(about.group(1))
    if _is_keywords(text):
        return _about(text)
    return Asked(text or question)


def _question_alone(text: str) -> str:
    """The sentences that ask, without those around them, where they can stand alone."""
    sentences = _SENTENCE.split(text)
    asking = [sentence for sentence in sentences if sentence.endswith("?")]
    if not asking or len(asking) == len(sentences):
        return text
    if any(_COMPARE.search(sentence) for sentence in sentences) or re.search(r"[\"“”]", text):
        return text
    # A sentence may have been cut at "Mr.": what is left has to be a question by itself.
    if not all(_QUESTION_WORD.match(sentence) or is_yes_no(sentence) for sentence in asking):
        return text
    alone = " ".join(asking)
    return text if set(words(alone)) & _POINTING or len(content_stems(alone)) < 4 else alone


def _is_by_source(text: str) -> bool:
    if _COMPARE.search(text):
        return len(words(text)) > 1
    if _OF_THEM.match(text) or not _OF_SOURCES.search(text):
        return False
    return not is_yes_no(text) or _ONE_EACH.search(text) is not None


def _topic(text: str) -> str:
    """The text without what speaks of the sources; empty where nothing is left."""
    compared = bool(_COMPARE.match(text))
    left = _BETWEEN.sub("", text)
    for pattern in _TALK:
        left = pattern.sub(" ", left)
    left = _AND.sub("and", left)
    if compared:
        left = re.sub(r"\b(?:with|to|against)\b", "and", left, count=1)
    left = re.sub(r"^\s*(?:which|what)\s+(?!is|are|was|were|the\b)", "", left, flags=re.IGNORECASE)
    left = re.sub(r"[:;?!]+(?=\s|$)|(?:^|\s)[.,]+|\.+\s*$", " ", left)
    left = " ".join(left.split()).strip(" ,")
    return left if content_stems(left) else ""


def _about(topic: str, *, by_source: bool = False) -> Asked:
    topic = topic.strip("?.!,:; ")
    if _QUESTION_WORD.match(topic):  # "what is known about when it happened"
        return Asked(f"{topic}?", by_source=by_source)
    if not content_stems(topic):
        return Asked(topic, by_source=by_source)
    return Asked(f"What is said about {topic}?", topic, by_source)


def _is_keywords(text: str) -> bool:
    """Whether it is a phrase, not a sentence: no question word, no auxiliary, no subject."""
    found = words(text)
    if not 1 <= len(found) <= _KEYWORDS or not content_stems(text):
        return False
    told = AUXILIARIES | _SUBJECTS | _OPENING
    return found[0] not in _OPENING and not set(found) & told
