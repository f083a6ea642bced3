"""One objective as `status.objectives` shows it: strings with fixed decimals, never rounded to the good side."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from platform_contracts.kube.conditions import MESSAGE_LIMIT
from platform_contracts.kube.objects import Object, format_time, parse_time
from platform_contracts.sla import indicators, windows
from platform_contracts.sla.budget import Evaluation, Gap, Numbers, State
from platform_contracts.sla.budgeting import Unit
from platform_contracts.sla.promise import Promise

# A remaining budget, in points of percent, that changed by less is not worth a write; an overspent one, which may be
# far below zero and fall fast, moves by this share of itself.
_LEAST_CHANGE = Decimal("0.1")
_LEAST_SHARE = Decimal("0.05")
# What is promised, and what is measured, as messages tell them.
_FIGURES = re.compile(r"(the target is [0-9.]+%)|-?[0-9]+(\.[0-9]+)?(%| s | more )")
# Counts that reach back this far fill the window: one sample that a restart of Prometheus cost makes no 30d (29d).
_WHOLE = 0.999
# So many errors that are allowed, of which not one happened, are worth a remark.
_TELLING = 10
# So many places further a binary fraction is rounded before it is cut: 67.4 is not 67.39999999999999.
_NOISE_PLACES = 6
# A status has room for so much, and so many digits are enough for all of it.
_MOST = 1e20
_DIGITS = Context(prec=64)


def fixed(number: float, places: int) -> str:
    """A decimal with `places` digits, rounded down: what looks like the target has reached it.

    A number that no service can have, such as a counter of 64 bits that fell below zero, is cut at 10^20.
    """
    bounded = Decimal(repr(max(-_MOST, min(number, _MOST))))
    exact = bounded.quantize(Decimal(1).scaleb(-places - _NOISE_PLACES), context=_DIGITS)
    text = f"{exact.quantize(Decimal(1).scaleb(-places), ROUND_FLOOR, context=_DIGITS):f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def render(evaluation: Evaluation) -> Object:
    """The entry of an objective."""
    promise, numbers = evaluation.promise, evaluation.numbers
    entry: Object = {
        "name": promise.objective.name,
        "state": evaluation.state.value,
        "target": promise.objective.target,
        "window": window_text(promise, numbers),
        "message": (_message(evaluation) + _coming(promise))[:MESSAGE_LIMIT],
    }
    if promise.calendar is not None:
        running = promise.calendar.running
        entry |= {"periodStartTime": format_time(running.start), "periodEndTime": format_time(running.end)}
    if numbers is not None:
        entry |= _numbers(promise, numbers)
        if numbers.excluded:
            entry["excludedSeconds"] = numbers.excluded
    if evaluation.burn_rates:
        entry["burnRates"] = [
            {"window": window, "rate": fixed(rate, 2)} for window, rate in evaluation.burn_rates.items()
        ]
    return entry


def unmeasured(promise: Promise, message: str) -> Object:
    """The entry of an objective that has never been measured."""
    return {
        "name": promise.objective.name,
        "state": State.UNKNOWN.value,
        "target": promise.objective.target,
        "window": promise.shown_window,
        "message": message[:MESSAGE_LIMIT],
    }


def begun(promise: Promise, before: Mapping[str, Any]) -> Object:
    """The entry of a calendar period that has no numbers yet, with the state in which the one before it ended."""
    assert promise.calendar is not None  # or it would not be a period
    running, ended = promise.calendar.running, _promised(before)
    message = (
        f"{running.name} has begun, and its first numbers come within ten minutes; until then the state is that at the "
        f"end of {ended}."
    )
    return {
        **unmeasured(promise, message + _coming(promise)),
        "state": before["state"],
        "periodStartTime": format_time(running.start),
        "periodEndTime": format_time(running.end),
    }


def carried(entry: Mapping[str, Any], message: str, *, held: bool = False) -> Object:
    """The last numbers with their time, which no longer prove a state; where it is held it stays all the same."""
    return {**entry, "state": entry["state"] if held else State.UNKNOWN.value, "message": message[:MESSAGE_LIMIT]}


def same_promise(entry: Mapping[str, Any], promise: Promise) -> bool:
    """Whether the entry's numbers are about this target and window."""
    return entry["target"] == promise.objective.target and _promised(entry) == promise.shown_window


