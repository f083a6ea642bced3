"""Slices of time that are good or bad as a whole, over a day: 1,440 minutes. The budget is in minutes.

A slice begins at whatever second Prometheus evaluates. With a scrape every 20 s a minute has three, so that of the two
slices that the edge of an incident cuts, or that share an incident's two edges, exactly one has more than half of it:
where a slice may be half bad, the bad minutes are the incident's own to the minute.
"""

from __future__ import annotations

from typing import Any

from platform_contracts.kube.objects import Object
from tests.sla import world
from tests.truth.history import during, gauge, requests, steady
from tests.truth.row import END, OWN, Answer, Row, ratio

HALF = "50"


def row(name: str, objective: Object, history: Any, state: str, **answer: Any) -> Row:
    """A row whose budget is in minutes."""
    return Row(name, objective, history, Answer(state, unit="Minutes", **answer), step=20)


def without_traffic(policy: str, state: str, **answer: Any) -> Row:
    """No traffic for half of the day, but for a request now and then; and half an hour in which all fail."""
    return row(
        f"no traffic is {policy}",
        ratio("95", **world.timeslices(HALF, noTraffic=policy), minEvents=16),
        requests(during(6, 18, 0, otherwise=10), during(20, 20.5, 10)),
        state,
        **answer,
    )


def threshold(metric: str, operator: str, value: str, measure: str = "Value", **fields: Any) -> Object:
    """An objective at 95 % that a metric of the row keeps to a threshold."""
    selector = f'{metric}{{row="{OWN}"}}'
    indicator = {"metric": selector, "measure": measure, "operator": operator, "value": value}
    return world.objective("it", "95", {"threshold": indicator}, **fields)


def last_success(hour: float) -> float:
    """The Unix time of the last success of a job that succeeds every hour but at 7, 8 and 9."""
    succeeded = hour // 1
    return END.timestamp() + 3600 * ((6 if 6 <= succeeded < 10 else succeeded) - 24)


PROBE = {"probe": {"metric": f'probe_success{{row="{OWN}"}}'}}

