"""Carrying out a plan on a real API server: creates by POST, corrects what is ours as a whole, takes nothing over."""

from __future__ import annotations

from typing import Any

import pytest

from platform_contracts.engine.apply import Applier, NameTakenError
from platform_contracts.engine.client import KubernetesClient
from platform_contracts.engine.errors import ApiError, ConflictError
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import CONFIG_MAP, RESOURCE_QUOTA, ROLE_BINDING
from platform_contracts.kube.objects import Object, manifest
from platform_contracts.kube.plan import Apply, Delete, Plan


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def applier(client: KubernetesClient, store: Store) -> Applier:
    return Applier(client, store, writable={RESOURCE_QUOTA, ROLE_BINDING, CONFIG_MAP}, manager="platform-contracts")


def quota(namespace: str, **hard: str) -> Object:
    return manifest(RESOURCE_QUOTA, "q", namespace, labels={"ours": "yes"}, spec={"hard": hard})


def live(store: Store, namespace: str, kind: Any = RESOURCE_QUOTA, name: str = "q") -> Object:
    obj = store.get(kind, namespace, name)
    assert obj is not None
    return obj


async def test_the_first_write_is_one_post_and_the_second_time_nothing_is_sent(
    applier: Applier, store: Store, namespace: str
) -> None:
    assert await applier.carry_out(Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="10"))])) == 1
    uid = live(store, namespace)["metadata"]["uid"]
    assert await applier.carry_out(Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="10"), uid)])) == 0


async def test_a_changed_value_is_one_apply(applier: Applier, store: Store, namespace: str) -> None:
    await applier.carry_out(Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="10"))]))
    uid = live(store, namespace)["metadata"]["uid"]
    assert await applier.carry_out(Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="20"), uid)])) == 1
    assert live(store, namespace)["spec"]["hard"] == {"pods": "20"}


async def test_what_the_first_post_set_goes_when_the_plan_no_longer_says_it(
    applier: Applier, store: Store, namespace: str
) -> None:
    """managedFields gives a POST's fields to another manager than an apply's, so an apply alone would leave them."""
    await applier.carry_out(Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="10", secrets="5"))]))
    uid = live(store, namespace)["metadata"]["uid"]
    plan = Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="10"), uid)])
    await applier.carry_out(plan)
    assert live(store, namespace)["spec"]["hard"] == {"pods": "10"}
    assert await applier.carry_out(plan) == 0


async def test_what_somebody_added_to_a_field_that_is_ours_goes(
    applier: Applier, client: KubernetesClient, store: Store, namespace: str
) -> None:
    await applier.carry_out(Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="10"))]))
    uid = live(store, namespace)["metadata"]["uid"]
    patch: Object = {"spec": {"hard": {"secrets": "1"}}, "metadata": {"labels": {"theirs": "kept"}}}
    store.observe(RESOURCE_QUOTA, await client.merge(RESOURCE_QUOTA, namespace, "q", patch))
    await applier.carry_out(Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="10"), uid)]))
    assert live(store, namespace)["spec"]["hard"] == {"pods": "10"}
    assert live(store, namespace)["metadata"]["labels"] == {"ours": "yes", "theirs": "kept"}


async def test_a_label_of_ours_that_the_plan_no_longer_wants_goes_in_one_write(
    applier: Applier, client: KubernetesClient, store: Store, namespace: str
) -> None:
    first = manifest(RESOURCE_QUOTA, "q", namespace, labels={"ours": "yes", "gone": "soon"})
    first["spec"] = quota(namespace, pods="10")["spec"]
    await applier.carry_out(Plan(applies=[Apply(RESOURCE_QUOTA, first)]))
    patch: Object = {"metadata": {"labels": {"theirs": "kept"}}}
    store.observe(RESOURCE_QUOTA, await client.merge(RESOURCE_QUOTA, namespace, "q", patch))
    uid = live(store, namespace)["metadata"]["uid"]
    plan = Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="10"), uid, ("gone",))])
    assert await applier.carry_out(plan) == 1
    assert live(store, namespace)["metadata"]["labels"] == {"ours": "yes", "theirs": "kept"}
    assert await applier.carry_out(plan) == 0


async def test_a_list_that_is_ours_is_put_right_as_a_whole(applier: Applier, store: Store, namespace: str) -> None:
    def binding(*names: str) -> Object:
        return manifest(
            ROLE_BINDING,
            "b",
            namespace,
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            subjects=[{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name} for name in names],
        )

    await applier.carry_out(Plan(applies=[Apply(ROLE_BINDING, binding("ann", "bob"))]))
    uid = live(store, namespace, ROLE_BINDING, "b")["metadata"]["uid"]
    plan = Plan(applies=[Apply(ROLE_BINDING, binding("bob"), uid)])
    await applier.carry_out(plan)
    assert [subject["name"] for subject in live(store, namespace, ROLE_BINDING, "b")["subjects"]] == ["bob"]
    assert await applier.carry_out(plan) == 0


