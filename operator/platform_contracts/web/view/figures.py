"""Figures of a status as a page draws them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of an error budget: in words, for example `67.4%`, and how full the bar is, from 0 to 100."""

    text: str
    filled: int
    overspent: bool


def budget(text: str | None) -> Budget | None:
    """A budget as a status has it, in percent with or without the sign; None where there is none."""
    if not text:
        return None
    words = text if text.endswith("%") else f"{text}%"
    try:
        left = Decimal(words.removesuffix("%"))
    except InvalidOperation:
        return None
    return Budget(words.replace("-", "−"), int(max(Decimal(0), min(Decimal(100), left))), left < 0)
