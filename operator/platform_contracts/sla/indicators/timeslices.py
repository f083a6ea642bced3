"""An indicator of events, turned into one of slices of time that are good or bad as a whole.

Slices are counted as seconds: a slice's errors and total are 0 or 1 second a second, recorded once a slice, so that
sums, windows, coverage, burn rates and alerts are the same as for events.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from platform_contracts.api.objective import MissingData, NoTraffic, Objective, Timeslice
from platform_contracts.sla.burnrate import decimal
from platform_contracts.sla.indicators.reading import Indicator
from platform_contracts.sla.selectors import InvalidSelectorError
from platform_contracts.sla.windows import MINUTE

# How far above a slice's allowed share of errors binary fractions may come by their own noise, relative to it.
_NOISE = Decimal("1e-9")


class SliceTooShortError(InvalidSelectorError):
    """Slices of which some have no scrape in them."""

    reason = "SliceTooShort"


def check(timeslice: Timeslice, field: str, scrape_interval: int) -> None:
    """Every slice must have a scrape of its own. Raises SliceTooShortError; `field` names the objective."""
    if timeslice.seconds >= scrape_interval:
        return
    minutes = -(-scrape_interval // MINUTE) * MINUTE
    ways = f"choose timeslice: {{seconds: {minutes}}}" if minutes <= 5 * MINUTE else "choose budgeting: Occurrences"
    raise SliceTooShortError(
        f"{field}.timeslice: slices of {timeslice.seconds} s are shorter than the data source's scrape interval of "
        f"{scrape_interval} s, so that nobody can judge them; {ways}, or another dataSourceName"
    )


def build(events: Indicator, objective: Objective, timeslice: Timeslice) -> Indicator:
    """The seconds of bad slices and of all slices; a slice with less than minEvents events is one without traffic.

    `events` speaks of the slice alone. Where its total is absent, the slice has not been measured, which is bad where
    the objective says so; but not where only a part of it is absent, because that is a mistake in the objective.
    """
    judged = _judged(events, timeslice, objective.min_events)
    judged = replace(judged, part=events.part, impossible=events.impossible)
    if objective.missing_data is not MissingData.BAD:
        return judged
    bad = "vector(1)" if events.part is None else f"(vector(1) unless on() ({events.part}))"
    # What is not a number is not there either.
    return replace(
        judged,
        errors=f"(({judged.errors}) >= 0) or {bad}",
        total=f"(({judged.total}) >= 0) or {bad}",
        source=events.total,
    )


def _judged(events: Indicator, timeslice: Timeslice, min_events: int | None) -> Indicator:
    allowed = 1 - Decimal(timeslice.target or 100) / 100
    errors, total = f"({events.errors})", f"({events.total})"
    bad = f"({errors} > bool {decimal(allowed * (1 + _NOISE))} * {total})"
    least = min_events - Decimal("0.5") if min_events else Decimal(0)
    busy = f"({total} * {timeslice.seconds} > bool {decimal(least)})"
    match timeslice.no_traffic:
        case NoTraffic.GOOD:
            return Indicator(errors=f"{bad} * {busy}", total=f"0 * {total} + 1")
        case NoTraffic.BAD:
            return Indicator(errors=f"1 - (1 - {bad}) * {busy}", total=f"0 * {total} + 1")
        case NoTraffic.EXCLUDE:
            return Indicator(errors=f"{bad} * {busy}", total=busy)
