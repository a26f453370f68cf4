"""What kind of question it is, and a yes/no question turned round into a statement; by rule."""

from __future__ import annotations

import re

from summit_qa.language.lexicon import AUXILIARIES, word_set

_PREAMBLE = re.compile(
    r"^(?:(?:so|and|but|then|well|ok|okay|please|hi|hello)\b,?\s+"
    r"|(?:according to|in|at|on|after|before|during|as of|for|under|by|with|given|since)\b"
    r"[^,?]{1,80},\s+)+",
    re.IGNORECASE,
)
_TRUE_THAT = re.compile(
    r"^(?:is|was)(?:n['’]t)? it (?:true|right|correct|the case|so|a fact) that\s+", re.IGNORECASE
)
_TAG = re.compile(
    r"(?<=\w),\s+(?:right|correct|true|yes|no|(?:is|are|was|were|do|does|did|has|have|will|would|can)"
    r"(?:n['’]t)?\s+(?:it|he|she|they|there|that))\s*\?+\s*$",
    re.IGNORECASE,
)
_ASKED_BACK = re.compile(
    r"^(?:can|could|would|will|do|does)\s+(?:you|anyone|somebody|someone|we|I)\s+(?:please\s+)?"
    r"(?:tell|explain|say|show|list|give|describe|name|summari[sz]e|know|help|find)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(r"^(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)
_CHOICE = re.compile(r"\bor\b(?!\s+not\b)", re.IGNORECASE)
_LATEST = re.compile(
    r"\b(?:latest|newest|most recent(?:ly)?|current(?:ly)?|at present|as of now|in force|"
    r"nowadays|these days|still)\b|\b(?:now|today)\s*\?\s*$",
    re.IGNORECASE,
)
_FIRST = re.compile(r"^([a-z]+?)(n['’]t)?\s+(?:not\s+)?(.+)$", re.IGNORECASE | re.DOTALL)
_PRONOUNS = word_set("it he she they we you i there this that these those")
DETERMINERS = word_set("a an the any some no its his her their our all both")
PREPOSITIONS = word_set(
    "of in on at by for from to with about into over under after before between during as "
    "and or against among within"
)
_TAKES_BASE_VERB = word_set("do does did can could will would shall should may might must")
BASE_VERBS = word_set(
    "accept accuse achieve act add address adopt agree aim allow announce answer appear "
    "apply approve argue arrest arrive ask attack attend avoid back ban be become begin "
    "believe belong block boycott break bring build buy call cancel carry cause change "
    "charge choose cite claim close come commit compare concern condemn confirm consider "
    "consult contain continue contract control cooperate cost cover create criticise "
    "criticize cross cut deal decide declare decline defeat defend delay deliver demand "
    "deny deploy describe destroy develop die disagree discuss do drop earn elect enable "
    "end enter establish exceed exist expand expect explain export face fail fall favor "
    "favour feel fight fill find fire follow force form gain get give go grow happen have "
    "help hit hold hope host identify impose improve include increase inform intend "
    "invade invite involve issue join keep kill know launch lead learn leave let like "
    "limit live look lose maintain make mark marry match mean meet mention merge move "
    "name need offer open oppose order own participate pass pay plan play pledge praise "
    "prepare present prevent produce promise propose protect prove provide publish pull "
    "push put quit raise reach receive recognise recognize recommend record reduce refer "
    "refuse reject release rely remain remove replace report represent require resign "
    "resolve respond result retain return reveal rise rule run say see seek seem sell "
    "send serve set share shift shoot show sign speak spend stand start state stay step "
    "stop strengthen strike succeed suffer suggest supply support survive suspect take "
    "talk tell test think threaten tie trade train travel treat try turn understand urge "
    "use view violate visit vote want warn watch weaken welcome win withdraw work write"
)
PARTICIPLES = word_set(
    "agreed been born bought broken brought built caught chosen cut done drawn driven fallen "
    "forced found given gone grown had heard held hidden hit hurt kept killed known laid "
    "led left let lost made meant met paid proven put read run said seen sent set shown "
    "shot signed sold spent spoken stolen stopped struck taken told thrown won worn "
    "written able likely unlikely due expected part"
)


def is_yes_no(question: str) -> bool:
    """Whether "yes" or "no" could answer: it begins with an auxiliary and offers no choice."""
    text = _PREAMBLE.sub("", question.strip())
    if _OPEN.match(text) or _ASKED_BACK.match(text):
        return False
    if _TAG.search(text):
        return True
    first = _FIRST.match(text.rstrip("?!. "))
    if first is None or _auxiliary(first.group(1), first.group(2)) is None:
        return False
    return not _CHOICE.search(text)


def as_statement(question: str) -> str | None:
    """The statement that "yes" would affirm, or None where the rules cannot tell.

    "Was a pact agreed?" gives "A pact was agreed."; "Did they meet?" gives "They did meet."
    """
    text = " ".join(_PREAMBLE.sub("", question.strip()).split())
    if not is_yes_no(text):
        return None
    if _TRUE_THAT.match(text):
        return _sentence(_TRUE_THAT.sub("", text))
    if _TAG.search(text):
        return _sentence(_TAG.sub("", text))
    first = _FIRST.match(text.rstrip("?!. "))
    assert first is not None
    auxiliary = _auxiliary(first.group(1), first.group(2))
    assert auxiliary is not None
    tokens = first.group(3).split()
    at = subject_end(tokens, auxiliary)
    if at is None:
        return None
    # A negated question ("Didn't they meet?") asks about the plain statement.
    return _sentence(" ".join([*tokens[:at], auxiliary, *tokens[at:]]))


def _auxiliary(word: str, negated: str | None) -> str | None:
    """The auxiliary in its plain form; "wo" and "ca" are what "won't" and "can't" leave."""
    word = word.lower()
    if negated:
        word = {"wo": "will", "ca": "can", "sha": "shall"}.get(word, word)
    elif word.endswith("nt") and word[:-2] in AUXILIARIES:
        word = word[:-2]
    return word if word in AUXILIARIES - {"be", "been", "being"} else None


def subject_end(tokens: list[str], auxiliary: str) -> int | None:
    """How many tokens after an auxiliary are the subject; None where the rules cannot tell."""
    if len(tokens) < 2:
        return None
    plain = [token.lower().strip(",.;:\"'“”’") for token in tokens]
    if plain[0] in _PRONOUNS and (plain[0] != "that" or plain[1] in BASE_VERBS):
        return 1
    takes_base_verb = auxiliary in _TAKES_BASE_VERB
    for index in range(1, len(plain)):
        before, word = plain[index - 1], plain[index]
        if before in PREPOSITIONS or before in DETERMINERS:
            continue  # still inside a phrase of the subject
        if takes_base_verb:
            # "the leaders plan": a verb after "the" would be a noun, so the rule above applies.
            if word in BASE_VERBS and tokens[index][0].islower():
                return index
            continue
        if word in PARTICIPLES or (re.search(r"(?:ed|ing)$", word) and tokens[index][0].islower()):
            return index
        if word in DETERMINERS or word in ("not", "still", "already", "ever"):
            return index
        if auxiliary in ("is", "are", "was", "were", "am") and word in ("in", "on", "at", "from"):
            return index
    if auxiliary in ("is", "are", "was", "were") and len(tokens) == 2:
        return 1  # "Is Korea democratic"
    if auxiliary in ("is", "are", "was", "were") and plain[-1] not in PREPOSITIONS:
        # The last word is the likeliest predicate: "Was the first joint statement short".
        return len(tokens) - 1 if plain[-2] not in DETERMINERS | PREPOSITIONS else None
    return None


def _sentence(text: str) -> str:
    text = text.strip(" ?!.,")
    return f"{text[:1].upper()}{text[1:]}." if text else text


def asks_latest(question: str) -> bool:
    """Whether the question is about how things are now: "the latest price", "currently"."""
    return _LATEST.search(question) is not None
