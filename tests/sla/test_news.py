"""Which events an SLA's changes of state become: each transition once, and nothing that is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from platform_contracts.kube.events import Event, render
from platform_contracts.kube.kinds import SLA
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.plan import plan
from platform_contracts.sla.readback import Unavailable
from tests.sla import world

MET, AT_RISK, BREACHED = {"errors": 300}, {"errors": 800}, {"errors": 3000}


def written() -> SLAInputs:
    """A world whose rules are written."""
    given = world.inputs()
    return world.written(given, plan(given).applies[0].obj)


def after(given: SLAInputs, **counts: Any) -> tuple[SLAInputs, list[Event]]:
    """The world after an evaluation with its status written, and what was told of it."""
    given = replace(given, measurements=world.measured(given, **counts))
    planned = plan(given)
    return world.with_status(given, planned.status), list(planned.events)


def test_a_new_sla_that_is_unknown_is_no_news() -> None:
    assert plan(world.inputs()).events == ()
    assert plan(written()).events == ()


@pytest.mark.parametrize(
    ("counts", "warning", "message"),
    [
        (
            [MET],
            False,
            "From Unknown to Met: 1 Met; availability 99.9700% of 99.9%, budget 70.0%. 70.0% of the error budget "
            "is left.",
        ),
        (
            [MET, AT_RISK],
            True,
            "From Met to AtRisk: 1 AtRisk; availability 99.9200% of 99.9%, budget 20.0%. Only 20.0% of the error "
            "budget is left; put off risky changes until it recovers.",
        ),
        (
            [MET, BREACHED],
            True,
            "From Met to Breached: 1 Breached; availability 99.7000% of 99.9%, budget -200.0%. The error budget is "
            "overspent (-200.0%); put reliability first until it recovers.",
        ),
        (
            [BREACHED, MET],
            False,
            "From Breached to Met: 1 Met; availability 99.9700% of 99.9%, budget 70.0%. 70.0% of the error budget "
            "is left.",
        ),
    ],
)
def test_a_transition_is_told_with_its_numbers_and_what_to_do(
    counts: list[dict[str, Any]], warning: bool, message: str
) -> None:
    given, events = written(), list[Event]()
    for one in counts:
        given, events = after(given, **one)
    (event,) = events
    assert event.reason == given.sla["status"]["state"]
    assert (event.warning, event.message) == (warning, message)


def test_the_same_state_with_other_numbers_is_no_news() -> None:
    given, _ = after(written(), errors=300)
    given, events = after(given, errors=400)
    assert events == []


def test_a_restart_is_no_news() -> None:
    """Before the data source was asked again the last state stands; and asked again it says the same."""
    given, _ = after(written(), **BREACHED)
    assert plan(replace(given, measurements=None)).events == ()
    assert after(given, **BREACHED)[1] == []


def test_a_data_source_that_stays_away_makes_the_state_unknown_once() -> None:
    given, _ = after(written(), **MET)
    away = Unavailable("PrometheusUnavailable", "Prometheus cannot be reached", given.now - world.timedelta(minutes=16))
    planned = plan(replace(given, measurements=away))
    assert [event.reason for event in planned.events] == ["Unknown"]
    assert plan(replace(world.with_status(given, planned.status), measurements=away)).events == ()


def test_an_event_is_named_after_what_it_tells() -> None:
    """The same change bears the same name however often it is tried; a later one bears another."""
    sla = world.sla(resourceVersion="7")
    event = Event("Breached", "From Met to Breached.", warning=True)
    made = render(event, SLA, sla, world.NOW)
    assert render(event, SLA, sla, world.NOW + world.timedelta(minutes=1))["metadata"] == made["metadata"]
    assert render(event, SLA, world.sla(resourceVersion="9"), world.NOW)["metadata"] != made["metadata"]
    assert made["metadata"]["namespace"] == made["regarding"]["namespace"] == "platform"
    long = render(Event("Breached", "x" * 2000), SLA, sla, world.NOW)
    assert len(long["note"]) == 1024
