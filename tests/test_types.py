"""The error tree is drawn whole, values do not change, and locations read as file:line."""

import ast
import inspect
import re
from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path

import pytest

import summit_qa
from summit_qa import errors, types
from summit_qa.errors import SummitQAError
from summit_qa.types import Passage, Span, SyncReport

PACKAGE = Path(summit_qa.__file__).parent


def tree_in_docstring() -> dict[str, str]:
    """Each error that the docstring of the module draws, with the one it hangs under."""
    found: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([ │├└─]*)(\w+Error)\b", line)
        if match is None:
            continue
        depth = len(match[1])
        above = [(d, name) for d, name in above if d < depth]
        found[match[2]] = above[-1][1] if above else "Exception"
        above.append((depth, match[2]))
    return found


def errors_of_the_package() -> dict[str, str]:
    """Every class below SummitQAError that a module defines, with its base."""
    found = {"SummitQAError": "Exception"}
    bases: dict[str, str] = {}
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.bases:
                bases[node.name] = ast.unparse(node.bases[0]).rpartition(".")[2]
    while added := {n: b for n, b in bases.items() if b in found and n not in found}:
        found |= added
    return found


def test_the_docstring_draws_every_error_under_its_base() -> None:
    assert tree_in_docstring() == errors_of_the_package()
    assert len(tree_in_docstring()) > 15


def test_every_error_says_what_it_is() -> None:
    for value in vars(errors).values():
        if inspect.isclass(value) and issubclass(value, SummitQAError):
            assert value.__doc__
            assert value.__name__.endswith("Error")


def test_values_are_frozen_and_slotted() -> None:
    values = [value for value in vars(types).values() if is_dataclass(value)]
    assert len(values) > 12
    for value in values:
        assert "__slots__" in vars(value), value
    span = Span(0, 1, 1, 1)
    for field in fields(span):
        with pytest.raises(FrozenInstanceError):
            setattr(span, field.name, 7)


def test_a_passage_is_located_by_its_first_line() -> None:
    passage = Passage("id", "a/b.txt", Span(10, 20, 3, 4), "ten letters")
    assert (passage.location, passage.file) == ("a/b.txt:3", "a/b.txt")


@pytest.mark.parametrize("what", ["added", "changed", "removed"])
def test_a_sync_published_where_anything_differed(what: str) -> None:
    assert SyncReport(**{what: ("a.txt",)}).published
    assert not SyncReport(unchanged=("a.txt",)).published
