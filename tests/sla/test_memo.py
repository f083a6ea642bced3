"""Plans that remember what they made before say the same as plans that make everything anew, and render no rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.api.schedule import Interval
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import Rules
from platform_contracts.controllers.specs import Specs
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import PROMETHEUS_RULE, SLA
from platform_contracts.kube.objects import Object
from platform_contracts.sla import rules
from platform_contracts.sla.exclusions.planned import Planned
from platform_contracts.sla.memo import Memo
from platform_contracts.sla.plan import SLAInputs, plan
from tests.sla import world
from tests.sla.world import NOW

MONTH = {"period": "Month", "timeZone": "Europe/Berlin"}
TERMS = {"noticeSeconds": 7200, "maxSecondsPerPeriod": 14400}


def held(given: SLAInputs) -> SLAInputs:
    """The same world with the rules as the operator's store holds them."""
    ((kind, obj),) = given.live_rules
    store = Store()
    store.digest(kind)
    return replace(given, live_rules=[(kind, store.slim(kind, obj))])


def in_place(spec: Object | None = None) -> SLAInputs:
    """A world in which the rules of an SLA are written."""
    given = world.inputs(world.sla(spec))
    return held(world.written(given, plan(given).applies[0].obj))


def rendered(given: SLAInputs, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many objectives' rules are rendered by a plan."""
    made: list[object] = []
    original = rules.groups
    with monkeypatch.context() as patch:
        patch.setattr(rules, "groups", lambda *given: made.append(given) or original(*given))
        plan(given)
    return len(made)


def histories() -> Iterator[tuple[str, list[SLAInputs]]]:
    """Worlds of one generation of an SLA, one after the other."""
    given = in_place()
    yield "numbers come", [given, replace(given, measurements=world.measured(given))]
    yield "the service changes hands", [given, replace(given, service_spec=service("checkout"))]
    yield "the labels of rules change", [given, replace(given, rules_config=Rules(labels={"team": "sre"}))]
    yield "PrometheusRules are not served any more", [given, replace(given, prometheus_rule_available=False)]
    yield (
        "the data source is scraped otherwise",
        [
            given,
            replace(given, source=world.SOURCE.model_copy(update={"scrape_interval_seconds": 60})),
        ],
    )
    yield "the feedback link changes", [given, replace(given, feedback={"submitURL": "https://feedback.example.com"})]
    kept = in_place(world.sla_spec(maintenance=TERMS))
    begin = NOW + timedelta(hours=3)
    window = Planned("upgrade", NOW - timedelta(days=5), (Interval(begin, begin + timedelta(hours=1)),), False)
    announced = replace(kept, maintenance=[window])
    later = [replace(announced, now=NOW + timedelta(hours=hours)) for hours in (3, 4, 6)]
    yield "maintenance is announced, begins and ends", [kept, announced, *later]
    month = in_place(world.sla_spec(calendar=MONTH))
    rollover = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    yield (
        "a month ends",
        [
            month,
            replace(month, now=rollover - timedelta(seconds=1)),
            replace(month, now=rollover + timedelta(seconds=1)),
        ],
    )


def service(team: str) -> PlatformServiceSpec:
    return PlatformServiceSpec.model_validate({"owner": {"team": team}})


@pytest.mark.parametrize("worlds", [pytest.param(worlds, id=name) for name, worlds in histories()])
def test_a_plan_says_the_same_whatever_it_remembers(worlds: list[SLAInputs]) -> None:
    memo = Memo()
    for given in worlds:
        remembering, anew = plan(replace(given, memo=memo)), plan(replace(given, memo=Memo()))
        assert remembering == anew
        assert plan(replace(given, memo=memo)) == anew, "and once more, when all of it is remembered"


@pytest.mark.parametrize("worlds", [pytest.param(worlds, id=name) for name, worlds in histories()])
def test_what_is_in_place_is_neither_rendered_nor_written_again(
    worlds: list[SLAInputs], monkeypatch: pytest.MonkeyPatch
) -> None:
    for given in worlds:
        applied = next(iter(plan(given).applies), None)
        settled = held(world.written(given, applied.obj, applied.kind)) if applied else given
        assert plan(settled).applies == []
        assert rendered(settled, monkeypatch) == 0, "the last plan knew it"


def test_rules_that_somebody_changed_are_rendered_and_written_again() -> None:
    given = in_place()
    assert plan(given).applies == []
    ((kind, live),) = given.live_rules
    edited = replace(given, live_rules=[(kind, {**live, "digest": "another"})])
    unlabelled = replace(given, live_rules=[(kind, {**live, "metadata": {**live["metadata"], "labels": {}}})])
    for changed in (edited, unlabelled):
        (applied,) = plan(changed).applies
        assert (applied.kind, applied.uid) == (PROMETHEUS_RULE, "rules-uid")
        assert applied.obj["spec"]["groups"] == world.groups()


def test_another_generation_begins_with_nothing_remembered() -> None:
    """What is remembered goes with the generation of a spec, as its parsed form does."""
    specs, first, second = Specs(), world.sla(), world.sla(generation=2)
    memo = specs.memo(SLA, first)
    assert specs.memo(SLA, first) is memo
    assert specs.get(SLA, first, SLASpec)[0] is not None
    assert specs.memo(SLA, second) is not memo
