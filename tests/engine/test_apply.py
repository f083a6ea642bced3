"""Carrying out a plan on a real API server: creates by POST, corrects what is ours as a whole, takes nothing over."""

from __future__ import annotations

from typing import Any

import pytest

from platform_contracts.engine.apply import Applier, NameTakenError
from platform_contracts.engine.client import KubernetesClient
from platform_contracts.engine.errors import ApiError, ConflictError, RefusedError
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import CONFIG_MAP, NAMESPACE, RESOURCE_QUOTA, ROLE_BINDING
from platform_contracts.kube.objects import Object, manifest
from platform_contracts.kube.plan import Apply, Delete, Plan


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def applier(client: KubernetesClient, store: Store) -> Applier:
    kinds = {RESOURCE_QUOTA, ROLE_BINDING, CONFIG_MAP}
    return Applier(client, store, writable=kinds, manager="platform-contracts", access={ROLE_BINDING})


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


def binding(namespace: str, *users: str, name: str = "b") -> Object:
    return manifest(
        ROLE_BINDING,
        name,
        namespace,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        subjects=[{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user} for user in users],
    )


async def test_a_list_that_is_ours_is_put_right_as_a_whole(applier: Applier, store: Store, namespace: str) -> None:
    await applier.carry_out(Plan(applies=[Apply(ROLE_BINDING, binding(namespace, "ann", "bob"))]))
    uid = live(store, namespace, ROLE_BINDING, "b")["metadata"]["uid"]
    plan = Plan(applies=[Apply(ROLE_BINDING, binding(namespace, "bob"), uid)])
    await applier.carry_out(plan)
    assert [subject["name"] for subject in live(store, namespace, ROLE_BINDING, "b")["subjects"]] == ["bob"]
    assert await applier.carry_out(plan) == 0


async def test_a_refusal_holds_up_neither_the_end_of_access_nor_the_rest_of_the_plan(
    applier: Applier, client: KubernetesClient, store: Store, namespace: str
) -> None:
    first = [binding(namespace, "ann", name="leaver"), binding(namespace, "ann", "bob", name="team")]
    await applier.carry_out(Plan(applies=[Apply(ROLE_BINDING, obj) for obj in first]))
    leaver, team = (live(store, namespace, ROLE_BINDING, name)["metadata"]["uid"] for name in ("leaver", "team"))
    plan = Plan(
        applies=[
            Apply(RESOURCE_QUOTA, quota(namespace, pods="-1")),
            Apply(CONFIG_MAP, manifest(CONFIG_MAP, "Refused_Too", namespace)),
            Apply(CONFIG_MAP, manifest(CONFIG_MAP, "later", namespace)),
            Apply(ROLE_BINDING, binding(namespace, "bob", name="team"), team),
        ],
        deletes=[Delete(ROLE_BINDING, namespace, "leaver", leaver)],
    )
    with pytest.raises(RefusedError, match="pods"):
        await applier.carry_out(plan)
    left = {item["metadata"]["name"]: item for item in (await client.list(ROLE_BINDING, namespace)).items}
    assert [subject["name"] for subject in left.pop("team")["subjects"]] == ["bob"]
    assert left == {}
    assert await client.get(CONFIG_MAP, namespace, "later")


async def test_one_refused_entry_of_a_list_of_access_does_not_hold_up_the_others(
    applier: Applier, client: KubernetesClient, namespace: str
) -> None:
    entries = [binding(namespace, name="%"), binding(namespace, "bob", name="bob")]
    with pytest.raises(RefusedError):
        await applier.carry_out(Plan(applies=[Apply(ROLE_BINDING, entry) for entry in entries]))
    assert await client.get(ROLE_BINDING, namespace, "bob")


async def test_nobody_is_let_in_where_what_guards_the_namespace_is_refused(
    applier: Applier, client: KubernetesClient, namespace: str
) -> None:
    guard = Apply(RESOURCE_QUOTA, quota(namespace, pods="-1"))
    with pytest.raises(RefusedError):
        await applier.carry_out(Plan(applies=[guard, Apply(ROLE_BINDING, binding(namespace, "ann"))]))
    assert (await client.list(ROLE_BINDING, namespace)).items == []


async def test_what_something_new_takes_the_place_of_stays_where_the_new_is_refused(
    applier: Applier, client: KubernetesClient, store: Store, namespace: str
) -> None:
    await applier.carry_out(Plan(applies=[Apply(CONFIG_MAP, manifest(CONFIG_MAP, "old", namespace))]))
    uid = live(store, namespace, CONFIG_MAP, "old")["metadata"]["uid"]
    new = Apply(CONFIG_MAP, manifest(CONFIG_MAP, "Refused_Name", namespace))
    with pytest.raises(RefusedError):
        await applier.carry_out(Plan(applies=[new], deletes=[Delete(CONFIG_MAP, namespace, "old", uid)]))
    assert await client.get(CONFIG_MAP, namespace, "old")


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


async def test_a_namespace_whose_labels_have_changed_since_is_not_deleted(
    client: KubernetesClient, store: Store, namespace: str
) -> None:
    applier = Applier(client, store, writable={NAMESPACE}, manager="platform-contracts")
    known = (await client.get(NAMESPACE, None, namespace))["metadata"]
    await client.merge(NAMESPACE, None, namespace, {"metadata": {"labels": {"ours": "no"}}})
    gone = Delete(NAMESPACE, None, namespace, known["uid"], known["resourceVersion"])
    with pytest.raises(ConflictError):
        await applier.carry_out(Plan(deletes=[gone]))
    assert "deletionTimestamp" not in (await client.get(NAMESPACE, None, namespace))["metadata"]


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


async def test_what_is_created_once_is_there_once_and_what_stands_there_stays(
    applier: Applier, store: Store, namespace: str
) -> None:
    first = manifest(CONFIG_MAP, "said", namespace, data={"words": "first"})
    assert await applier.create_once(CONFIG_MAP, first)
    assert not await applier.create_once(CONFIG_MAP, {**first, "data": {"words": "second"}})
    assert live(store, namespace, CONFIG_MAP, "said")["data"] == {"words": "first"}
    with pytest.raises(PermissionError, match="never writes a Namespace"):
        await applier.create_once(NAMESPACE, manifest(NAMESPACE, f"{namespace}-more"))
