"""Values that were computed once, kept while there is room; safe to use from many threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """The last ``most`` values by key; what came first goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self, keys: Iterable[Key], make: Callable[[list[Key]], Iterable[Value]]
    ) -> dict[Key, Value]:
        """The value of each key; ``make`` gives those that are not remembered, in order."""
        wanted = dict.fromkeys(keys)
        with self._lock:
            found = {key: self._known[key] for key in wanted if key in self._known}
        if missing := [key for key in wanted if key not in found]:
            fresh = dict(zip(missing, make(missing), strict=True))
            found |= fresh
            with self._lock:
                self._known.update(fresh)
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
        return found
