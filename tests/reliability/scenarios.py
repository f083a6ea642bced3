"""What people do to a platform, each thing to be broken off at every single write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.process import wait_until
from harness.snapshot import Admin, Object, Ref
from tests.reliability.world import PLAN, World, contract, namespace, ratio

WAIT_SECONDS = 60.0
VIEWER: Object = {"name": "viewer", "clusterRoleName": "platformcontracts-viewer"}
PLANS = [
    {**PLAN, "roles": [*PLAN["roles"], VIEWER], "maxNamespaces": 3},
    {
        "name": "large",
        "quota": {"pods": "80", "secrets": "40"},
        "roles": [*PLAN["roles"], VIEWER],
        "maxNamespaces": 3,
        "network": "SameConsumer",
        "podSecurity": "Baseline",
    },
]
CONSENT = "platformcontracts.io/consent"
GUARD = "platform-contracts"


def members(team: str) -> list[Object]:
    """Two groups with a role each."""
    return [{"kind": "Group", "name": f"{team}-{role}s", "roleName": role} for role in ("developer", "viewer")]


class Market(World):
    """A service with two plans and an SLA, a consumer that it lists, and two teams that asked by themselves.

    One of these has a namespace, the other has three on shares of its plan. A third team asks later.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.shop, self.stock, self.late = (
            Ref("platformconsumers", self.team, name) for name in ("shop", "stock", "late")
        )
        self.stages = [f"{self.team}-stock-{stage}" for stage in ("dev", "test", "live")]
        self.places = [self.listed, self.asked, *self.stages]
        self.adopted = [f"{name}-legacy-{part}" for part in ("orders", "search")]

    def shares(self, *percents: int | None) -> list[Object]:
        """The namespaces of the team that has three, with these shares of its plan."""
        return [
            {"name": name, "environment": name.rpartition("-")[2], **({"sharePercent": percent} if percent else {})}
            for name, percent in zip(self.stages, percents, strict=True)
        ]

    def asks(self, ref: Ref, **spec: object) -> Object:
        """A PlatformConsumer; `spec` are fields that differ from what is usual here."""
        usual: Object = {
            "serviceRef": {"namespace": self.provider, "name": "shop"},
            "planName": "small",
            "members": members(ref.name),
        }
        if ref == self.stock:
            usual["namespaces"] = self.shares(20, 30, None)
        return contract("PlatformConsumer", ref.namespace, ref.name, usual | spec)

    def service_on(self, plan: str, **onboarding: object) -> Object:
        """The PlatformService with its own consumer on that plan; `onboarding` are fields that differ."""
        spec = {
            "owner": {"team": "shop"},
            "onboarding": {"allowedConsumers": {"from": "All"}, "plans": PLANS, **onboarding},
            "consumers": [{"name": "checkout", "team": "checkout", "planName": plan, "members": members("checkout")}],
        }
        return contract("PlatformService", self.provider, "shop", spec)

    def contracts(self, **onboarding: object) -> list[Object]:
        sla = {
            "serviceRef": {"name": "shop"},
            "effective": {"fromTime": "2099-01-01T00:00:00Z"},
            "objectives": [ratio()],
        }
        return [
            self.service_on("small", **onboarding),
            contract("SLA", self.provider, "shop", sla),
            self.asks(self.shop),
            self.asks(self.stock),
        ]


@dataclass(frozen=True)
class Scenario:
    """Something that people do in a world, once what was there before has come to rest.

    `begin` returns when everything is asked for, and may wait for the operator in between.
    """

    name: str
    before: Callable[[Admin, Market], None]
    begin: Callable[[Admin, Market], None]


def _homes(admin: Admin, world: Market) -> None:
    admin.apply(*world.homes())


def _onboarded(admin: Admin, world: Market) -> None:
    admin.apply(*world.homes(), *world.contracts())


def _to_be_deleted(admin: Admin, world: Market) -> None:
    admin.apply(*world.homes(), *world.contracts(deletionPolicy="Delete"))


def _with_old_namespaces(admin: Admin, world: Market) -> None:
    """Beside everything else there are namespaces whose people consent to their adoption."""
    _onboarded(admin, world)
    for name in world.adopted:
        old = namespace(name)
        old["metadata"]["annotations"] = {CONSENT: f"{world.late.namespace}/{world.late.name}"}
        admin.apply(old)


def _create(admin: Admin, world: Market) -> None:
    admin.apply(*world.contracts())


def _plan_change(admin: Admin, world: Market) -> None:
    admin.apply(*(world.asks(ref, planName="large") for ref in (world.shop, world.stock)), world.service_on("large"))


def _share_change(admin: Admin, world: Market) -> None:
    admin.apply(world.asks(world.stock, namespaces=world.shares(50, 10, None)))


def _drift(admin: Admin, world: Market) -> None:
    guards = ("resourcequotas", "networkpolicies")
    strays = [_second(admin.get(Ref(resource, world.asked, GUARD))) for resource in guards]
    for name in world.places:
        admin.patch(Ref("resourcequotas", name, GUARD), {"spec": {"hard": {"pods": "9999", "secrets": "1"}}})
        admin.delete(Ref("networkpolicies", name, GUARD))
        admin.delete(Ref("limitranges", name, GUARD))
        admin.delete(Ref("rolebindings", name, f"{GUARD}-developer"))
        admin.patch(Ref("rolebindings", name, f"{GUARD}-viewer"), {"subjects": []})
        admin.patch(Ref("namespaces", "", name), {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": None}}})
    reading = f"{GUARD}.{world.generated.name}"
    admin.patch(Ref("roles", world.provider, reading), {"rules": []})
    admin.delete(Ref("rolebindings", world.provider, reading))
    admin.apply(*strays)


def _second(obj: Object | None) -> Object:
    """Another one that says of itself that it is the operator's too."""
    assert obj is not None
    metadata = obj["metadata"]
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": {"name": f"{GUARD}-second", "namespace": metadata["namespace"], "labels": metadata["labels"]},
        "spec": obj["spec"],
    }


def _offboarding(admin: Admin, world: Market) -> None:
    for ref in (world.shop, world.stock):
        admin.delete(ref)
    admin.patch(world.service, {"spec": {"consumers": []}})


def _recreation(admin: Admin, world: Market) -> None:
    """Consumers go and come back under their names, in the namespaces that were kept for them."""
    for ref in (world.shop, world.stock):
        admin.delete(ref)
    for ref in (world.shop, world.stock):
        wait_until(lambda ref=ref: admin.get(ref) is None, WAIT_SECONDS, f"the end of {ref}")  # type: ignore[misc]
        admin.apply(world.asks(ref))


def _adoption(admin: Admin, world: Market) -> None:
    admin.apply(world.asks(world.late, namespaces=[{"name": name, "source": "Adopt"} for name in world.adopted]))


def _withdrawal(admin: Admin, world: Market) -> None:
    admin.delete(world.sla)


SCENARIOS = [
    Scenario("create", _homes, _create),
    Scenario("plan change", _onboarded, _plan_change),
    Scenario("share change", _onboarded, _share_change),
    Scenario("drift", _onboarded, _drift),
    Scenario("offboarding", _to_be_deleted, _offboarding),
    Scenario("re-creation", _onboarded, _recreation),
    Scenario("adoption", _with_old_namespaces, _adoption),
    Scenario("withdrawal", _onboarded, _withdrawal),
]
