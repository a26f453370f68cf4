"""Searches that the model asks for before it answers: what they are called, and what they found."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from summit_qa.types import Hit
from summit_qa.writer.prompt import Message, object_schema, shown

LONGEST_QUERY = 200  # characters
_NAMED = 3  # places of what a search found that are told

_RULES = """\
You decide what to look up in a folder of documents before a question about it is answered. The \
question itself has been looked up already. If it needs several things that stand in different \
places, call the tool "search" once for each, at most {most} times, with a few words that such a \
place would hold. If one look-up is enough, call nothing. Where you have no tools, reply with one \
JSON object and nothing else: {{"searches": ["WORDS", ...]}}, an empty list if none is needed. \
Do not answer the question."""

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "search",
            "description": "Find passages of the documents that hold these words or mean them.",
            "parameters": object_schema(query={"type": "string"}),
        },
    }
]
SCHEMA = object_schema(searches={"type": "array", "items": {"type": "string"}})


def planning_messages(question: str, most: int) -> list[Message]:
    """What the model is asked before it answers."""
    return [
        {"role": "system", "content": _RULES.format(most=most)},
        {"role": "user", "content": f"Question: {shown(question)}"},
    ]


def queries(reply: str, most: int) -> list[str]:
    """The searches in a reply, from tool calls or the JSON form; none where there is neither.

    Of a reply that is not whole yet, those that are.
    """
    tidy = (" ".join(shown(query).split())[:LONGEST_QUERY] for query in _asked(reply))
    return list(dict.fromkeys(query for query in tidy if query))[:most]


def is_enough(reply: str, most: int) -> bool:
    """Whether all searches that are made stand in the reply: small models go on and on."""
    return len(_asked(reply)) >= most


def _asked(reply: str) -> list[str]:
    found: list[str] = []
    decoder, at = json.JSONDecoder(), reply.find("{")
    while at != -1:
        end = at + 1
        try:
            value, end = decoder.raw_decode(reply, at)
        except (ValueError, RecursionError):
            value = _begun(reply[at:])
        wanted = value.get("searches", [value.get("query")])
        if isinstance(wanted, str):
            wanted = [wanted]
        if isinstance(wanted, list):
            found += [item for item in wanted if isinstance(item, str)]
        at = reply.find("{", end)
    return found


def _begun(text: str) -> dict[str, Any]:
    """What is complete of an object that has no end yet."""
    import jiter

    try:
        value = jiter.from_json(text.encode("utf-8", "replace"), partial_mode=True)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def looked_up(
    wanted: Sequence[str], hits: Sequence[Hit], search: Callable[[str], list[Hit]], most: int
) -> tuple[list[Hit], list[str]]:
    """The hits with those of the searches behind them, and in words what each search found.

    Of each search at most ``most`` passages that were not there yet are taken.
    """
    gathered, told = list(hits), []
    for query in wanted:
        known = {hit.passage.id for hit in gathered}
        fresh = [hit for hit in search(query) if hit.passage.id not in known][:most]
        gathered += fresh
        places = ", ".join(hit.location for hit in fresh[:_NAMED])
        more = f" and {len(fresh) - _NAMED} more" if len(fresh) > _NAMED else ""
        told.append(f"Searched for “{query}”: {places + more if fresh else 'nothing new'}.")
    return gathered, told
