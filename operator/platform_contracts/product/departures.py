"""Who left a service: by days since its last report, and how many within the last 90."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from platform_contracts.kube.objects import Object, parse_time
from platform_contracts.product.demand import PERIOD

_DAY = timedelta(days=1)
# The characters of a UID by which a report knows a consumer again.
_KNOWN_BY = 8


def short(uid: str) -> str:
    """A UID as a report has it."""
    return uid[:_KNOWN_BY]


def since(last: Object | None, present: Iterable[str], told: Sequence[Object], now: datetime) -> list[Object]:
    """`left`, by days, of the consumers that the last report knows.

    `present` are the UIDs of those that are there, `told` what the status says of the time since that report: whoever
    is not counted in it leaves today. Those of more than 90 days ago stand on the last of their days together.
    """
    known = last["spec"]["consumers"].get("known") or () if last else ()
    gone = len({*known} - {short(uid) for uid in present})
    found = {entry["day"]: entry["count"] for entry in sorted(told, key=_day)}
    more = gone - sum(found.values())
    if more > 0:
        today = str(_today(now))
        found[today] = found.get(today, 0) + more
    # Some are let in again: whoever left last is the likeliest.
    for day in sorted(found, reverse=True):
        back = min(found[day], max(-more, 0))
        found[day], more = found[day] - back, more + back
    old = [day for day in found if date.fromisoformat(day) <= _today(now) - PERIOD]
    if old:
        found[max(old)] = sum(found.pop(day) for day in old)
    return [{"day": day, "count": count} for day, count in sorted(found.items()) if count]


def lately(reports: Iterable[Object], left: Sequence[Object], now: datetime) -> tuple[int, datetime | None]:
    """How many left in the last 90 days, by the records of all reports and by `left`, that of the time since; and when
    time alone changes that."""
    days: Counter[date] = Counter()
    for entry in [*left, *(entry for report in reports for entry in _recorded(report))]:
        days[date.fromisoformat(entry["day"])] += entry["count"]
    counted = {day: count for day, count in days.items() if day > _today(now) - PERIOD}
    first = min(counted, default=None)
    until = datetime.combine(first + PERIOD, time(), UTC) if first else None
    return sum(counted.values()), until


def _recorded(report: Object) -> Sequence[Object]:
    """Who left in a period; where its report does not say when, at its end."""
    consumers, end = report["spec"]["consumers"], parse_time(report["spec"]["endTime"])
    last_day = str((end.astimezone(UTC) - _DAY).date())
    return consumers.get("left") or ([{"day": last_day, "count": consumers["lost"]}] if consumers["lost"] else ())


def _today(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _day(entry: Object) -> str:
    return str(entry["day"])
