"""The shapes by which a question is known to lean on the conversation: patterns of English."""

from __future__ import annotations

import re

_AUX = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)"
_WH_WORDS = (
    r"(?:(?:in|at|on|by|with|to|for|from|since|until|against|about|of)\s+)?"
    r"(?:why|when|where|who|whom|whose|what|which|how(?:\s+(?:come|many|much|long|often|far|soon|"
    r"big|large|old|exactly))?)(?:\s+(?:for|of\s+(?:them|those|these)|ones?))?"
)
_NOUNS = (
    r"(?:(?:in|at|on|by|since|until|from)\s+)?(?:what|which)\s+(?:year|month|week|day|date|time|"
    r"place|country|countries|city|language|order|way|person|people|officials?|leaders?|reason|"
    r"article|source|sources|paper|file)s?"
)
BARE = re.compile(
    rf"^(?P<wh>{_WH_WORDS}|{_NOUNS}|since when|until when|by when)(?P<no>\s+not)?"
    r"(?:\s+(?:exactly|precisely|then|so|though|again))?$",
    re.IGNORECASE,
)
WITH_AUXILIARY = re.compile(
    rf"^(?P<wh>{_WH_WORDS}|{_NOUNS})\s+(?:(?P<be>is|are|was|were)|{_AUX})(?P<no>n['’]t|\s+not)?\s+"
    r"(?:(?P<what>it|they|he|she|we|so)(?:\s+so)?"
    r"|(?:that|this)(?:\s+(?:so|be|happen(?:ed|ing)?|the case|occur|take place|possible|decided|"
    r"said))?)"
    r"(?P<no2>\s+not)?$",
    re.IGNORECASE,
)
SOURCE = re.compile(
    r"^(?:(?P<who>who|which \w+|what \w+)\s+(?:(?:has|have|had)\s+)?"
    r"(?:said|says|say|claims?|claimed|told|reported|reports?|stated|states|confirmed|wrote|"
    r"thinks?|believes?|argued|argues)\s+(?:so|that|this|it)"
    r"|says who|according to whom?|where (?:is|was|does) (?:that|this|it)(?: come)? from"
    r"|who (?:is|was) (?:that|this) from"
    r"|(?:what|which) (?:is|are|was|were) (?:the|your) sources?(?: for (?:that|this))?"
    r"|how do (?:you|we|they) know(?: that| this| so)?|source)$",
    re.IGNORECASE,
)
CONFIRM = re.compile(
    r"^(?:really|seriously|indeed|sure|true"
    r"|are you (?:really )?(?:sure|certain)(?: (?:about|of) (?:that|this|it))?"
    r"|(?:is|was) (?:that|this|it) (?:really )?(?:true|so|right|correct|certain|sure|the case)"
    rf"|{_AUX}(?:n['’]t)? (?:it|they|he|she|that|this|we)(?: really)?)$",
    re.IGNORECASE,
)
ELSE = re.compile(
    r"^(?P<wh>who|what|where|when|why|how|which \w+) else(?P<more> .+)?$"
    r"|^(?:(?:is|was) there )?(?:any|some)(?:thing|one|body) else(?: .*)?$"
    r"|^(?:are there )?(?:any )?(?:others?|more)$",
    re.IGNORECASE,
)
MORE = re.compile(
    r"^(?:(?:can|could|would) you |please )?"
    r"(?:(?:tell|say|give|show) (?:me |us )?(?:some )?(?:more|details?)(?: details?| information)?"
    r"(?: (?:about|on|of) (?:it|that|this|them))?"
    r"|more(?: details?| please)?|go on|continue|elaborate(?: on (?:it|that|this))?"
    r"|explain(?: (?:it|that|this|more|why))?|details?|in (?:more )?detail"
    r"|for (?:example|instance)|such as(?: what)?|like (?:what|who)|(?:an |any )?examples?)$",
    re.IGNORECASE,
)
INTERESTING = re.compile(
    r"^(?:(?:is|are|was|were) there|do you know|what(?: is| are|['’]s)|any)?\s*(?:any|some)?\s*"
    r"(?:other|more|else|anything else|something else)\s+"
    r"(?:(?:interesting|important|notable|noteworthy|significant|relevant|useful)\b\s*)?"
    r"(?:aspects?|facts?|things?|information|details?|points?|news)?"
    r"(?:\s+(?:about|of|in|on|from)\s+(?:it|this|that|him|her|them|(?:this|the)\s+(?:article|topic|"
    r"text|story|subject|passage|document|page)))?$",
    re.IGNORECASE,
)
ABOUT = re.compile(
    r"^(?:what|how)(?:\s+(?:is|was)\s+it)?\s+(?:about|of|with)\s+(.+)$", re.IGNORECASE
)
PREPOSITION = re.compile(
    r"^(in|at|on|by|for|from|to|with|without|during|before|after|about|between|under|since|until|"
    r"against|near|outside|inside|within)\s+(.+)$",
    re.IGNORECASE,
)
