"""The burn-rate tiers of any objective and any window: the design's table, and its bounds."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_contracts.api.common import seconds
from platform_contracts.sla import burnrate, windows
from platform_contracts.sla.burnrate import Severity, tiers

TABLE = [
    # target, window, (severity, factor, long, short, percent of the budget when it fires)
    ("99.9", "30d", "page 14.4 1h 5m 2 | page 6 6h 30m 5 | ticket 3 1d 2h 10 | ticket 1 3d 6h 10"),
    ("99.9", "28d", "page 14.4 1h 5m 2.14 | page 6 6h 30m 5.36 | ticket 3 1d 2h 10.71 | ticket 1 3d 6h 10.71"),
    ("99.9", "7d", "page 14.4 1h 5m 8.57 | page 6 6h 30m 21.43 | ticket 1.75 1d 2h 25 | ticket 1 42h 210m 25"),
    ("99.9", "90d", "page 14.4 1h 5m 0.67 | page 6 6h 30m 1.67 | ticket 3 1d 2h 3.33 | ticket 1 3d 6h 3.33"),
    ("90", "30d", "page 9 1h 5m 1.25 | page 6 6h 30m 5 | ticket 3 1d 2h 10 | ticket 1 3d 6h 10"),
    ("50", "30d", "ticket 1.8 1h 5m 0.25 | ticket 1.8 6h 30m 1.5 | ticket 1.8 1d 2h 6 | ticket 1 3d 6h 10"),
    ("99.999", "30d", "page 14.4 1h 5m 2 | page 6 6h 30m 5 | ticket 3 1d 2h 10 | ticket 1 3d 6h 10"),
    ("99.9", "1d", "page 6 1h 5m 25 | ticket 1 6h 30m 25"),
    ("99.9", "8h", "page 2 1h 5m 25 | ticket 1 2h 10m 25"),
    ("99.9", "7h", "ticket 1.75 1h 5m 25 | ticket 1 105m 9m 25"),
    ("99.9", "1h", "ticket 1 15m 2m 25"),
]


@pytest.mark.parametrize(("target", "window", "expected"), TABLE, ids=[f"{row[0]}-{row[1]}" for row in TABLE])
def test_the_table(target: str, window: str, expected: str) -> None:
    length = seconds(window)
    found = [
        f"{tier.severity} {burnrate.decimal(tier.factor)} {tier.name} {windows.promql(tier.short)} "
        f"{burnrate.decimal(tier.budget_percent(length).quantize(Decimal('0.01')))}"
        for tier in tiers(target, length, 15)
    ]
    assert " | ".join(found) == expected


TARGETS = st.decimals(min_value=10, max_value=Decimal("99.999999999"), places=9).map(
    lambda value: f"{value.normalize():f}"
)
WINDOWS = st.integers(1, 8760).map(lambda hours: hours * windows.HOUR)


@given(TARGETS, WINDOWS, st.integers(1, 600))
def test_every_tier_can_fire_and_none_fires_below_a_sustainable_burn(target: str, window: int, scrape: int) -> None:
    found = tiers(target, window, scrape)
    assert found
    assert len({tier.name for tier in found}) == len(found), "tiers are told apart by their long window"
    for tier in found:
        assert tier.factor < 1 / burnrate.budget(target), "no burn rate exceeds 1/b: a higher factor is no alert at all"
        assert tier.factor >= Decimal("0.9999"), "a burn of 0.95 never alerts, whatever the objective"
        assert 0 < tier.short <= tier.long < window
        assert tier.short % windows.MINUTE == 0
        assert tier.short >= min(2 * windows.MINUTE, tier.long)
        assert tier.budget_percent(window) <= Decimal("25.001"), "it fires before a quarter of the budget is gone"
        if tier.severity is Severity.PAGE:
            assert tier.factor >= 2


@given(WINDOWS)
def test_short_windows_have_no_page(window: int) -> None:
    pages = [tier for tier in tiers("99.9", window, 15) if tier.severity is Severity.PAGE]
    assert bool(pages) == (window >= 8 * windows.HOUR)


def test_the_budget_is_exact_and_printed_as_a_decimal() -> None:
    assert burnrate.decimal(burnrate.budget("99.9")) == "0.001"
    assert burnrate.decimal(burnrate.budget("99.999999999")) == "0.00000000001"
    assert burnrate.decimal(burnrate.budget("90")) == "0.1"
    assert burnrate.decimal(Decimal("14.4")) == "14.4"
    assert burnrate.decimal(Decimal("100")) == "100"


def test_ranges_are_never_empty() -> None:
    with pytest.raises(ValueError, match="positive"):
        windows.promql(0)
    assert [windows.promql(length) for length in (45, 120, 5400, 12600, 151200, 2592000)] == [
        "45s",
        "2m",
        "90m",
        "210m",
        "42h",
        "30d",
    ]
