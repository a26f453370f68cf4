"""Values of `types` to JSON and back, so that an answer that was kept is an answer again."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from functools import lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Value = TypeVar("Value")


def to_plain(value: object) -> Any:
    """A dataclass as dicts, lists and scalars that JSON can hold."""
    return asdict(value)  # type: ignore[call-overload]


def from_plain(kind: type[Value], plain: object) -> Value:
    """The dataclass that ``to_plain`` was given; fields that are new since have their defaults.

    Raises ValueError, TypeError or KeyError where it is none.
    """
    made: Value = _made(kind, plain)
    return made


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _made(kind: Any, plain: Any) -> Any:
    origin = get_origin(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(plain, dict):
            raise TypeError(f"no {kind.__name__}")
        hints = _hints(kind)
        known = {field.name for field in fields(kind) if field.init}
        return kind(**{at: _made(hints[at], it) for at, it in plain.items() if at in known})
    if origin in (Union, types.UnionType):
        if plain is None:
            return None
        wanted = [it for it in get_args(kind) if it is not type(None)]
        return _made(wanted[0], plain) if len(wanted) == 1 else plain
    if origin is tuple:
        inner = get_args(kind)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_made(inner[0], it) for it in plain)
        return tuple(_made(one, it) for one, it in zip(inner, plain, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return dict(plain)
    return plain