async def test_a_taken_name_is_a_conflict_and_the_next_plan_can_see_whose_it_is(
    applier: Applier, client: KubernetesClient, store: Store, namespace: str
) -> None:
    store.keep(RESOURCE_QUOTA, lambda obj: False)
    theirs = manifest(RESOURCE_QUOTA, "q", namespace, spec={"hard": {"pods": "1"}})
    await client.create(RESOURCE_QUOTA, theirs)
    with pytest.raises(NameTakenError):
        await applier.carry_out(Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="99"))]))
    assert live(store, namespace)["spec"]["hard"] == {"pods": "1"}


async def test_an_object_re_created_by_somebody_else_is_not_touched(
    applier: Applier, client: KubernetesClient, store: Store, namespace: str
) -> None:
    await applier.carry_out(Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="10"))]))
    uid = live(store, namespace)["metadata"]["uid"]
    await client.delete(RESOURCE_QUOTA, namespace, "q", uid=uid)
    await client.create(RESOURCE_QUOTA, manifest(RESOURCE_QUOTA, "q", namespace, spec={"hard": {"pods": "1"}}))
    with pytest.raises(ApiError):
        await applier.carry_out(Plan(applies=[Apply(RESOURCE_QUOTA, quota(namespace, pods="20"), uid)]))
    with pytest.raises(ConflictError):
        await applier.carry_out(Plan(deletes=[Delete(RESOURCE_QUOTA, namespace, "q", uid)]))
    assert (await client.get(RESOURCE_QUOTA, namespace, "q"))["spec"]["hard"] == {"pods": "1"}


async def test_deleting_what_is_gone_already_is_no_error(applier: Applier, namespace: str) -> None:
    assert await applier.carry_out(Plan(deletes=[Delete(CONFIG_MAP, namespace, "none", "some-uid")])) == 1


async def test_a_kind_that_the_operator_does_not_write_is_refused_whatever_a_plan_says(
    client: KubernetesClient, store: Store, namespace: str
) -> None:
    applier = Applier(client, store, writable={RESOURCE_QUOTA}, manager="platform-contracts")
    with pytest.raises(PermissionError):
        await applier.carry_out(Plan(applies=[Apply(CONFIG_MAP, manifest(CONFIG_MAP, "c", namespace))]))
    with pytest.raises(PermissionError):
        await applier.carry_out(Plan(deletes=[Delete(CONFIG_MAP, namespace, "c", "uid")]))


async def test_an_apply_without_a_uid_is_never_sent(client: KubernetesClient, namespace: str) -> None:
    with pytest.raises(ValueError, match="without a UID"):
        await client.apply(RESOURCE_QUOTA, quota(namespace, pods="1"), manager="platform-contracts")


async def test_an_object_that_the_store_holds_as_a_digest_is_corrected_as_a_whole(
    applier: Applier, client: KubernetesClient, store: Store, namespace: str
) -> None:
    store.digest(CONFIG_MAP)
    rules = manifest(CONFIG_MAP, "rules", namespace, labels={"ours": "yes"}, data={"a.yaml": "1", "b.yaml": "2"})
    await applier.carry_out(Plan(applies=[Apply(CONFIG_MAP, rules)]))
    held = live(store, namespace, CONFIG_MAP, "rules")
    assert "data" not in held
    fewer = manifest(CONFIG_MAP, "rules", namespace, labels={"ours": "yes"}, data={"a.yaml": "1"})
    plan = Plan(applies=[Apply(CONFIG_MAP, fewer, held["metadata"]["uid"])])
    await applier.carry_out(plan)
    assert (await client.get(CONFIG_MAP, namespace, "rules"))["data"] == {"a.yaml": "1"}
    assert await applier.carry_out(plan) == 0
    theirs: Object = {"data": {"c.yaml": "3"}, "binaryData": {"d": "AAAA"}}
    store.observe(CONFIG_MAP, await client.merge(CONFIG_MAP, namespace, "rules", theirs))
    await applier.carry_out(plan)
    after = await client.get(CONFIG_MAP, namespace, "rules")
    assert after["data"] == {"a.yaml": "1"}
    assert "binaryData" not in after
    assert await applier.carry_out(plan) == 0
