"""What a MaintenanceWindow says, and which windows the consumers of its service are told of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platform_contracts.api.maintenance_window import MaintenanceWindowSpec
from platform_contracts.kube.kinds import CONFIG_MAP
from platform_contracts.kube.objects import Object
from platform_contracts.kube.plan import Plan
from platform_contracts.onboarding import consumer as planner
from platform_contracts.onboarding import maintenance
from platform_contracts.onboarding.inputs import Window, WindowInputs
from tests.onboarding.world import World, message, reason

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
START, END = datetime(2027, 3, 31, 22, 0, tzinfo=UTC), datetime(2027, 4, 1, 2, 0, tzinfo=UTC)
SPEC = {
    "serviceRef": {"name": "payments"},
    "startTime": "2027-04-01T00:00:00+02:00",
    "endTime": "2027-04-01T02:00:00Z",
    "reason": "The database is upgraded",
}
SECOND = timedelta(seconds=1)


def inputs(now: datetime = NOW, status: Object | None = None, **spec: str) -> WindowInputs:
    window: Object = {"metadata": {"name": "upgrade", "namespace": "platform", "generation": 1}}
    if status is not None:
        window["status"] = status
    read = MaintenanceWindowSpec.model_validate({**SPEC, **spec})
    return WindowInputs(window=window, spec=read, service={"metadata": {}}, provider=True, now=now)


def status(given: WindowInputs) -> Object:
    planned = maintenance.plan(given)
    assert planned.status is not None
    assert (planned.applies, planned.deletes) == ([], [])
    return planned.status


@pytest.mark.parametrize(
    ("now", "state", "next_look"),
    [
        (NOW, "Announced", START - NOW),
        (START - SECOND, "Announced", SECOND),
        (START, "Active", END - START),
        (END - SECOND, "Active", SECOND),
        (END, "Over", None),
        (END + timedelta(days=400), "Over", None),
    ],
)
def test_it_is_announced_then_active_then_over(now: datetime, state: str, next_look: timedelta | None) -> None:
    planned = maintenance.plan(inputs(now))
    assert planned.status is not None
    assert planned.status["state"] == state
    assert planned.requeue_after == next_look
    assert reason({"status": planned.status}, "Ready") == f"True/{state}"
    assert reason({"status": planned.status}, "Stalled") == f"False/{state}"


def test_the_times_are_said_in_utc() -> None:
    found = status(inputs())
    assert (found["startTime"], found["endTime"]) == ("2027-03-31T22:00:00Z", "2027-04-01T02:00:00Z")
    assert message({"status": found}) == (
        "platform/payments will be under maintenance from 2027-03-31 22:00 to 2027-04-01 02:00 UTC; its consumers read "
        "so in their status.notices from 14 days before, and are alerted from a day before."
    )


def test_a_plan_made_again_is_equal() -> None:
    first = status(inputs())
    assert status(inputs(NOW + SECOND, first)) == first
    active = status(inputs(START, first))
    assert status(inputs(START + SECOND, active)) == active


def test_the_announcement_counts_from_when_these_times_were_first_told() -> None:
    first = status(inputs())
    assert first["announcedTime"] == "2027-03-01T09:00:00Z"
    later = NOW + timedelta(days=1)
    # The same times written otherwise, and another reason, are no other window.
    kept = status(inputs(later, first, startTime="2027-03-31T22:00:00Z", reason="The database is moved"))
    assert kept["announcedTime"] == "2027-03-01T09:00:00Z"
    for change in ({"startTime": "2027-03-31T21:00:00Z"}, {"endTime": "2027-04-01T03:00:00Z"}):
        assert status(inputs(later, first, **change))["announcedTime"] == "2027-03-02T09:00:00Z"


def test_nobody_is_told_for_a_service_that_does_not_exist() -> None:
    stalled = {"status": status(replace(inputs(), service=None))}
    assert reason(stalled, "Stalled") == "True/ServiceNotFound"
    assert reason(stalled, "Ready") == "False/ServiceNotFound"
    assert reason(stalled, "Reconciling") == "False/ServiceNotFound"
    assert message(stalled) == (
        "There is no PlatformService platform/payments, so nobody is told of this maintenance; create the service, or "
        "a MaintenanceWindow that names one that exists (kubectl get platformservices -n platform)."
    )
    assert not {"state", "announcedTime", "startTime"} & stalled["status"].keys()


def test_nobody_is_told_where_the_namespace_is_no_providers() -> None:
    stalled = {"status": status(replace(inputs(), provider=False))}
    assert reason(stalled, "Stalled") == "True/NotAProvider"
    assert message(stalled).endswith("kubectl label namespace platform platformcontracts.io/provider=true")


def test_what_breaks_a_rule_that_is_younger_is_told() -> None:
    stalled = {"status": status(replace(inputs(), spec=None, invalid="spec.reason: must be one line."))}
    assert reason(stalled, "Stalled") == "True/InvalidSpec"
    assert message(stalled) == "spec.reason: must be one line."


def test_what_was_announced_once_stays_known_while_the_service_is_gone() -> None:
    first = status(inputs())
    gone = status(replace(inputs(NOW + SECOND, first), service=None))
    assert "state" not in gone
    back = status(inputs(NOW + 2 * SECOND, gone))
    assert (back["state"], back["announcedTime"]) == ("Announced", first["announcedTime"])


def window(start: datetime, end: datetime, name: str = "upgrade", why: str = "The database is upgraded.") -> Window:
    return Window(name, start, end, why)


def test_consumers_are_told_from_14_days_before_until_it_is_over() -> None:
    one = window(START, END)
    fortnight = timedelta(days=14)
    assert maintenance.told([one], START - fortnight - SECOND) == []
    for moment in (START - fortnight, START, END - SECOND):
        assert maintenance.told([one], moment) == [one]
    assert maintenance.told([one], END) == []


def test_the_next_window_comes_first_and_many_are_cut() -> None:
    windows = [window(START + timedelta(hours=hour), END + timedelta(days=1), f"w{hour}") for hour in range(20)]
    assert maintenance.told(reversed(windows), START) == windows[:15]


def test_consumers_are_looked_at_when_what_they_are_told_changes() -> None:
    one, now = window(START, END), NOW
    seen: list[Any] = []
    while (wait := maintenance.next_change([one], now)) is not None:
        now += wait
        seen.append(now)
    assert seen == [START - timedelta(days=14), START, END]


def test_what_consumers_read_before_and_meanwhile() -> None:
    one = window(START, START + timedelta(minutes=90))
    said = {"service": "platform/payments", "owner": "payments"}
    assert maintenance.message(one, **said, now=NOW) == (
        "platform/payments will be under maintenance from 2027-03-31 22:00 to 23:30 UTC: The database is upgraded; put "
        "off what cannot do without it, or ask its owner (team payments) for another time."
    )
    assert maintenance.message(one, **said, now=START) == (
        "platform/payments is under maintenance until 2027-03-31 23:30 UTC: The database is upgraded; what fails "
        "meanwhile may come from there, and its owner (team payments) can say more."
    )


# A consumer of the service


@dataclass
class Told:
    """A consumer in its world, given the windows of its service."""

    world: World = field(default_factory=World)
    windows: list[Window] = field(default_factory=lambda: [window(START, END)])

    def plan(self, consumer: Object) -> Plan:
        return planner.plan(replace(self.world.inputs(consumer), windows=self.windows))

    def settled(self, **service: Any) -> Object:
        """A consumer that has everything, before there were windows."""
        self.world.service(**service)
        return self.world.settle(self.world.consumer())

    def notices(self, consumer: Object) -> list[Object]:
        """What it reads now; the status is written."""
        plan = self.plan(consumer)
        self.world.carry_out(consumer, plan)
        assert plan.status is not None
        return list(plan.status.get("notices", ()))


def test_a_consumer_reads_of_it_beside_what_else_there_is() -> None:
    told = Told()
    told.world.now = START - timedelta(days=3)
    ending = told.settled()
    told.world.service(lifecycle="Deprecated", sunset={"time": "2028-01-01T00:00:00Z"})
    assert [notice["type"] for notice in told.notices(ending)] == ["Deprecated", "Maintenance"]


def test_a_notice_keeps_the_time_since_when_it_says_what_it_says() -> None:
    told = Told()
    told.world.now = START - timedelta(days=3)
    consumer = told.settled()
    (first,) = told.notices(consumer)
    assert first["time"] == "2027-03-28T22:00:00Z"
    told.world.later(hours=5)
    assert told.notices(consumer) == [first]
    told.world.now = START
    (active,) = told.notices(consumer)
    assert active["time"] == "2027-03-31T22:00:00Z"
    assert "is under maintenance until 2027-04-01 02:00 UTC" in active["message"]
    told.world.now = END
    assert told.notices(consumer) == []


@pytest.mark.parametrize(
    ("now", "next_look", "rules"),
    [
        (START - timedelta(days=15), timedelta(days=1), 0),
        (START - timedelta(days=14), timedelta(days=14), 1),
        (START, END - START, 1),
        (END, None, 0),
    ],
)
def test_it_is_looked_at_again_when_something_else_is_to_be_said(
    now: datetime, next_look: timedelta | None, rules: int
) -> None:
    told = Told()
    told.world.now = now
    plan = told.plan(told.settled())
    assert plan.requeue_after == next_look
    (written,) = (apply.obj for apply in plan.applies if apply.kind == CONFIG_MAP)
    assert str(written["data"]).count("ConsumerMaintenanceAhead") == rules


def test_who_is_not_let_in_is_not_told() -> None:
    told = Told()
    told.world.now = START
    told.world.service(onboarding={"allowedConsumers": {"from": "None"}})
    assert told.notices(told.world.consumer()) == []


def test_nobody_is_told_by_who_is_no_provider() -> None:
    told = Told()
    told.world.now = START
    consumer = told.settled()
    told.world.namespace("platform")
    assert told.notices(consumer) == []