ROWS = [
    row(
        "ten minutes without an answer",
        ratio("99", **world.timeslices(HALF)),
        requests(during(8, 16, 100, otherwise=10), during(12, 12 + 1 / 6, 100)),
        "Met",
        events=1440,
        bad=10,
        sli=100 - 100 * 10 / 1440,
        remaining=30.56,
    ),
    row(
        "ten minutes of the night weigh as much",
        ratio("99", **world.timeslices(HALF)),
        requests(during(8, 16, 100, otherwise=10), during(2, 2 + 1 / 6, 10)),
        "Met",
        events=1440,
        bad=10,
        sli=100 - 100 * 10 / 1440,
        remaining=30.56,
    ),
    row(
        "minutes in which exactly one in twenty fails are good",
        ratio("99", **world.timeslices("95")),
        requests(steady(20), during(12, 14, 1)),
        "Met",
        events=1440,
        bad=0,
        sli=100,
        remaining=100,
    ),
    row(
        "minutes in which more than one in twenty fails are bad",
        ratio("90", **world.timeslices("95")),
        requests(steady(19), during(12, 14, 1)),
        "AtRisk",
        events=1440,
        bad=120,
        # The incident's edges may cut a slice each, and a third of it is good enough.
        bad_within=1.01,
        sli=100 - 100 * 120 / 1440,
        within=0.07,
    ),
    row(
        "slices of five minutes",
        ratio("95", **world.timeslices(HALF, seconds=300)),
        requests(steady(100), during(12, 12.5, 100)),
        "Met",
        events=288,
        bad=30,
        sli=100 - 100 * 30 / 1440,
        remaining=58.33,
    ),
    row(
        "slices of three minutes",
        ratio("95", **world.timeslices(HALF, seconds=180)),
        requests(steady(100), during(12, 12.5, 100)),
        "Met",
        events=480,
        bad=30,
        sli=100 - 100 * 30 / 1440,
        remaining=58.33,
    ),
    row(
        "a minute in a slice of five is not half of it",
        ratio("95", **world.timeslices(HALF, seconds=300)),
        requests(steady(100), during(12, 12 + 1 / 60, 100)),
        "Met",
        events=288,
        bad=0,
        sli=100,
    ),
    without_traffic("Good", "Met", events=1440, bad=30, sli=100 - 100 * 30 / 1440, remaining=58.33),
    without_traffic("Exclude", "AtRisk", events=720, bad=30, sli=100 - 100 * 30 / 720, remaining=16.67),
    without_traffic("Bad", "Breached", events=1440, bad=750, sli=100 - 100 * 750 / 1440, remaining=-941.67),
    row(
        "an hour without scrapes is no time without traffic",
        ratio("95", **world.timeslices(HALF, noTraffic="Bad")),
        requests(steady(10), during(12, 12.5, 10), gaps=[(6, 7)]),
        "Met",
        bad=30,
        sli=100 - 100 * 30 / 1380,
        within=0.01,
        coverage=0.96,
    ),
    row(
        "an hour without data is bad where the promise says so",
        ratio("90", **world.timeslices(HALF), missingData="Bad"),
        requests(steady(10), during(12, 12.5, 10), gaps=[(6, 7)]),
        "Met",
        events=1440,
        # The first two minutes after the gap see fewer than two samples, or the last before it.
        bad=90,
        bad_within=2,
        sli=100 - 100 * 90 / 1440,
        within=0.14,
    ),
    row(
        "nothing is bad where the promise says so",
        ratio("90", **world.timeslices(HALF), missingData="Bad"),
        [],
        "Breached",
        events=1440,
        bad=1440,
        sli=0,
        remaining=-900,
    ),
    row(
        "minutes with failed probes",
        world.objective("it", "99", PROBE, **world.timeslices(HALF)),
        gauge("probe_success", during(6, 6.1, 0, otherwise=1)),
        "Met",
        events=1440,
        bad=6,
        sli=100 - 100 * 6 / 1440,
        remaining=58.33,
    ),
    row(
        "saturation above its threshold",
        threshold("load", "AtMost", "0.75"),
        gauge("load", during(6, 6.5, 1, otherwise=0.5)),
        "Met",
        events=1440,
        bad=30,
        sli=100 - 100 * 30 / 1440,
        remaining=58.33,
    ),
    row(
        "one of two series above the threshold",
        threshold("load", "LessThan", "0.75"),
        [
            *gauge("load", steady(0.5), labels={"node": "a"}),
            *gauge("load", during(6, 6.5, 1, otherwise=0.5), labels={"node": "b"}),
        ],
        "Met",
        events=1440,
        bad=30,
        sli=100 - 100 * 30 / 1440,
    ),
    row(
        "one of two series may be above the threshold",
        threshold("load", "LessThan", "0.75", timeslice={"target": "50"}),
        [
            *gauge("load", steady(0.5), labels={"node": "a"}),
            *gauge("load", during(6, 6.5, 1, otherwise=0.5), labels={"node": "b"}),
        ],
        "Met",
        events=1440,
        bad=0,
        sli=100,
    ),
    row(
        "throughput below its threshold",
        threshold("http_requests_total", "GreaterThan", "0.375", measure="Rate"),
        requests(during(6, 6.5, 5, otherwise=10)),
        "Met",
        events=1440,
        bad=30,
        sli=100 - 100 * 30 / 1440,
        remaining=58.33,
    ),
    row(
        "data older than two hours",
        threshold("last_success", "AtMost", "7200", measure="Age"),
        gauge("last_success", last_success),
        "Breached",
        events=1440,
        bad=120,
        bad_within=1.01,
        sli=100 - 100 * 120 / 1440,
        within=0.07,
    ),
]
