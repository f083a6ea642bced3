"""Numbers in sentences."""

from __future__ import annotations

from datetime import timedelta

_DAY = timedelta(days=1)


def counted(number: int, one: str, many: str) -> str:
    """`1 voice has`, `3 voices have`."""
    return f"{number} {one if number == 1 else many}"


def days(number: int) -> str:
    """`1 day`, `12 days`."""
    return counted(number, "day", "days")


def overdue(late: timedelta) -> str:
    """`12 days overdue`, `overdue since less than a day`."""
    return f"{days(late.days)} overdue" if late >= _DAY else "overdue since less than a day"
