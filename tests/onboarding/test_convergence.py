"""Whatever happens to a consumer, and wherever the operator is stopped: quotas never add up to more than the plan's
budget, nothing is written into a namespace that is not the consumer's, and it comes to rest."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from platform_contracts.api.consumer_status import PlatformConsumerStatus
from platform_contracts.api.names import PLAN_LABEL
from platform_contracts.config import Guardrails
from platform_contracts.kube.conditions import is_true
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER, RESOURCE_QUOTA
from platform_contracts.kube.objects import Key, Object, key_of, labels, uid
from platform_contracts.kube.plan import Plan
from platform_contracts.kube.quantity import Quantity
from tests.onboarding.world import PLAN, World, reason

PLANS: dict[str, dict[str, str]] = {
    "small": {"requests.cpu": "1", "pods": "7"},
    "large": {"requests.cpu": "4", "pods": "20", "requests.memory": "3Gi"},
}
OWN_NAMES = ("team-a-a", "team-a-b", "team-a-c")
LEGACY = "legacy"
CONSENT = {"platformcontracts.io/consent": "team-a/payments"}

shares = st.none() | st.integers(min_value=1, max_value=33)
own = st.dictionaries(st.sampled_from(OWN_NAMES), shares, min_size=1, max_size=3)
entries = own | own | own | st.dictionaries(st.sampled_from((*OWN_NAMES[:2], LEGACY)), shares, min_size=1)
# What matters most comes often: other shares, and time to get there.
asks, left = st.tuples(st.just("asks"), entries), st.tuples(st.just("is left alone"))
events = st.one_of(
    asks,
    asks,
    asks,
    left,
    left,
    st.tuples(st.just("plan"), st.sampled_from(tuple(PLANS))),
    st.tuples(st.just("uses"), st.sampled_from((*OWN_NAMES, LEGACY)), st.integers(min_value=0, max_value=100)),
    st.tuples(st.just("counted")),
    st.tuples(st.just("deleted"), st.sampled_from((*OWN_NAMES, LEGACY))),
    st.tuples(st.just("consents"), st.booleans()),
    st.tuples(st.just("policy"), st.sampled_from(("Retain", "Delete"))),
    st.tuples(st.just("offers"), st.sampled_from((("small",), ("large",), ("small", "large")))),
    st.tuples(st.just("loses its status")),
    st.tuples(st.just("loses a quota"), st.sampled_from((*OWN_NAMES, LEGACY))),
    st.tuples(st.just("has a quota changed"), st.sampled_from((*OWN_NAMES, LEGACY)), st.sampled_from(("0", "2", "50"))),
    st.tuples(st.just("is let in"), st.booleans()),
    st.tuples(st.just("most namespaces"), st.sampled_from((1, 2, 3))),
    st.tuples(st.just("is looked at"), st.integers(min_value=0, max_value=9)),
)


def offer(*names: str, most: int = 3) -> Object:
    plans = [
        {
            **PLAN,
            "name": name,
            "quota": PLANS[name],
            "maxNamespaces": most,
            "limits": {"default": {"cpu": "100m", "memory": "64Mi"}},
        }
        for name in names
    ]
    return {"allowedConsumers": {"from": "All"}, "plans": plans}


class Cluster(World):
    """A world that is watched while the plans of one consumer are carried out in it."""

    def __init__(self) -> None:
        super().__init__(guardrails=Guardrails(max_plan_quota={"pods": "1000"}))
        self.live_service = self.service(onboarding=offer("small", "large"))
        self.live = self.consumer()
        self.given: set[str] = set()
        self.namespace(LEGACY)

    def happen(self, event: tuple[Any, ...]) -> None:
        match event:
            case ("asks", wanted):
                self.live["spec"]["namespaces"] = [
                    {
                        "name": name,
                        **({"sharePercent": share} if share else {}),
                        **({"source": "Adopt"} if name == LEGACY else {}),
                    }
                    for name, share in wanted.items()
                ]
            case ("plan", name):
                self.live["spec"]["planName"] = name
            case ("offers", names):
                self.live_service["spec"]["onboarding"] |= {"plans": offer(*names)["plans"]}
            case ("policy", policy):
                self.live_service["spec"]["onboarding"]["deletionPolicy"] = policy
            case ("uses", name, percent):
                self.use_percent(name, percent)
            case ("counted",):
                self.count_quotas()
            case ("deleted", name) if Key(NAMESPACE, None, name) in self.objects:
                self.delete(Key(NAMESPACE, None, name))
                if name == LEGACY:
                    self.namespace(LEGACY)
            case ("consents", consents) if not labels(self.get(NAMESPACE, None, LEGACY)):
                legacy = self.get(NAMESPACE, None, LEGACY)
                legacy["metadata"]["annotations"] = CONSENT if consents else {}
                self.given |= {uid(legacy)} if consents else set()
            case ("loses its status",):
                self.get(PLATFORM_CONSUMER, "team-a", "payments").pop("status", None)
            case ("loses a quota", name):
                self.objects.pop(Key(RESOURCE_QUOTA, name, "platform-contracts"), None)
            case ("has a quota changed", name, pods):
                quota = self.objects.get(Key(RESOURCE_QUOTA, name, "platform-contracts"))
                if quota:
                    quota["spec"] = {"hard": {**quota["spec"]["hard"], "pods": pods}}
            case ("is let in", allowed):
                source = "All" if allowed else "None"
                self.live_service["spec"]["onboarding"]["allowedConsumers"] = {"from": source}
            case ("most namespaces", most):
                offered = [plan["name"] for plan in self.live_service["spec"]["onboarding"]["plans"]]
                self.live_service["spec"]["onboarding"] |= {"plans": offer(*offered, most=most)["plans"]}
            case ("is left alone",):
                self.settle_all()
            case ("is looked at", stopped_after):
                self.look(stopped_after)
            case _:
                pass

    def use_percent(self, name: str, percent: int) -> None:
        """Pods start or stop: no more are let in than the API server goes by at this moment."""
        quota = self.objects.get(Key(RESOURCE_QUOTA, name, "platform-contracts"))
        enforced = (quota or {}).get("status", {}).get("hard", {})
        if quota and "pods" in enforced:
            used = Quantity.parse(quota["status"]["used"]["pods"])
            wanted = Quantity(Fraction(Quantity.parse(enforced["pods"]).value * percent // 100), "Decimal")
            quota["status"]["used"]["pods"] = str(wanted if percent else min(wanted, used))

    def look(self, stopped_after: int | None = None) -> Plan:
        """One reconciliation, of which only so many requests are carried out."""
        plan = self.plan(self.live)
        for write in self.writes(self.live, plan)[:stopped_after]:
            before, namespaces = self.in_force(), {uid(obj) for obj in self.of(NAMESPACE)}
            write()
            self.given |= {uid(obj) for obj in self.of(NAMESPACE)} - namespaces
            self.check(before)
        return plan

    def check(self, before: dict[str, Fraction]) -> None:
        """No request makes the quotas add up to more than a plan that the consumer is on or asks for."""
        consumer = self.get(PLATFORM_CONSUMER, "team-a", "payments")
        plans = {consumer["spec"]["planName"], consumer.get("status", {}).get("plan")} - {None}
        plans |= {marks[PLAN_LABEL] for marks in map(labels, self.of(NAMESPACE)) if PLAN_LABEL in marks}
        for resource, total in self.in_force().items():
            if total > before.get(resource, 0):
                bounds = [Quantity.parse(PLANS[name].get(resource, "0")).value for name in plans]
                assert total <= max(bounds), f"{resource}: {total}"

    def in_force(self) -> dict[str, Fraction]:
        """What the API server might let in by all quotas of the consumer together."""
        sums: dict[str, Fraction] = {}
        for quota in self.of(RESOURCE_QUOTA):
            for resource, amount in quota["spec"]["hard"].items():
                enforced = quota.get("status", {}).get("hard", {}).get(resource, amount)
                most = max(Quantity.parse(amount).value, Quantity.parse(enforced).value)
                sums[resource] = sums.get(resource, Fraction(0)) + most
        return sums

    def settle_all(self) -> Plan:
        """The plans until nothing changes any more."""
        for _ in range(12):
            self.count_quotas()
            before = copy.deepcopy(self.objects)
            plan = self.look()
            if self.objects == before:
                return plan
        raise AssertionError("the plans never come to rest")

    def check_children(self, plan: Plan) -> None:
        """Whatever is written lies in a namespace that was made for the consumer, or that once consented."""
        for item in plan.applies:
            key = key_of(item.kind, item.obj)
            if item.kind == NAMESPACE and item.uid is None:
                continue
            namespace = self.get(NAMESPACE, None, key.namespace or key.name)
            assert uid(namespace) in self.given, f"{key} is not the consumer's"


@settings(max_examples=200, deadline=None)
@given(entries, st.lists(events, max_size=12))
def test_nothing_leads_out_of_the_budget_or_into_a_strange_namespace_and_everything_comes_to_rest(
    first: dict[str, int | None],
    happening: list[tuple[Any, ...]],
) -> None:
    cluster = Cluster()
    cluster.happen(("asks", first))
    cluster.settle_all()
    for event in happening:
        cluster.happen(event)
        cluster.check_children(cluster.plan(cluster.live))
    plan = cluster.settle_all()
    assert plan.status is not None
    PlatformConsumerStatus.model_validate(plan.status)
    live = cluster.get(PLATFORM_CONSUMER, "team-a", "payments")
    assert plan.status == live["status"]
    cluster.later(seconds=30)
    again = cluster.plan(live)
    assert again.status == live["status"], "a later look at an unchanged world writes nothing"
    assert all(item.uid for item in again.applies)
    for entry in live["status"].get("namespaces", ()):
        if "quota" in entry and entry["state"] in ("Ready", "Retained"):
            assert cluster.hard(entry["name"]) == entry["quota"], "served or not, the quota is as it was put in force"
    if is_true(live, "Ready"):
        for resource, total in cluster.in_force().items():
            assert total <= Quantity.parse(PLANS[live["status"]["plan"]].get(resource, "1000")).value


three = st.tuples(shares, shares, shares)


@settings(max_examples=150, deadline=None)
@given(
    before=st.tuples(st.sampled_from(tuple(PLANS)), three),
    after=st.tuples(st.sampled_from(tuple(PLANS)), three),
    used=st.integers(min_value=0, max_value=100),
    stops=st.lists(st.integers(min_value=0, max_value=6), max_size=4),
)
def test_on_the_way_from_some_shares_to_others_the_budget_is_never_exceeded(
    before: tuple[str, Any], after: tuple[str, Any], used: int, stops: list[int]
) -> None:
    cluster = Cluster()
    for plan, division in (before, after):
        cluster.happen(("asks", dict(zip(OWN_NAMES, division, strict=True))))
        cluster.happen(("plan", plan))
        for stopped_after in stops:
            cluster.look(stopped_after)
        cluster.settle_all()
        cluster.use_percent(OWN_NAMES[0], used)
    # Nothing is used any more, so that everything fits, unless a share is too small for anything.
    cluster.use_percent(OWN_NAMES[0], 0)
    cluster.settle_all()
    live = cluster.get(PLATFORM_CONSUMER, "team-a", "payments")
    assert reason(live, "Ready") in ("True/Onboarded", "False/ShareTooSmall")
    assume(is_true(live, "Ready"))
    afresh = Cluster()
    afresh.happen(("asks", dict(zip(OWN_NAMES, after[1], strict=True))))
    afresh.happen(("plan", after[0]))
    afresh.settle_all()
    assert {name: cluster.hard(name) for name in OWN_NAMES} == {name: afresh.hard(name) for name in OWN_NAMES}