def differs(before: Mapping[str, Any], after: Mapping[str, Any], refresh_seconds: float) -> bool:
    """Whether the change from one entry to the other is worth a write."""
    for name in ("name", "state", "target"):
        if before.get(name) != after.get(name):
            return True
    if _promised(before) != _promised(after):
        return True
    if ("errorBudget" in before) != ("errorBudget" in after):
        return True
    if "errorBudget" not in after:
        return before.get("message") != after.get("message")
    # Another reason for the same state is news, another figure in it is not.
    if _without_figures(before) != _without_figures(after):
        return True
    was, left = _remaining(before), _remaining(after)
    if abs(was - left) >= max(_LEAST_CHANGE, -_LEAST_SHARE * max(was, left)):
        return True
    return _seconds_between(before, after) >= refresh_seconds


def recounted(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two entries that are counted from objects differ in more than when that was, and how far back it went."""
    return _timeless(before) != _timeless(after)


def _timeless(entry: Mapping[str, Any]) -> Object:
    return {**entry, "window": _promised(entry), "evaluatedTime": None}


def _without_figures(entry: Mapping[str, Any]) -> str:
    """What an entry says, with the figures that are promised and without those that are measured, nor what is remarked
    upon where there are enough of them."""
    return _FIGURES.sub(r"\1", entry.get("message", "").replace(_remark(entry["name"]), ""))


def _promised(entry: Mapping[str, Any]) -> str:
    """The window without how much of it has passed."""
    return str(entry.get("window", "")).split(" ", maxsplit=1)[0]


def _remaining(entry: Mapping[str, Any]) -> Decimal:
    """The remaining budget in percent, more exactly than it is shown."""
    budget = entry["errorBudget"]
    total = Decimal(budget["total"])
    if not total:
        return Decimal(budget["remainingPercent"])
    return 100 * (1 - Decimal(budget["consumed"]) / total)


def _seconds_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> float:
    return (parse_time(after["evaluatedTime"]) - parse_time(before["evaluatedTime"])).total_seconds()


def window_text(promise: Promise, numbers: Numbers | None) -> str:
    """`30d`, or `30d (3d)` while the counts reach back only three days; `2026-11 (23d)` of a calendar period."""
    if numbers is None or (promise.calendar is None and numbers.span >= _WHOLE * promise.window):
        return promise.shown_window
    return f"{promise.shown_window} ({windows.age(numbers.span)})"


def _numbers(promise: Promise, numbers: Numbers) -> Object:
    total, consumed = (
        count / promise.unit.size for count in (float(promise.budget) * numbers.budgeted, numbers.errors)
    )
    entry: Object = {
        "sli": fixed(100 * numbers.sli, 4),
        "errorBudget": {
            "total": fixed(total, 3),
            "consumed": fixed(consumed, 3),
            "remaining": fixed(total - consumed, 3),
            "remainingPercent": fixed(100 * numbers.remaining, 1),
            "unit": promise.unit.value,
        },
        "events": fixed(round(numbers.events / promise.event_size), 0),
        "coverage": fixed(numbers.coverage, 4),
        "evaluatedTime": format_time(numbers.evaluated),
    }
    if numbers.exhaustion is not None:
        entry["projectedExhaustionTime"] = format_time(numbers.exhaustion.replace(second=0, microsecond=0))
    return entry


def _message(evaluation: Evaluation) -> str:
    numbers, words = evaluation.numbers, evaluation.promise.words
    if evaluation.gap is not None:
        excluded = _maintenance(evaluation.promise, numbers) if numbers is not None else ""
        return gap_message(evaluation.gap, evaluation.promise) + excluded
    assert numbers is not None  # without numbers there is a gap
    percent = fixed(100 * numbers.remaining, 1)
    match evaluation.state:
        case State.BREACHED if evaluation.promise.calendar is not None:
            text = _breached_to_date(evaluation.promise, numbers)
        case State.BREACHED:
            text = f"The error budget is overspent ({percent}%); {words.first} until it recovers."
        case State.AT_RISK if evaluation.burning:
            text = (
                f"The error budget burns too fast over {evaluation.burning}, {percent}% is left; find the failures now."
            )
        case State.AT_RISK:
            text = f"Only {percent}% of the error budget is left; {words.spare} until it recovers."
        case _:
            text = f"{percent}% of the error budget is left."
    if _spotless(evaluation.promise, numbers):
        text += _remark(evaluation.promise.objective.name)
    if numbers.clamped:
        text += " More errors than events were recorded: make the errors selector a part of the total selector."
    if numbers.exceeded:
        text += f" {indicators.impossible(evaluation.promise.objective.indicator)}."
    return text + _maintenance(evaluation.promise, numbers)


def _remark(objective: str) -> str:
    return (
        " Not one error was counted in all that time: if that is too good to be true, correct the selector "
        f"spec.objectives[{objective}].indicator.ratio.errors."
    )


def _spotless(promise: Promise, numbers: Numbers) -> bool:
    """Whether there was no error where a service that just keeps its target would have had ten of them.

    Where no series of errors is there none are counted, and so are none where the selector matches nothing.
    """
    ratio = promise.objective.indicator.ratio
    if ratio is None or ratio.errors is None or promise.unit is not Unit.EVENTS or numbers.errors:
        return False
    long_enough = numbers.span >= min(windows.DAY, _WHOLE * promise.window)
    return long_enough and float(promise.budget) * numbers.events >= _TELLING


def _maintenance(promise: Promise, numbers: Numbers) -> str:
    """What does not count, and what the figures would be if it did, where that is known."""
    text = f" {numbers.excluded} s of maintenance in the window do not count." if numbers.excluded else ""
    until = promise.excluded.until(numbers.evaluated)
    if until is not None:
        text += f" Until {format_time(until)} nothing counts, for maintenance."
    if numbers.in_full is not None:
        breach = ", a breach" if numbers.in_full.remaining < 0 else ""
        text += (
            f" Without what was excluded afterwards the SLI would be {fixed(100 * numbers.in_full.sli, 4)}% and "
            f"{fixed(100 * numbers.in_full.remaining, 1)}% of the error budget would be left{breach}."
        )
    return text


def _breached_to_date(promise: Promise, numbers: Numbers) -> str:
    """What it takes to end the period with the promise kept, where that can be: a budget of events grows with each."""
    assert promise.calendar is not None  # or it would not be a period
    percent, running = fixed(100 * numbers.remaining, 1), promise.calendar.running
    if promise.foresees:
        return (
            f"The error budget of the whole of {running.name} is overspent ({percent}%): the breach can no longer be "
            f"averted before its end at {format_time(running.end)}; tell the consumers, and {promise.words.first}."
        )
    wanted = math.ceil((numbers.errors / float(promise.budget) - numbers.events) / promise.unit.size)
    return (
        f"The error budget to date is overspent ({percent}%): {running.name} is kept only if at least {wanted} more "
        f"{promise.words.things} come without a failure before {format_time(running.end)}; {promise.words.first}."
    )


def _coming(promise: Promise) -> str:
    if promise.calendar is None:
        return ""
    coming = promise.calendar.coming.name
    target = f" From {coming} on the target is {promise.coming_target}%." if promise.coming_target is not None else ""
    limit = f" From {coming} on what is in time is what the spec now says." if promise.other_limit_comes else ""
    return target + limit


def _open(promise: Promise) -> str:
    """What a calendar period comes to of which so little was measured, whatever holds while it is open."""
    if promise.calendar is None:
        return ""
    return f", but the report of {promise.calendar.running.name} is Inconclusive unless its end brings the share to 95%"


def gap_message(gap: Gap, promise: Promise) -> str:
    """Why there is no state, and what to do."""
    wanted = indicators.describe(promise.objective.indicator)
    match gap:
        case Gap.NOT_MEASURED if promise.objective.indicator.counted:
            return "It is not counted; the condition Stalled says why."
        case Gap.NOT_MEASURED:
            return "No rules are written for it, so it is not measured; the condition Stalled says why."
        case Gap.NOT_IN_EFFECT:
            return f"It counts from {format_time(promise.start)} on, as effective.fromTime says."
        case Gap.AWAITING_DATA:
            return "The first numbers come within ten minutes after Prometheus has loaded the rules."
        case Gap.RULES_NOT_LOADED:
            return "Prometheus has not loaded its rules; the condition DataComplete says what to look at."
        case Gap.NO_DATA:
            return f"The rules are loaded, but Prometheus has no series {wanted}; correct the selector or the scraping."
        case Gap.PART_ABSENT:
            return f"{indicators.missing(promise.objective.indicator)}."
        case Gap.NO_TRAFFIC:
            return f"{promise.words.nothing} in the window, so there is nothing to judge."
        case Gap.TOO_FEW_EVENTS:
            return (
                f"There were fewer than {promise.min_events} {promise.words.things} in the window (minEvents), too few "
                "for a verdict; the numbers are shown all the same."
            )
        case Gap.MAINTENANCE:
            return "It is under maintenance, so nothing counts before that is over."
        case Gap.INCOMPLETE:
            if promise.holds:
                held = "as missingData says, that holds for the rest"
                return f"Less than 95% of the time was measured; {held}{_open(promise)}."
            return "Less than 95% of the time was measured, so there is no verdict until the gap has left the window."
