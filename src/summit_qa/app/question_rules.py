"""Rules of English word order: a statement turned into the question it answers.

Only the verbs of two tables change their form, so that what comes out is English; what would not
be is not asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

Asked = tuple[str, str]  # shape and question

_DATE = (
    r"(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September|October|"
    r"November|December)(?: \d{1,2})?(?:,? \d{4})?|(?:1[5-9]|20)\d\d"
)
# What a sentence may not begin with if it is to be understood without the one before.
_NO_BEGIN = (
    "He|She|It|They|We|You|I|This|That|These|Those|There|Here|What|Who|Which|When|Where|How|Why|If|"
    "His|Her|Its|Their|Our|My|Your|Such|Both|Some|Another|Other|Others|Also|Yet|And|But|Or|So|No|"
    "Not|None|Nobody|Nothing|Everybody|Everyone|Everything|Anyone|Anybody|Someone|Something|As|In|"
    "On|At|For|With|By|To|From|After|Before|While|Since|Although|However|Then|Now|Once|Use|See|"
    "Please|Note|Only|Do|Don't|One|Two|Three|Until|Unless|Like|Despite|Whether|Because|During|"
    "Within|Without|Under|Over|Between|Among|According|Following|Of|Asked|Even|Just"
)
# With one of these it is a clause, or the end of one, and no subject.
_CLAUSE = (
    "when|where|who|whose|whom|which|that|if|because|while|not|no|is|are|was|were|be|been|being|"
    "has|have|had|do|does|did|can|could|may|might|must|shall|should|will|would|only|also|just|then|"
    "than|there|by|as|so|but|or|however|always|never|often|already|still|said|says|told|gave|"
    "made|took|came|went|found|held|kept|left|met|paid|put|ran|saw|sent|sold|won|wrote|became|"
    "began|built|bought|brought|chose|thinks|think|knew|know|knows|shows|asks|you|i|we|they|it|he|"
    "she|this|these|those|how|why|what|all"
)
_ARTICLE = "The|A|An|Each|Every|All|Most"
_NAMED = r"[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)?"
_SUBJECT = (
    rf"(?!(?:{_NO_BEGIN})\b)(?P<subject>(?=[A-Z])(?:(?:{_ARTICLE}) )?\w[\w’'-]*"
    rf"(?: (?!(?:{_CLAUSE})\b)(?!\w+ed\b)[\w’'-]+){{0,6}}?"
    rf"(?:(?:, {_NAMED}){{0,3}},? and {_NAMED})?)"
)
_REST = r"(?P<rest>(?!to |that |based on )[^,;:()\"“”|?!]{8,75}?)"
_END = r"(?:\.$|, )"
_FINITE = re.compile(r"\b(?:is|are|was|were|has|have|had|will|can|does|did|do|must|should)\b")
_LEANING = re.compile(
    r"\b(?:he|she|it|they|we|i|his|her|its|their|them|him|our|my|your|you|this|that|these|those|"
    r"such|also|here|above|below|latter|former|respectively|following|same)\b",
    re.IGNORECASE,
)
_ABOUT = r"(?:about |around |some |over |nearly |almost |at least |at most |up to |more than )?"
_NUMBER = (
    r"(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|"
    r"thirty|forty|fifty|sixty|hundred)"
)
_TIMES = r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?)"
_PARTICIPLE = (
    r"(?:\w{3,}ed|built|held|made|born|sold|bought|written|found|sent|given|taken|begun|paid|kept|"
    r"returned|handed in|left|put|lost|won)"
)
# Who does such a thing is a person, or a body of persons.
_BODY = (
    r"(?:[A-Z]\w+|the (?:\w+ )?(?i:committee|board|council|government|ministry|court|"
    r"president|minister|director|manager|secretary|chair\w*|captain|mayor|parliament|commission|"
    r"company|club|team|police|treasurer|leader|owner|tenant|client|supplier|contractor|architect|doctor|"
    r"nurse|surgeon|teacher|university|bank|union|association|society|assembly|office)\b)"
)
_DONE_BY = (
    "hosted|signed|founded|wrote|designed|opened|won|led|chaired|attended|announced|proposed|"
    "invented|discovered|painted|composed|built|appointed|visited|bought|sold|paid|booked|"
    "approved|presented|moved|seconded|directed|edited|taught|owns|leads|manages|chairs|runs|keeps|"
    "recommended|drew|repaired|caught|rescued|launched|organised|organized|created|introduced|"
    "donated|accused|replaced|defeated|rejected|invited"
)
# What a verb of saying or doing is after "did" or "does".
_BASE = {
    "announced": "announce", "decided": "decide", "proposed": "propose", "promised": "promise",
    "agreed to": "agree to", "agreed on": "agree on", "agreed that": "agree on",
    "recommends": "recommend", "recommended": "recommend", "requires": "require",
    "aims to": "aim to do", "plans to": "plan to do", "wants to": "want to do",
    "hopes to": "hope to do", "intends to": "intend to do", "aim to": "aim to do",
    "plan to": "plan to do", "want to": "want to do", "hope to": "hope to do",
}  # fmt: skip
# Verbs that tell what happened at a time, and how they are after "did".
_PAST = {
    "began": "begin", "broke": "break", "built": "build", "came": "come", "closed": "close",
    "died": "die", "entered": "enter", "fell": "fall", "founded": "found", "held": "hold",
    "introduced": "introduce", "joined": "join", "launched": "launch", "left": "leave",
    "lost": "lose", "married": "marry", "met": "meet", "moved": "move", "opened": "open",
    "published": "publish", "released": "release", "resigned": "resign", "retired": "retire",
    "returned": "return", "rose": "rise", "signed": "sign", "started": "start", "took": "take",
    "visited": "visit", "won": "win",
}  # fmt: skip
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_THING = r"(?=(?:an?|the|its|their|new|more|every|each|another|all|both|\d+)\b )"
# A verb that takes a thing, as "establish a hotline"; not "be a success", "last a week".
_TAKES = (
    r"(?!(?:be|have|not|also|only|last|come|go|become|remain|need|stay|happen|wait)\b)[a-z]{3,}"
)
_ROLE = re.compile(
    r"(?:er|or|ist|ian|man|woman|ant|chair|head|president|captain|secretary|mayor|nurse|clerk|"
    r"judge|editor)$",
    re.IGNORECASE,
)
_ODD = re.compile(r"[^\w ’'.,%€£$°&()/?-]")
# An end that only half a sentence has.
_BROKEN = re.compile(r"\b(?:and|or|but|of|the|an?|to|as|than|with|who|which|that)\?$")
_ALWAYS_SMALL = frozenset(_ARTICLE.split("|")) | {"Many", "Several"}


def _helped(verb: str) -> str:
    """The helping verb that asks for what this form of a verb says."""
    if verb.endswith("s") and verb != "was":
        return "does"
    return "did" if verb in ("had", "took", "lasted", "weighed") else "do"


def _who(found: re.Match[str], subject: str) -> str:
    return f"Who {found['verb']} {found['rest']}?"


def _turned(word: str, ending: str = "verb") -> Callable[[re.Match[str], str], str]:
    """The helping verb goes before the subject, as in "When was the bridge opened?"."""
    return lambda found, subject: f"{word} {found['aux']} {subject} {found[ending]}?"


def _when_did(found: re.Match[str], subject: str) -> str:
    return f"When did {subject} {_PAST[found['past']]}{found['rest']}?"


def _when_must(found: re.Match[str], subject: str) -> str:
    return f"When must {subject} be {found['verb']}?"


def _whether(found: re.Match[str], subject: str) -> str:
    return f"{found['aux'].capitalize()} {subject} {found['rest']}?"


def _what(found: re.Match[str], subject: str) -> str:
    return f"What {found['aux']} {subject}?"


def _what_did(found: re.Match[str], subject: str) -> str:
    verb = found["verb"]
    helper = "does" if re.match(r"\w+s\b", verb) else "do" if verb.endswith(" to") else "did"
    helper = "did" if verb == "agreed to" else helper
    return f"What {helper} {subject} {_BASE[verb]}?"


def _by_whom(found: re.Match[str], subject: str) -> str:
    if found["aux"] in ("is", "are"):
        return f"Who {found['aux']} {subject} {found['verb']} by?"
    return f"Who {found['verb']} {subject}?"


def _how_many(found: re.Match[str], subject: str) -> str:
    verb = found["verb"]
    base = "have" if verb in ("has", "had", "have") else verb.removesuffix("s")
    return f"How many {found['what']} {_helped(verb)} {subject} {base}?"


def _how_much(found: re.Match[str], subject: str) -> str:
    return f"How much {_helped(found['verb'])} {subject} cost?"


def _how_long(found: re.Match[str], subject: str) -> str:
    verb = found["verb"]
    base = {"took": "take", "lasted": "last"}.get(verb, verb.removesuffix("s"))
    return f"How long {_helped(verb)} {subject} {base}?"


def _measured(found: re.Match[str], subject: str) -> str:
    return f"How {found['how']} {found['aux']} {subject}?"


def _worth(found: re.Match[str], subject: str) -> str:
    return f"How much {found['aux']} {subject}?"


_RULES: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str], str], str]], ...] = (
    (
        "why",
        re.compile(rf"{_SUBJECT} (?P<aux>is|are|was|were) {_REST},? because "),
        _turned("Why", "rest"),
    ),
    (
        "when",
        re.compile(
            rf"{_SUBJECT} (?P<aux>was|were|is) (?P<verb>{_PARTICIPLE}) (?:\w+ ){{0,4}}?"
            rf"(?:in|on|since) (?:{_DATE})\b"
        ),
        _turned("When"),
    ),
    (
        "deadline",
        re.compile(
            rf"{_SUBJECT} (?:must|has to|have to|should) be (?P<verb>{_PARTICIPLE}) "
            rf"(?:by|before|within|until|no later than|at least) (?:\d|the \d|{_NUMBER}|{_DATE})"
        ),
        _when_must,
    ),
    (
        "how long",
        re.compile(
            rf"{_SUBJECT} (?P<verb>takes|took|lasts|lasted) {_ABOUT}{_NUMBER}"
            rf"(?: (?:to|and|or) {_NUMBER})? {_TIMES}\b"
        ),
        _how_long,
    ),
    (
        "measure",
        re.compile(
            rf"{_SUBJECT} (?P<aux>is|are|was|were) {_ABOUT}{_NUMBER} ?[a-zµ]+ "
            r"(?P<how>long|high|tall|wide|deep|thick|old|heavy)\b"
        ),
        _measured,
    ),
    (
        "how often",
        re.compile(
            rf"{_SUBJECT} (?P<aux>is|are) (?P<verb>{_PARTICIPLE}) "
            r"(?:daily|weekly|monthly|yearly|once|twice|every|each)\b"
        ),
        _turned("How often"),
    ),
    (
        "how many",
        re.compile(
            rf"{_SUBJECT} (?P<verb>has|have|had|contains|holds|employs|seats|includes) "
            rf"{_ABOUT}{_NUMBER} (?P<what>(?:[a-z]+ )?[a-z]+s)\b"
        ),
        _how_many,
    ),
    (
        "how much",
        re.compile(
            rf"{_SUBJECT} (?P<verb>costs?) {_ABOUT}(?:(?:[A-Z]{{3}} |[€$£]\s?)\d|\d[\d.,]* ?"
            r"(?:[A-Z]{3}\b|[€$£]|euros?|pounds?|dollars?))"
        ),
        _how_much,
    ),
    (
        "how much",
        re.compile(rf"{_SUBJECT} (?P<aux>is|was|are|were) {_ABOUT}(?:[A-Z]{{3}} |[€$£]\s?)\d"),
        _worth,
    ),
    (
        "where",
        re.compile(
            rf"{_SUBJECT} (?P<aux>is|are|was|were) (?P<verb>located|held|based|kept|stored|born|"
            r"buried|stationed|parked) (?:in|at|on|under|behind) "
        ),
        _turned("Where"),
    ),
    (
        "who",
        re.compile(
            rf"(?:[A-Z][\w’'-]+ ){{1,4}}(?:(?:council|board|committee|club) )?(?P<verb>{_DONE_BY}) "
            rf"(?!by\b|to\b|that\b|in\b|on\b|at\b){_REST}(?: (?:in|on) (?:{_DATE}))?{_END}"
        ),
        _who,
    ),
    (
        "by whom",
        re.compile(
            rf"{_SUBJECT}(?:, (?:which )?| (?=(?:is|was|were|are|has been|have been) ))"
            r"(?:(?P<aux>is|was|were|are|has been|have been) )?"
            rf"(?P<verb>\w{{3,}}ed) by {_BODY}"
        ),
        _by_whom,
    ),
    (
        "what did",
        re.compile(rf"{_SUBJECT} (?P<verb>{'|'.join(map(re.escape, _BASE))})\b(?! to\b)"),
        _what_did,
    ),
    (
        "when",
        re.compile(
            rf"{_SUBJECT} (?P<past>{'|'.join(_PAST)})(?P<rest>(?: (?!by\b)[\w’'-]+){{0,6}}?) "
            rf"(?:in|on|since) (?:{_DATE})\b"
        ),
        _when_did,
    ),
    (
        "when",
        re.compile(
            rf"{_SUBJECT} (?P<aux>will) (?P<rest>(?!be\b)[a-z]{{3,}}(?: [\w’'-]+){{0,6}}?) "
            rf"(?:on|in|from) (?:{_DATE}|{_DAY})\b"
        ),
        _turned("When", "rest"),
    ),
    (
        "where",
        re.compile(
            rf"{_SUBJECT} (?P<aux>will|must|can) (?P<verb>meet|gather|speak|stay|stand|live|play|"
            r"take place|be held|be kept|be stored|be left|be handed in) (?:in|at|on|under|behind) "
        ),
        _turned("Where"),
    ),
    (
        "what will",
        re.compile(
            rf"{_SUBJECT} (?P<aux>will|can|must|should|may|would|could) (?P<verb>{_TAKES}) {_THING}"
        ),
        _turned("What"),
    ),
    (
        "what will",
        re.compile(
            rf"{_SUBJECT} (?P<aux>is|are|was|were) (?P<verb>(?:expected|set|likely|due|planned|"
            rf"required|allowed|designed|intended|aiming|scheduled) to {_TAKES}) {_THING}"
        ),
        _turned("What"),
    ),
    ("what", re.compile(rf"{_SUBJECT} (?P<aux>is|are) (?:an?|the) (?=[a-z])"), _what),
    (
        "whether",
        re.compile(
            rf"{_SUBJECT} (?P<aux>is|are|was|were|will|can|must|should) (?!not\b){_REST}{_END}"
        ),
        _whether,
    ),
)


def begins_small(words: str, small: Counter[str], inside: Counter[str]) -> bool | None:
    """Whether the first word is no name, and has a capital only here; None where one cannot know.

    ``small`` counts the words that the text has without a capital, ``inside`` those that have one
    within a sentence.
    """
    first, _, others = words.partition(" ")
    if first in _ALWAYS_SMALL:
        return True
    if inside[first] > small[first.lower()] or others[:1].isupper():
        return False
    return True if small[first.lower()] else None


def of_sentence(words: str, small: bool) -> Asked | None:
    """The question that a sentence answers; ``small`` where its first word is no name."""
    if not 25 <= len(words) <= 320:
        return None
    for shape, rule, make in _RULES:
        found = rule.match(words)
        if found is None:
            continue
        parts = found.groupdict()
        subject = parts.get("subject") or ""
        # A verb before the verb: the subject was none, or it is two sentences in one.
        if shape != "why" and _FINITE.search(parts.get("rest") or ""):
            continue
        if shape == "what" and not _is_defined(subject, small):
            continue
        question = make(found, subject[:1].lower() + subject[1:] if small else subject)
        if (
            _BROKEN.search(question)
            or _LEANING.search(question)
            or _ODD.search(question)
            or question.count(" ") < 2
        ):
            continue
        return shape, question
    return None


def _is_defined(subject: str, small: bool) -> bool:
    """Whether one may ask what it is: not "What is Colin?", not "What is the content?"."""
    words = subject.split()
    if words[0] in ("Mr", "Mrs", "Ms", "Dr"):
        return False
    if words[0] == "The":
        return len(words) > 2
    return small or subject.isupper() or len(words) > 1


# What may stand before the sentence proper, up to a comma.
_FRONTED = re.compile(
    r"(?:While|Although|Though|After|Before|When|If|Since|As|In|On|At|For|With|By|During|Despite|"
    r"Under|Following|Additionally|However|Furthermore|Moreover|Meanwhile|Later|Overall|Today|"
    r"Yesterday|Finally|Besides|Also)\b[^,;:]{0,120}, (?=\w)"
)


def proper(words: str) -> str | None:
    """The sentence without what is before its subject, as "In the end, "; None where nothing is."""
    found = _FRONTED.match(words)
    if found is None:
        return None
    rest = words[found.end() :]
    return rest[:1].upper() + rest[1:]


_PERSON = re.compile(
    r"\b(?:president|minister|secretary|director|chief|chair\w*|head|leader|founder|professor|"
    r"teacher|ambassador|advis[eo]r|assistant|coordinator|spokes\w+|manager|editor|author|writer|"
    r"captain|coach|officer|commissioner|mayor|senator|lawyer|doctor|scientist|researcher|analyst|"
    r"economist|engineer|judge|nurse|curator|owner|treasurer|councillor|mother|father|widow\w*|"
    r"student|farmer|actor|actress|singer|player|artist|partner|expert|member)$"
)
_FULL_NAME = r"[A-Z][\w’'-]*[a-z](?: (?:[A-Z]\.|[A-Z][\w’'-]*[a-z])){1,2}"
_APPOSED = re.compile(
    rf"(?P<name>{_FULL_NAME}), (?:(?:the|an?|its|their) )?(?P<role>[\w’'-]+(?: [\w’'-]+){{0,3}}?)"
    r"(?: (?:of|at|for|to|in|on|who|with|from|and)\b[^,]{0,60})?,"
)


def of_apposition(words: str) -> Iterator[Asked]:
    """Who somebody is, where a sentence says so after the name: "Ann Lee, the mayor, said"."""
    for found in _APPOSED.finditer(words):
        if _PERSON.search(found["role"]):
            yield "who is", f"Who is {found['name']}?"


_SAID = re.compile(
    r"(?:^|[,”\"] |\b(?:but|while|because|as) )"
    rf"(?P<who>{_FULL_NAME}|[A-Z][\w’'-]*[a-z])(?: (?:also|later|has))? "
    r"(?P<verb>said|says|added|adds|told|warned|argued|argues|insisted|explained|explains)\b"
)


def of_saying(words: str, topics: Sequence[str]) -> Iterator[Asked]:
    """What somebody said about one of the topics, where a sentence tells it."""
    found = _SAID.search(words)
    if found is None or found["who"].split()[0] in _NO_BEGIN.split("|"):
        return
    helper = "does" if found["verb"].endswith("s") else "did"
    for topic in topics:
        named = topic.removeprefix("the ")
        if named not in found["who"] and re.search(rf"\b{re.escape(named)}\b", words):
            yield "said", f"What {helper} {found['who']} say about {topic}?"
            return


_COUNTED = re.compile(
    rf"(?:(?:About|Around|Some|Over|Nearly|Almost|At least|Up to|More than) )?(?i:{_NUMBER}) "
    r"(?P<what>people|(?:[a-z]+ )?[a-z]+s) (?P<rest>(?:were|are|have been|will be|must be) "
    r"(?!not\b)[^,;:()\"“”|?!]{4,60}?)(?:\.$|, | and | but )"
)


def of_counting(words: str) -> Iterator[Asked]:
    """How many, where a sentence begins with the number: "Seven boats were lost in the storm"."""
    found = _COUNTED.match(words)
    if found and not _LEANING.search(found.group()) and not _FINITE.search(found["rest"][5:]):
        yield "how many", f"How many {found['what']} {found['rest']}?"


def of_shortening(words: str) -> Iterator[Asked]:
    """What letters stand for, where a sentence gives them after the words that they shorten."""
    for found in re.finditer(r"((?:[\w-]+ ){1,6}[\w-]+) \(([A-Z]{3,6})\)", words):
        long, letters = found[1].split(), found[2]
        if "".join(word[0] for word in long[-len(letters) :]).upper() == letters:
            yield "stands for", f"What does {letters} stand for?"


_LABELLED = re.compile(
    r"(?:\d+[.)]\s*|[-*•]\s*)?(?P<label>[A-Z][a-z]{3,}(?: [a-z]{2,}){0,2}): (?P<value>\S.{1,70})$"
)
# Labels that every letter, page or record has: nobody asks a folder for its "date".
_ANY_LABEL = frozenset(
    ("from", "sent", "date", "time", "subject", "note", "notes", "page", "status", "name", "type",
     "example", "default", "version", "title", "author", "source", "warning", "tip", "summary",
     "answer", "question", "details", "description", "copyright", "email", "phone")
)  # fmt: skip


def of_label(words: str) -> Asked | None:
    """What is asked for by a line as "Treasurer: Li Na Zhou" or "Closing date: 5 May"."""
    found = _LABELLED.match(words)
    if found is None or found["label"].lower() in _ANY_LABEL:
        return None
    label, value = found["label"], found["value"].rstrip(" .")
    thing = label[:1].lower() + label[1:]
    if re.fullmatch(r"[A-Z][\w’'-]+(?: [A-Z][\w’'.-]+){1,3}", value):
        if _ROLE.search(label):
            return "who is", f"Who is the {thing}?"
        return "label", f"What is the {thing}?"
    if re.search(r"\d", value) and len(value) <= 40 and _ATTRIBUTE.search(label):
        return "label", f"What is the {thing}?"
    return None


# Of what a thing has one, by whose name it is asked for: "the price of", not "the due of".
_ATTRIBUTE = re.compile(
    r"\b(?:price|cost|fee|rent|charge|deposit|fine|rate|salary|wage|budget|income|expenditure|"
    r"surplus|deficit|turnover|revenue|weight|size|length|height|width|depth|area|volume|capacity|"
    r"speed|distance|duration|age|temperature|colour|color|material|deadline|limit|allowance|"
    r"threshold|share|score|accuracy|capital|population|currency|address|location|venue|owner|"
    r"manager|supplier|manufacturer|department|purpose|meaning|format|unit price|dose|yield)$",
    re.IGNORECASE,
)
_UNIT = re.compile(r"[ _(]+(?:gbp|eur|usd|chf|kg|g|cm|mm|m|km|kb|mb|ms|s|h|min|£|€|\$|%)\)?$", re.I)


def of_cell(head: str, row: str, cell: str) -> Asked | None:
    """A cell of a table, asked for by its column and by what its row begins with."""
    head = " ".join(_UNIT.sub("", head).replace("_", " ").split())
    if not 0 < len(cell) <= 40 or not any(map(str.isalnum, cell)):
        return None
    is_named = re.fullmatch(r"[A-Za-z][\w’'-]*(?: [\w’'-]+){0,3}", row)
    if not is_named or re.fullmatch(r"total|sum|other", row, re.IGNORECASE):
        return None
    if re.fullmatch(r"[A-Za-z][a-z]+s(?<!ss)", head) and re.fullmatch(r"\d[\d,.]*", cell):
        is_proper = re.fullmatch(r"[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)+", row)
        ending = f"does {row} have" if is_proper else f"are given for {row}"
        return "cell", f"How many {head.lower()} {ending}?"
    if _ROLE.search(head) and re.fullmatch(r"[A-Z][\w’'-]+(?: [A-Z][\w’'.-]+){1,3}", cell):
        return "who is", f"Who is the {head.lower()} of {row}?"
    if _ATTRIBUTE.search(head):
        return "cell", f"What is the {head.lower()} of {row}?"
    return None


_INTERROGATIVE = re.compile(
    r"(?:Who|What|When|Where|Why|Which|How|Is|Are|Was|Were|Do|Does|Did|Can|Could|May|Must|Should|"
    r"Will|Would|Has|Have|Shall)\b"
)
_THIRD_PERSON = re.compile(
    r"\b(?:it|they|this|that|these|those|he|she|his|her|their|its|them|here|above|below)\b",
    re.IGNORECASE,
)


def asked_in(words: str) -> str | None:
    """A question as a text asks it, without its number; None where it leans on what is before."""
    plain = re.sub(r"^(?:(?:Q|Question|FAQ)\s*\d*|\d+(?:\.\d+)*)\s*[.:)]\s+", "", words)
    if not plain.endswith("?") or not 3 <= plain.count(" ") <= 15:
        return None
    if not _INTERROGATIVE.match(plain) or _THIRD_PERSON.search(plain) or _ODD.search(plain):
        return None
    return plain
