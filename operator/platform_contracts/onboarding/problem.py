"""Why something cannot be done, as conditions say it."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """A reason in one CamelCase word, and a sentence: what happened, why, what to do next."""

    reason: str
    message: str
