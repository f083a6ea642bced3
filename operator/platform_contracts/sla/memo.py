"""What was made of one contract, kept while what it was made from stays the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Memo:
    """The last result of each of some functions that take time, such as rendering rules.

    It changes how long a plan takes and never what it says: a result is used again only where all that it was made
    from is equal. So it is compared, and kept: let it be values, of which equal parts are best the same object.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[Any, ...], Any]] = {}

    def get(self, name: str, made_from: tuple[Any, ...], make: Callable[[], T]) -> T:
        """The result of that name, made anew where `made_from` is not what the last one was made from."""
        kept = self._kept.get(name)
        if kept is None or kept[0] != made_from:
            kept = self._kept[name] = (made_from, make())
        result: T = kept[1]
        return result
