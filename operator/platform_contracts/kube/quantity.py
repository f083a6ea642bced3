"""`resource.Quantity`: parse, compare, and write in the form that the API server gives back unchanged.

The API server re-serialises what it is given (`0.5` becomes `500m`, `1024Mi` becomes `1Gi`) and rounds a resource
list up to thousandths. Whoever compares what should be with what is has to write the same form in the first place.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, total_ordering

_PATTERN = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(n|u|m|k|[KMGTPE]i|[MGTPE]|[eE][+-]?[0-9]{1,3})?", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX = {power: suffix for suffix, power in _BINARY.items()}
# Beyond this the API server's own arithmetic loses suffixes, and nothing real is that large.
_MAX = 2**63 - 1


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """An exact amount and the family of suffixes that it was written with: Decimal, Binary or Exponent."""

    value: Fraction
    family: str

    @staticmethod
    def parse(text: str) -> Quantity:
        """The quantity that `text` stands for, such as 500m, 1.5Gi, 2 or 1e3.

        What lies between two thousandths is rounded away from zero, as in the API server's resource lists.
        Raises ValueError, with an example, for what is no quantity or too large for one.
        """
        return _parse(text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.value == other.value

    def __lt__(self, other: Quantity) -> bool:
        return self.value < other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __str__(self) -> str:
        """The canonical form: no fraction, and the largest suffix that loses nothing."""
        if self.value == 0:
            return "0"
        if self.family == "Binary" and abs(self.value) >= 1024 and self.value.denominator == 1:
            mantissa, power = _split(self.value.numerator, 1024)
            # Without a suffix it would be read as a decimal number, and so it is written as one.
            if power > 0:
                return f"{mantissa}{_BINARY_SUFFIX[power]}"
        # Nano is the finest unit, so that many shifts make every value whole.
        mantissa, exponent = _split((self.value * 10**9).numerator, 10)
        exponent -= 9
        while exponent % 3:
            mantissa, exponent = mantissa * 10, exponent - 1
        if self.family == "Exponent":
            return f"{mantissa}e{exponent}" if exponent else str(mantissa)
        return f"{mantissa}{_DECIMAL_SUFFIX[exponent]}"

    @property
    def is_whole(self) -> bool:
        """Whether it can count objects."""
        return self.value.denominator == 1


# The same few amounts come in every plan.
@lru_cache(maxsize=4096)
def _parse(text: str) -> Quantity:
    match = _PATTERN.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise ValueError(f'"{text}" is not a quantity; write for example "500m", "2" or "4Gi"')
    sign, whole, fraction, suffix = match[1], match[2], match[3] or "", match[4] or ""
    value = Fraction(int(f"{whole}{fraction}"), 10 ** len(fraction))
    if suffix in _BINARY:
        family, value = "Binary", value * 1024 ** _BINARY[suffix]
    elif suffix[:1] in ("e", "E") and suffix != "E":
        family, value = "Exponent", value * Fraction(10) ** int(suffix[1:])
    else:
        family, value = "Decimal", value * Fraction(10) ** _DECIMAL[suffix]
    if value > _MAX:
        raise ValueError(f'"{text}" is larger than any quantity can be (2^63 - 1); write for example "4Gi"')
    value = Fraction(math.ceil(value * 1000), 1000)
    return Quantity(-value if sign == "-" else value, family)


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """`text` in canonical form; raises ValueError as `Quantity.parse` does."""
    return str(Quantity.parse(text))


def _split(number: int, base: int) -> tuple[int, int]:
    """A number other than zero as (mantissa, power) with mantissa * base**power equal to it, power maximal."""
    power = 0
    while number % base == 0:
        number, power = number // base, power + 1
    return number, power
