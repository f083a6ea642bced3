"""Numbers in sentences."""

from __future__ import annotations


def counted(number: int, one: str, many: str) -> str:
    """`1 voice has`, `3 voices have`."""
    return f"{number} {one if number == 1 else many}"


def days(number: int) -> str:
    """`1 day`, `12 days`."""
    return counted(number, "day", "days")
