"""A search as people type it: some words, all of which are to be found."""

from __future__ import annotations

import re

# More is no search.
LONGEST = 100
_MOST_NAMESPACES = 5


def words(query: str) -> list[str]:
    """The words of a query."""
    return query[:LONGEST].casefold().split()


def matches(looked_for: list[str], *texts: str) -> bool:
    """Whether every word is somewhere in the texts."""
    text = " ".join(texts).casefold()
    return all(word in text for word in looked_for)


def namespaces(query: str) -> list[str]:
    """The words that may be namespaces' names, or that name an object with its namespace."""
    found = [word.split("/")[0] for word in words(query)]
    return [name for name in found if re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name)][:_MOST_NAMESPACES]
