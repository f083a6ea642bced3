"""A budget's curve as shapes and words: within its frame, broken where nothing was measured, and said in a sentence."""

from __future__ import annotations

import re
from datetime import timedelta

from platform_contracts.sla.trend import Curve, Point
from platform_contracts.web.view.chart import HEIGHT, WIDTH, chart
from tests.web.world import NOW

START = NOW - timedelta(days=30)


def curve(*shares: float, hours: float = 6, end: float = 30) -> Curve:
    points = [Point(START + timedelta(hours=hours * place), left) for place, left in enumerate(shares)]
    return Curve(points, START, START + timedelta(days=end))


def numbers(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([0-9.]+) ([0-9.]+)", path)]


def test_a_full_budget_is_at_the_top_and_a_spent_one_on_the_zero_line() -> None:
    drawn = chart(curve(1.0, 0.5, 0.0))
    assert drawn is not None
    assert [y for _, y in numbers(drawn.lines[0])] == [0.0, HEIGHT / 2, HEIGHT]
    assert (drawn.zero, drawn.top, drawn.bottom) == (HEIGHT, "100%", "0%")


def test_an_overspent_budget_goes_below_the_zero_line() -> None:
    drawn = chart(curve(1.0, -0.5))
    assert drawn is not None
    assert (drawn.bottom, drawn.zero) == ("−50%", 80.0)
    assert numbers(drawn.lines[0])[-1][1] == HEIGHT


def test_what_is_far_below_zero_stays_in_the_frame_and_is_said_all_the_same() -> None:
    drawn = chart(curve(1.0, -9.0, 0.5))
    assert drawn is not None
    assert drawn.bottom == "−100%"
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in numbers(drawn.lines[0]))
    assert "the least was −900%" in drawn.words


def test_the_line_is_broken_where_nothing_was_measured() -> None:
    before, after = curve(1.0, 0.9, 0.8), curve(0.7, 0.6)
    later = [Point(point.time + timedelta(days=5), point.left) for point in after.points]
    drawn = chart(Curve([*before.points, *later], before.start, before.end))
    assert drawn is not None
    assert [len(numbers(line)) for line in drawn.lines] == [3, 2]


def test_a_calendar_period_leaves_room_for_what_is_to_come() -> None:
    drawn = chart(curve(1.0, 0.9, hours=24 * 15))
    assert drawn is not None
    assert numbers(drawn.lines[0])[-1][0] == WIDTH / 2


def test_maintenance_is_shaded_as_far_as_it_is_in_the_window() -> None:
    outside = START - timedelta(days=3), START - timedelta(days=2)
    inside = START + timedelta(days=15), START + timedelta(days=18)
    drawn = chart(curve(1.0, 0.9), [outside, inside])
    assert drawn is not None
    assert [(band.x, band.width) for band in drawn.bands] == [(300.0, 60.0)]


def test_the_words_say_what_the_line_shows() -> None:
    drawn = chart(curve(0.98, 0.6, 0.67, hours=24 * 10))
    assert drawn is not None
    assert drawn.words == "From 2 May 2027 to 22 May 2027 it went from 98% to 67%; the least was 60% on 12 May 2027."


def test_one_point_is_no_curve() -> None:
    assert chart(curve(1.0)) is None
