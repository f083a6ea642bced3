"""How much a service is asked for, by what is counted consumer by consumer: the voice of those who say nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from platform_contracts.kube.objects import Object
from platform_contracts.sla import indicators, periods, windows
from platform_contracts.sla.attainment import Measured
from platform_contracts.sla.promise import SeriesID
from platform_contracts.sla.readback import Measurements

# What is told follows a change of so much of itself.
_STEP = 0.1
_TOLD = ("requestsPerSecond", "callingConsumers")


class _Counted(NamedTuple):
    """An objective that tells the requests of consumers apart, and over how many seconds it has counted them."""

    series: SeriesID
    period: str | None
    seconds: float
    measurements: Measurements | None

    def rate(self, held: Sequence[str]) -> float:
        """Requests per second of a consumer that holds those namespaces."""
        assert self.measurements is not None
        counts = (self.measurements.of_consumer(self.series, name, self.period) for name in held)
        return sum(count[1] for count in counts if count is not None) / self.seconds


def section(
    slas: Iterable[Measured], consumers: Sequence[Sequence[str]], previous: Mapping[str, Any], now: datetime
) -> Object:
    """`requestsPerSecond` and `callingConsumers` of status.usage; {} where no objective tells apart who sent requests.

    `consumers` are the namespaces that each ready consumer holds, `previous` the present status.usage. Rates are means
    over the objectives' windows. A request may count in several objectives, in one about errors and in one about
    latency for example: of each consumer the one that counts most is taken. What cannot be read stays as it was told.
    """
    counted = [one for sla in slas for one in _counted(sla, now)]
    if not counted:
        return {}
    told = {name: previous[name] for name in _TOLD if name in previous}
    if any(one.measurements is None or not one.measurements.by_consumer for one in counted):
        return told
    rates = [max(one.rate(held) for one in counted) for held in consumers]
    total, calling = sum(rates), sum(rate > 0 for rate in rates)
    if len(told) == len(_TOLD) and told["callingConsumers"] == calling:
        before = float(told["requestsPerSecond"])
        if abs(total - before) <= _STEP * before:
            return told
    return {"requestsPerSecond": f"{total:.1f}" if total >= 1 else f"{total:.3f}", "callingConsumers": calling}


def _counted(sla: Measured, now: datetime) -> Iterator[_Counted]:
    metadata, spec = sla.sla["metadata"], sla.spec
    calendar = periods.calendar(spec.window.calendar, now) if spec.window.calendar else None
    began = windows.start(spec, sla.sla)
    since = calendar.running.start if calendar else now - timedelta(seconds=windows.length(spec.window))
    # In the first minutes there are no sums yet, and after them a few: no rate is told that only the start makes.
    seconds = max((now - max(since, began)).total_seconds(), windows.HOUR)
    for objective in spec.objectives:
        by_requests = objective.indicator.ratio or objective.indicator.latency
        if objective.consumer_label is not None and by_requests:
            identity = indicators.identity(objective, spec)
            series = SeriesID(metadata["namespace"], metadata["name"], objective.name, identity)
            yield _Counted(series, calendar.running.name if calendar else None, seconds, sla.measurements)
