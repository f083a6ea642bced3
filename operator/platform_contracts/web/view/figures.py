"""Figures of a status as a page draws them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import isfinite


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of an error budget: in words, for example `67.4%`, and how full the bar is, from 0 to 100."""

    text: str
    filled: int


def budget(text: str | None) -> Budget | None:
    """A budget as a status has it, in percent with or without the sign; None where there is none."""
    if not text:
        return None
    words = text if text.endswith("%") else f"{text}%"
    try:
        left = Decimal(words.removesuffix("%"))
    except InvalidOperation:
        return None
    if not left.is_finite():
        return None
    return Budget(words.replace("-", "−"), int(max(Decimal(0), min(Decimal(100), left))))


def number(text: str | None) -> float | None:
    """A number as a status has it; None where there is none."""
    try:
        found = float(text or "nan")
    except ValueError:
        return None
    return found if isfinite(found) else None


def length(seconds: float) -> str:
    """A length of time in its two largest units, for example `3 d 4 h` or `20 min`."""
    if 0 < seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    said = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(said[:2]) or "0 s"
