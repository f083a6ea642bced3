"""The burn-rate tiers of an objective: the standard ones, and those that its SLA asks for."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from platform_contracts.api.alerting import Alerting, BurnRateAlerting, BurnRateTier, TierSeverity
from platform_contracts.api.common import seconds
from platform_contracts.api.objective import Objective
from platform_contracts.sla import burnrate, windows
from platform_contracts.sla.burnrate import Severity, Tier, decimal, shown

_SEVERITIES = {TierSeverity.PAGE: Severity.PAGE, TierSeverity.TICKET: Severity.TICKET}
# A short window of fewer scrapes, or slices, would see chance, not a rate.
_LEAST_LOOKS = 4


def build(objective: Objective, asked: Alerting, window: int, resolution: int) -> list[Tier]:
    """The tiers of an objective over a window, whose counts have that resolution, in seconds; shortest long window
    first.

    A tier of the SLA takes the place of the standard one whose name it bears; one that `problem` speaks of is left
    out. The standard ones are there also where nobody asks for alerts, because what burns is a risk all the same.
    """
    found = {}
    if asked.burn_rate is BurnRateAlerting.STANDARD or not asked.tiers:
        found = {tier.name: tier for tier in burnrate.tiers(objective.target, window, resolution)}
    for tier in asked.tiers:
        if problem(tier, objective, window, resolution) is None:
            found[tier.name] = _tier(tier, window)
    if not found:
        # None of its own can be had: the standard alerts are better than none.
        found = {tier.name: tier for tier in burnrate.tiers(objective.target, window, resolution)}
    return sorted(found.values(), key=lambda tier: (tier.long, tier.short, tier.name))


def problem(tier: BurnRateTier, objective: Objective, window: int, resolution: int) -> str | None:
    """Why an objective cannot have this tier, without a full stop; None where it can.

    Most of it the schema refuses already; an older object, another data source or another window may bring it about.
    """
    made, field = _tier(tier, window), f"spec.alerting.tiers[{tier.name}]"
    highest = 1 / burnrate.budget(objective.target)
    shortest = -(-_LEAST_LOOKS * resolution // windows.MINUTE) * windows.MINUTE
    if made.long > window:
        return (
            f"{field}: longWindow {tier.long_window} is longer than the window of {windows.promql(window)}; choose a "
            "shorter one, for example longWindow: 1h"
        )
    if made.factor >= highest:
        return (
            f"{field} can never fire for {objective.name}: it waits for a burn rate of {decimal(made.factor)}, and "
            f"when every event fails a target of {objective.target}% burns at {shown(highest, 4, ROUND_FLOOR)}; choose "
            f'for example burnRate: "{shown(highest * Decimal("0.9"), 4, ROUND_FLOOR)}"'
        )
    if made.factor < 1:
        return (
            f"{field}: budgetPercent {tier.budget_percent} in {tier.long_window} is a burn rate of "
            f'{shown(made.factor, 4, ROUND_FLOOR)}, which may go on for ever; ask for at least burnRate: "1"'
        )
    if made.short < shortest:
        looks = f"slices of {objective.name}" if objective.timesliced else "scrapes of the data source"
        return (
            f"{field}: shortWindow {tier.short_window} holds fewer than {_LEAST_LOOKS} {looks} (one each {resolution} "
            f"s); choose at least shortWindow: {windows.promql(shortest)}"
        )
    return None


def _tier(tier: BurnRateTier, window: int) -> Tier:
    long, short = seconds(tier.long_window), seconds(tier.short_window)
    if tier.burn_rate is not None:
        factor = Decimal(tier.burn_rate)
    else:
        # p = f L / W, turned round.
        share = Decimal(tier.budget_percent or "0") / 100
        factor = (share * window / long).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    return Tier(_SEVERITIES[tier.severity], factor, long, short, tier.name)
