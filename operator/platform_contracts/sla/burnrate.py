"""The tiers of burn-rate alerts for any objective and any window.

A tier fires when a long and a short window both burn the error budget faster than its factor. The base tiers are those
of the SRE Workbook's table; the rest of the arithmetic fits them to the window W and the budget b = 1 - objective:

    f = min(F, 0.25 W/L, 0.9/b)        and where 0.25 W/L < 1:  L = 0.25 W, f = min(1, 0.9/b)
    S = max(L/12, 2m, 4 scrape intervals)
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from functools import cache

from platform_contracts.sla.windows import DAY, HOUR, MINUTE, promql


class Severity(StrEnum):
    """Page: somebody gets up. Ticket: somebody looks within the working day."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Tier:
    """Windows in seconds, `factor` in multiples of the burn that spends the budget exactly in the window."""

    severity: Severity
    factor: Decimal
    long: int
    short: int
    # What tells it from the objective's other tiers: of a standard one its long window.
    name: str

    @property
    def window(self) -> str:
        """The long window as the `window` label has it, such as 1h."""
        return promql(self.long)

    def budget_percent(self, window: int) -> Decimal:
        """p = f L / W: the share of the window's budget that is spent when the tier fires, in percent."""
        return 100 * self.factor * self.long / window


_BASE = (
    (Decimal("14.4"), HOUR, Severity.PAGE),
    (Decimal(6), 6 * HOUR, Severity.PAGE),
    (Decimal(3), DAY, Severity.TICKET),
    (Decimal(1), 3 * DAY, Severity.TICKET),
)


@cache
def budget(target: str) -> Decimal:
    """b = 1 - objective, exactly, of a target in percent: "99.9" gives 0.001."""
    return 1 - Decimal(target) / 100


def decimal(number: Decimal) -> str:
    """An exact plain decimal, never an exponent: 0.001, 14.4."""
    return f"{number.normalize():f}"


def shown(number: Decimal, digits: int, rounding: str = ROUND_HALF_EVEN) -> str:
    """A decimal for a reader: its fraction ends at so many significant digits."""
    return decimal(number.quantize(Decimal(1).scaleb(min(number.adjusted() - digits + 1, 0)), rounding))


def tiers(target: str, window: int, scrape_interval: int) -> list[Tier]:
    """The standard tiers of an objective (percent) over a window (seconds), fastest first."""
    highest = Decimal("0.9") / budget(target)  # a burn rate never exceeds 1/b: above it a tier could not fire
    found: dict[int, Tier] = {}
    for base_factor, base_long, base_severity in _BASE:
        room = Decimal(window) / (4 * base_long)
        if room < 1:
            long, factor = window // 4, min(Decimal(1), highest)
        else:
            long, factor = base_long, min(base_factor, room, highest)
        factor = factor.quantize(Decimal("0.0001"), ROUND_FLOOR)
        severity = base_severity if factor >= 2 else Severity.TICKET
        found.setdefault(long, Tier(severity, factor, long, _short(long, scrape_interval), promql(long)))
    return list(found.values())


def _short(long: int, scrape_interval: int) -> int:
    shortest = max(long // 12, 2 * MINUTE, 4 * scrape_interval)
    whole_minutes = -(-shortest // MINUTE) * MINUTE
    return min(whole_minutes, long)
