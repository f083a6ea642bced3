"""Which namespace a consumer may have, and whose the one is that is there: a namespace is its UID, not its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import pytest

from platform_contracts.config import Guardrails
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER, RESOURCE_QUOTA
from platform_contracts.kube.objects import Key, Object, labels, uid
from platform_contracts.onboarding import consumer as planner
from platform_contracts.onboarding import namespaces
from platform_contracts.onboarding.standing import marker
from tests.onboarding.world import OWN, World, message, reason


@pytest.mark.parametrize(
    "name",
    [
        "default",
        "kube-system",
        "kube-anything",
        "openshift-monitoring",
        "platform-contracts-system",
        "platform-rules",
        "argocd",
        "flux-system",
        "gatekeeper-system",
        "kyverno",
        "cert-manager",
        "capsule-system",
        "bank-core",
        "ledger",
        "monitoring",
        "ingress-nginx",
        "coredns",
    ],
)
def test_protected_namespaces_are_never_handed_out_whatever_else_is_allowed(name: str) -> None:
    guardrails = Guardrails(
        protected_namespaces=["bank-*", "ledger"], dns_namespaces=["coredns"], allowed_namespace_prefixes=[name[:3]]
    )
    problem = namespaces.check_name(name, "team-a", guardrails, OWN, field="spec.namespaces[0]")
    assert problem is not None
    assert problem.reason == "NamespaceProtected"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("team-a-payments", None),
        ("shared-team-a", None),
        ("team-b-payments", "NamespaceNameNotAllowed"),
        ("team-a", "NamespaceNameNotAllowed"),
        ("team-a-", "NamespaceNameInvalid"),
        ("team-apayments", "NamespaceNameNotAllowed"),
        ("team-a-pay.ments", "NamespaceNameInvalid"),
        ("team-a-" + "x" * 57, "NamespaceNameInvalid"),
        ("team-a-" + "x" * 56, None),
    ],
)
def test_names_lie_under_the_home_or_a_prefix_that_the_administrator_allows(name: str, expected: str | None) -> None:
    guardrails = Guardrails(allowed_namespace_prefixes=["shared-"])
    problem = namespaces.check_name(name, "team-a", guardrails, OWN, field="spec.namespaces[0]")
    assert (problem.reason if problem else None) == expected


def test_prefixes_nest_and_the_nearest_home_has_the_name() -> None:
    world = World()
    world.service()
    nested = world.consumer("a-payments", home="team")
    world.later(seconds=1)
    refused = world.plan(nested).status if world.namespace("team-a") else None
    assert refused is not None
    assert reason({"status": refused}, "Stalled") == "True/NamespaceNameNotAllowed"
    assert message({"status": refused}) == (
        "The namespace name team-a-payments starts with the name of another namespace than team, whose own teams may "
        "need it; set spec.namespaces[0].name to one that does not, for example team-app."
    )
    # It is elder, and does not keep the name from the one whose it is.
    assert reason(world.settle(world.consumer("payments", home="team-a")), "Ready") == "True/Onboarded"
    instead = world.settle(world.consumer("other", home="team", namespaces=[{"name": "team-app"}]))
    assert reason(instead, "Ready") == "True/Onboarded"


@pytest.mark.parametrize("then", ["stays", "is created again", "is deleted"])
def test_a_nearer_home_that_comes_later_takes_nothing_away(then: str) -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer("a-payments", home="team"))
    kept = uid(world.get(NAMESPACE, None, "team-a-payments"))
    world.namespace("team-a")
    match then:
        case "is created again":
            world.delete(Key(PLATFORM_CONSUMER, "team", "a-payments"))
            consumer = world.consumer("a-payments", home="team")
        case "is deleted":
            world.delete(Key(NAMESPACE, None, "team-a-payments"))
    settled = world.settle(consumer)
    if then == "is deleted":
        assert reason(settled, "Stalled") == "True/NamespaceNameNotAllowed"
    else:
        assert reason(settled, "Ready") == "True/Onboarded"
        assert settled["status"]["namespaces"][0]["uid"] == kept


def test_what_the_operator_made_is_no_home_that_names_could_be_kept_for() -> None:
    world = World(guardrails=Guardrails(allowed_namespace_prefixes=["shared-"]))
    world.service()
    world.settle(world.consumer(namespaces=[{"name": "shared-shop"}]))
    other = world.settle(world.consumer(home="team-b", namespaces=[{"name": "shared-shop-eu"}]))
    assert reason(other, "Ready") == "True/Onboarded"


def test_a_provider_makes_nothing_for_its_teams_under_the_name_of_another_namespace() -> None:
    world = World()
    world.namespace("platform-payments")
    entries = [{"name": "a", "team": "a", "planName": "small"}]
    world.settle_service(world.service(consumers=entries))
    generated = world.get(PLATFORM_CONSUMER, "platform", "payments-a")
    assert reason(generated, "Stalled") == "True/NamespaceNameNotAllowed"
    assert Key(NAMESPACE, None, "platform-payments-a") not in world.objects


@pytest.mark.parametrize(
    ("prefix", "there", "refused"),
    [
        ("shared-", "shared", False),
        ("shared-", "shared-shop", True),
        ("shared-shop-", "shared-shop", False),
        ("shared-sh", "shared-shop", True),
    ],
)
def test_a_prefix_of_the_administrators_goes_as_far_as_it_says(prefix: str, there: str, refused: bool) -> None:
    world = World(guardrails=Guardrails(allowed_namespace_prefixes=[prefix]))
    world.service()
    world.namespace(there)
    consumer = world.settle(world.consumer(namespaces=[{"name": "shared-shop-eu"}]))
    assert (reason(consumer, "Ready") == "True/Onboarded") is not refused


def test_a_home_of_the_right_name_gets_nothing_that_the_network_policies_of_all_trust() -> None:
    world = World()
    world.service()
    assert reason(world.settle(world.consumer("nginx", home="ingress")), "Stalled") == "True/NamespaceProtected"
    assert Key(NAMESPACE, None, "ingress-nginx") not in world.objects


def test_a_refused_name_is_said_with_one_that_works() -> None:
    world = World()
    world.service()
    refused = world.settle(world.consumer(namespaces=[{"name": "billing"}]))
    assert reason(refused, "Stalled") == "True/NamespaceNameNotAllowed"
    assert "set spec.namespaces[0].name to a name that does, for example team-a-app" in message(refused)
    assert refused["status"]["summary"] == "billing (Refused)"
    assert Key(NAMESPACE, None, "billing") not in world.objects


def test_a_name_that_is_taken_is_never_taken_over() -> None:
    world = World()
    world.service()
    theirs = world.namespace("team-a-payments", purpose="something else")
    plan = world.plan(world.consumer())
    assert (plan.applies, plan.deletes) == ([], [])
    assert plan.status is not None
    assert message({"status": plan.status}) == (
        "The namespace team-a-payments exists and was not made for this consumer, and nothing is taken over; choose "
        "another name in spec.namespaces[0].name."
    )
    assert world.get(NAMESPACE, None, "team-a-payments") == theirs


def made(world: World, consumer: Object) -> Object:
    """The namespace as the very first write leaves it: the status does not know it yet."""
    world.carry_out(consumer, world.plan(consumer))
    assert "status" not in world.get(PLATFORM_CONSUMER, "team-a", "payments")
    return world.get(NAMESPACE, None, "team-a-payments")


def test_a_crash_after_the_first_write_confuses_nothing() -> None:
    world = World()
    world.service()
    consumer = world.consumer()
    namespace = made(world, consumer)
    settled = world.settle(consumer)
    assert settled["status"]["namespaces"][0]["uid"] == uid(namespace)
    assert reason(settled, "Ready") == "True/Onboarded"


def test_a_deleted_namespace_is_forgotten_first_and_made_again_then() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer())
    for key in [key for key in world.objects if "team-a-payments" in (key.namespace, key.name)]:
        if key.kind is not PLATFORM_CONSUMER:
            del world.objects[key]
    forget = world.plan(consumer)
    assert (forget.applies, forget.requeue_after) == ([], timedelta(0))
    assert forget.status is not None
    assert forget.status["namespaces"][0] == {
        "name": "team-a-payments",
        "state": "Pending",
        "message": "The namespace team-a-payments was deleted and is being made again.",
    }
    assert reason({"status": forget.status}, "Reconciling") == "True/NamespaceDeleted"
    world.carry_out(consumer, forget)
    create = world.plan(consumer)
    assert [(item.kind, item.uid) for item in create.applies] == [(NAMESPACE, None)]
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"


@pytest.mark.parametrize("marked", [False, True])
def test_a_namespace_that_somebody_else_made_again_is_not_ours_whatever_its_labels_say(marked: bool) -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer())
    marks = labels(world.get(NAMESPACE, None, "team-a-payments")) if marked else {}
    for kind in (NAMESPACE,):
        del world.objects[Key(kind, None, "team-a-payments")]
    world.namespace("team-a-payments", **marks)
    plan = world.plan(consumer)
    assert (plan.applies, plan.deletes) == ([], [])
    assert plan.status is not None
    assert reason({"status": plan.status}, "Stalled") == "True/NamespaceConflict"
    assert "was deleted and re-created by somebody else" in message({"status": plan.status})


def test_losing_its_labels_does_not_end_enforcement() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer())
    before = labels(world.get(NAMESPACE, None, "team-a-payments")).copy()
    world.get(NAMESPACE, None, "team-a-payments")["metadata"]["labels"] = {"kept": "by somebody else"}
    del world.objects[Key(RESOURCE_QUOTA, "team-a-payments", "platform-contracts")]
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    assert labels(world.get(NAMESPACE, None, "team-a-payments")) == before | {"kept": "by somebody else"}
    assert len(world.of(RESOURCE_QUOTA)) == 1


def test_a_terminating_namespace_is_waited_for() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer())
    world.mark_deleting(NAMESPACE, world.get(NAMESPACE, None, "team-a-payments"))
    plan = world.plan(consumer)
    assert (plan.applies, plan.deletes) == ([], [])
    assert plan.status is not None
    assert reason({"status": plan.status}, "Reconciling") == "True/NamespaceTerminating"
    assert plan.status["summary"] == "team-a-payments (Terminating)"


def test_of_two_that_ask_for_one_name_the_elder_gets_it_and_the_other_does_not_learn_from_whom() -> None:
    world = World()
    world.service()
    elder = world.consumer("first", namespaces=[{"name": "team-a-shop"}])
    world.later(seconds=1)
    younger = world.consumer("second", namespaces=[{"name": "team-a-shop"}])
    for _ in range(2):
        refused = world.settle(younger)
        assert reason(refused, "Stalled") == "True/NamespaceConflict"
        assert message(refused).startswith("The namespace team-a-shop is held by another consumer;")
        assert "first" not in message(refused)
        assert reason(world.settle(elder), "Ready") == "True/Onboarded"


def test_with_equal_creation_times_the_uid_decides() -> None:
    world = World()
    world.service()
    one = world.consumer("one", namespaces=[{"name": "team-a-shop"}])
    two = world.consumer("two", namespaces=[{"name": "team-a-shop"}])
    assert uid(one) < uid(two)
    assert world.plan(two).applies == []
    assert len(world.plan(one).applies) == 1


def test_an_elder_that_was_not_let_in_keeps_no_name_from_others() -> None:
    world = World(guardrails=Guardrails(allowed_namespace_prefixes=["shared-"]))
    selector = {"from": "Selector", "selector": {"matchLabels": {"department": "retail"}}}
    service = world.service()
    service["spec"]["onboarding"] = {**service["spec"]["onboarding"], "allowedConsumers": selector}
    world.settle(world.consumer("payments", home="team-x", namespaces=[{"name": "shared-shop"}]))
    world.later(seconds=1)
    world.namespace("team-a", department="retail")
    assert reason(world.settle(world.consumer(namespaces=[{"name": "shared-shop"}])), "Ready") == "True/Onboarded"


@pytest.mark.parametrize("home", ["team-x", "team-a"], ids=["its name", "its place in the home"])
def test_an_elder_whose_service_is_not_there_keeps_nothing_from_others(home: str) -> None:
    world = World(guardrails=Guardrails(allowed_namespace_prefixes=["shared-"], max_namespaces_per_home=1))
    world.service()
    nowhere = {"namespace": "platform", "name": "nowhere"}
    squatter = world.consumer("first", home=home, serviceRef=nowhere, namespaces=[{"name": "shared-shop"}])
    assert reason(world.settle(squatter), "Approved") == "Unknown/NotDecided"
    world.later(seconds=1)
    assert reason(world.settle(world.consumer(namespaces=[{"name": "shared-shop"}])), "Ready") == "True/Onboarded"


def test_a_namespace_that_another_consumers_status_has_is_not_won_by_changing_its_labels() -> None:
    world = World(guardrails=Guardrails(allowed_namespace_prefixes=["shared-"]))
    world.service()
    holder = world.settle(world.consumer(namespaces=[{"name": "shared-shop"}]))
    thief = world.consumer(home="team-x", namespaces=[{"name": "shared-shop"}])
    live = world.get(NAMESPACE, None, "shared-shop")
    live["metadata"]["labels"] = labels(live) | marker(thief)
    assert "held by another consumer" in message(world.settle(thief))
    assert reason(world.settle(holder), "Ready") == "True/Onboarded"
    assert labels(world.get(NAMESPACE, None, "shared-shop"))["platformcontracts.io/consumer-uid"] == uid(holder)


def test_the_administrator_caps_the_namespaces_of_a_home_and_the_elder_ones_come_first() -> None:
    world = World(guardrails=Guardrails(max_namespaces_per_home=2))
    world.service()
    consumers = []
    for name in ("a", "b", "c"):
        consumers.append(world.consumer(name))
        world.later(seconds=1)
    outcomes = [reason(world.settle(consumer), "Ready") for consumer in reversed(consumers)]
    assert outcomes == ["False/NamespaceLimit", "True/Onboarded", "True/Onboarded"]
    assert "team-a has 2 namespaces on the platform, and this consumer asks for 1, where" in message(
        world.settle(consumers[2])
    )
    assert reason(world.settle(world.consumer("d", home="team-b")), "Ready") == "True/Onboarded"


class ByName(dict[str, Object]):
    """The Namespaces of a large cluster: there to be looked up, too many to be walked over for each consumer."""

    def _walk(self) -> NoReturn:
        raise AssertionError("a plan walks over all namespaces of the cluster")

    __iter__ = keys = values = items = _walk


@pytest.mark.parametrize("leaving", [False, True])
def test_no_plan_walks_over_the_namespaces_of_the_cluster(leaving: bool) -> None:
    world = World()
    world.service()
    settled, new = world.settle(world.consumer("a")), world.consumer("b")
    for consumer in (settled, new):
        inputs = world.inputs(consumer)
        inputs = replace(inputs, namespaces=ByName(inputs.namespaces))
        assert planner.plan_offboarding(inputs) if leaving else planner.plan(inputs).applies


def test_a_lower_cap_takes_no_namespace_away() -> None:
    world = World()
    world.service()
    consumers = [world.settle(world.consumer(name)) for name in ("a", "b")]
    world.guardrails = Guardrails(max_namespaces_per_home=1)
    assert [reason(world.settle(consumer), "Ready") for consumer in consumers] == ["True/Onboarded"] * 2


def test_another_tenancy_systems_namespace_is_not_ours_even_with_our_labels() -> None:
    world = World()
    world.service()
    consumer = world.consumer()
    marks = marker(consumer) | {"capsule.clastix.io/tenant": "oil"}
    world.namespace("team-a-payments", **marks)
    assert reason(world.settle(consumer), "Stalled") == "True/NamespaceConflict"


def test_nobody_learns_whether_a_namespace_exists_that_is_not_for_them() -> None:
    world = World()
    world.service()
    consumer = world.consumer(namespaces=[{"name": "treasury"}])
    absent = message(world.settle(consumer))
    world.namespace("treasury")
    assert message(world.settle(consumer)) == absent


def test_labels_put_on_a_protected_namespace_hand_it_to_nobody() -> None:
    world = World()
    world.service()
    consumer = world.consumer(namespaces=[{"name": "kube-system"}])
    world.namespace("kube-system", **marker(consumer))
    plan = world.plan(consumer)
    assert plan.applies == []
    assert reason({"status": plan.status}, "Stalled") == "True/NamespaceProtected"


def test_a_provider_has_a_cap_of_its_own_for_the_teams_that_it_lists() -> None:
    world = World(guardrails=Guardrails(max_namespaces_per_home=1, max_namespaces_per_provider=2))
    entries = [{"name": name, "team": name, "planName": "small"} for name in ("a", "b", "c")]
    service = world.settle_service(world.service(consumers=entries))
    consumers = [world.get(PLATFORM_CONSUMER, "platform", f"payments-{name}") for name in ("a", "b", "c")]
    assert [reason(consumer, "Ready") for consumer in consumers] == [
        "True/Onboarded",
        "True/Onboarded",
        "False/NamespaceLimit",
    ]
    assert service["status"]["consumers"]["summary"] == "2/3"
