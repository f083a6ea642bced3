"""The operator's own gauges of what it counts from objects, by which alerts go; the figures themselves need none."""

from __future__ import annotations

from platform_contracts.rules.text import quote
from platform_contracts.sla.promise import SeriesID

ERRORS, EVENTS = "platform_contracts_counted_errors", "platform_contracts_counted_events"
# Not `namespace`: a scrape renames that label where it is the scraped pod's own.
LABELS = ("sla_namespace", "sla", "objective")


def of(name: str, series: SeriesID) -> str:
    """The expression of one gauge of an objective, whatever labels the scrape adds."""
    values = (series.namespace, series.sla, series.objective)
    matchers = ",".join(f"{label}={quote(value)}" for label, value in zip(LABELS, values, strict=True))
    return f"max({name}{{{matchers}}})"
