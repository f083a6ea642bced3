"""What a benchmark hands back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

# A target in words, and whether it is reached.
Check = tuple[str, bool]


@dataclass(frozen=True)
class Outcome:
    """What one benchmark shows: a table where it has one, its targets, and the same for the JSON."""

    name: str
    table: Table | None
    checks: Sequence[Check]
    document: Mapping[str, Any]


def table(title: str, caption: str, *columns: str) -> Table:
    """An empty table whose rows begin with the name of a side."""
    made = Table(title=title, caption=caption, caption_justify="left")
    made.add_column("", no_wrap=True)
    for column in columns:
        made.add_column(column, justify="right")
    return made
