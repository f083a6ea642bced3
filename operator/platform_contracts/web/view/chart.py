"""A budget's curve as shapes: drawn here, because no library's SVG does without styles and scripts of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from platform_contracts.sla.trend import Curve, Point
from platform_contracts.web.words import day

# The drawing's own units; the page stretches it to its place.
WIDTH, HEIGHT = 600.0, 120.0
# A budget that is overspent many times over would leave nothing to see of the rest.
_LOWEST = -1.0
_MOST_BANDS = 60


@dataclass(frozen=True, slots=True)
class Band:
    """A time of maintenance that does not count."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """The shapes as SVG paths, and the words beside them."""

    lines: list[str]
    areas: list[str]
    bands: list[Band]
    zero: float
    top: str
    bottom: str
    starts: str
    ends: str
    words: str


def chart(curve: Curve, maintenance: Iterable[tuple[datetime, datetime]] = ()) -> Chart | None:
    """The curve with the times that do not count; None where there are too few points for one. It is broken where
    nothing was measured."""
    points, start, end = curve
    if len(points) < 2 or end <= start:
        return None
    span = (end - start).total_seconds()
    lowest = min(0.0, max(_LOWEST, min(point.left for point in points)))

    def x(time: datetime) -> float:
        return round(WIDTH * min(max((time - start).total_seconds() / span, 0), 1), 1)

    def y(left: float) -> float:
        return round(HEIGHT * (1 - max(left, lowest)) / (1 - lowest), 1)

    pieces = [piece for piece in _pieces(points) if len(piece) > 1]
    zero = y(0)
    drawn = [[(x(point.time), y(point.left)) for point in piece] for piece in pieces]
    least = min(points, key=lambda point: point.left)
    return Chart(
        lines=[_path(piece) for piece in drawn],
        areas=[f"{_path(piece)}L{piece[-1][0]} {zero}L{piece[0][0]} {zero}Z" for piece in drawn],
        bands=[
            Band(x(since), max(round(x(until) - x(since), 1), 1))
            for since, until in list(maintenance)[-_MOST_BANDS:]
            if until > start and since < end
        ],
        zero=zero,
        top="100%",
        bottom=f"{100 * lowest:.0f}%".replace("-", "−"),
        starts=day(start),
        ends=day(end),
        words=(
            f"From {day(points[0].time)} to {day(points[-1].time)} it went from {_percent(points[0])} to "
            f"{_percent(points[-1])}; the least was {_percent(least)} on {day(least.time)}."
        ),
    )


def _pieces(points: Sequence[Point]) -> list[list[Point]]:
    """The points in stretches without a gap."""
    usual = min(after.time - before.time for before, after in pairwise(points))
    longest = max(2.5 * usual, timedelta(minutes=20))
    pieces = [[points[0]]]
    for before, after in pairwise(points):
        if after.time - before.time > longest:
            pieces.append([])
        pieces[-1].append(after)
    return pieces


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def _percent(point: Point) -> str:
    return f"{100 * point.left:.0f}%".replace("-", "−")
