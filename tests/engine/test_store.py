"""The store: whatever order events and lists arrive in, it ends up equal to the cluster."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import CONFIG_MAP
from platform_contracts.kube.objects import Key, Object, labels


def config_map(name: str, version: int, uid: str = "u1", **extra: Any) -> Object:
    return {"metadata": {"name": name, "namespace": "ns", "uid": uid, "resourceVersion": str(version)}, **extra}


def test_an_older_event_never_overwrites_a_newer_object() -> None:
    store = Store()
    store.observe(CONFIG_MAP, config_map("a", 5, data={"x": "new"}))
    assert not store.observe(CONFIG_MAP, config_map("a", 4, data={"x": "old"}))
    assert store.get(CONFIG_MAP, "ns", "a")["data"] == {"x": "new"}  # type: ignore[index]


def test_objects_share_the_words_that_they_all_say() -> None:
    store = Store()
    for name in ("a", "b"):
        told = {"conditions": [{"type": "Ready", "reason": "Onboarded", "message": "m" * 40 + name}]}
        store.observe(CONFIG_MAP, json.loads(json.dumps(config_map(name, 5, status=told))))
    first, second = (store.get(CONFIG_MAP, "ns", name) for name in ("a", "b"))
    assert first is not None
    assert second is not None
    assert first["status"]["conditions"][0]["message"].endswith("ma")
    for one, other in zip(words(first), words(second), strict=True):
        assert one is other or one != other or len(one) > 32


def words(value: Any) -> list[str]:
    """Every name and text in a value, in order."""
    if isinstance(value, dict):
        return [word for name, item in value.items() for word in (name, *words(item))]
    if isinstance(value, list):
        return [word for item in value for word in words(item)]
    return [value]


def test_a_late_event_does_not_bring_a_deleted_object_back() -> None:
    store = Store()
    store.observe(CONFIG_MAP, config_map("a", 5))
    store.remove(CONFIG_MAP, config_map("a", 7))
    assert not store.observe(CONFIG_MAP, config_map("a", 6))
    assert store.get(CONFIG_MAP, "ns", "a") is None


def test_the_late_deletion_of_a_predecessor_does_not_remove_its_successor() -> None:
    store = Store()
    store.observe(CONFIG_MAP, config_map("a", 9, uid="second"))
    assert not store.remove(CONFIG_MAP, config_map("a", 7, uid="first"))
    assert store.get(CONFIG_MAP, "ns", "a") is not None


def test_a_full_list_removes_what_was_deleted_in_a_gap_and_tells_about_it() -> None:
    store, told = Store(), []
    store.observe(CONFIG_MAP, config_map("a", 5))
    store.observe(CONFIG_MAP, config_map("b", 6))
    store.listen(CONFIG_MAP, lambda key, before, after, own: told.append((key.name, after is None)))
    assert store.replace(CONFIG_MAP, [config_map("b", 6)], 10) == 1
    assert told == [("a", True)]
    assert not store.observe(CONFIG_MAP, config_map("a", 8)), "an event from before the list is no news"


def test_a_listener_that_fails_keeps_neither_the_others_nor_a_full_list_from_going_on() -> None:
    store = Store()
    told: list[str] = []

    def fail(*_: object) -> None:
        raise ValueError("a mistake of ours")

    store.listen(CONFIG_MAP, fail)
    store.listen(CONFIG_MAP, lambda key, before, after, own: told.append(key.name))
    store.observe(CONFIG_MAP, config_map("first", 1))
    store.replace(CONFIG_MAP, [config_map("first", 1), config_map("second", 2)], 3)
    assert told == ["first", "second"]


def test_a_full_list_keeps_what_was_created_after_it_was_made() -> None:
    store = Store()
    store.observe(CONFIG_MAP, config_map("young", 12))
    store.replace(CONFIG_MAP, [], 10)
    assert store.get(CONFIG_MAP, "ns", "young") is not None


def test_a_full_list_does_not_bring_back_what_was_deleted_after_it_was_made() -> None:
    store = Store()
    store.observe(CONFIG_MAP, config_map("a", 5))
    store.remove(CONFIG_MAP, config_map("a", 12))
    store.replace(CONFIG_MAP, [config_map("a", 5)], 10)
    assert store.get(CONFIG_MAP, "ns", "a") is None


def test_after_a_restored_backup_the_list_has_the_last_word_although_versions_went_back() -> None:
    store = Store()
    store.replace(CONFIG_MAP, [config_map("a", 50, data={"x": "lost"}), config_map("b", 60)], 100)
    store.replace(CONFIG_MAP, [config_map("a", 20, data={"x": "restored"})], 30)
    assert store.get(CONFIG_MAP, "ns", "a")["data"] == {"x": "restored"}  # type: ignore[index]
    assert store.get(CONFIG_MAP, "ns", "b") is None
    assert store.observe(CONFIG_MAP, config_map("c", 31))


def test_a_backup_that_is_newer_than_the_last_list_is_noticed_by_what_the_watch_had_seen() -> None:
    store = Store()
    store.replace(CONFIG_MAP, [config_map("a", 50)], 50)
    store.observe(CONFIG_MAP, config_map("a", 90, data={"x": "lost"}))
    store.observe(CONFIG_MAP, config_map("b", 91))
    store.replace(CONFIG_MAP, [config_map("a", 50)], 60, newest=store.newest(CONFIG_MAP))
    assert "data" not in store.get(CONFIG_MAP, "ns", "a")  # type: ignore[operator]
    assert store.get(CONFIG_MAP, "ns", "b") is None
    assert store.newest(CONFIG_MAP) == 60


def test_a_restored_cluster_that_has_caught_up_in_versions_is_believed_object_by_object() -> None:
    store = Store()
    store.observe(CONFIG_MAP, config_map("a", 90, data={"x": "lost"}))
    store.replace(CONFIG_MAP, [config_map("a", 50)], 120, newest=store.newest(CONFIG_MAP))
    assert store.get(CONFIG_MAP, "ns", "a")["metadata"]["resourceVersion"] == "50"  # type: ignore[index]


def test_what_the_watch_brings_while_the_list_is_made_is_newer_than_the_list() -> None:
    store = Store()
    store.observe(CONFIG_MAP, config_map("a", 50))
    newest = store.newest(CONFIG_MAP)
    store.observe(CONFIG_MAP, config_map("a", 70, data={"x": "new"}))
    store.observe(CONFIG_MAP, config_map("b", 71))
    store.replace(CONFIG_MAP, [config_map("a", 50)], 60, newest=newest)
    assert store.get(CONFIG_MAP, "ns", "a")["data"] == {"x": "new"}  # type: ignore[index]
    assert store.get(CONFIG_MAP, "ns", "b") is not None


def test_a_missing_resource_type_tells_nobody_that_its_objects_are_gone() -> None:
    store, told = Store(), []
    store.observe(CONFIG_MAP, config_map("a", 5))
    store.listen(CONFIG_MAP, lambda *change: told.append(change))
    store.clear(CONFIG_MAP)
    assert store.all(CONFIG_MAP) == []
    assert told == []
    assert store.observe(CONFIG_MAP, config_map("a", 3)), "a re-created type starts anew"


def test_an_object_that_loses_its_label_stays_known_by_its_uid() -> None:
    store = Store()
    store.keep(CONFIG_MAP, lambda obj: labels(obj).get("ours") == "yes")
    ours = config_map("a", 5)
    ours["metadata"]["labels"] = {"ours": "yes"}
    store.observe(CONFIG_MAP, ours)
    store.observe(CONFIG_MAP, config_map("a", 6))
    assert store.get(CONFIG_MAP, "ns", "a") is not None
    assert not store.observe(CONFIG_MAP, config_map("foreign", 7))
    store.observe(CONFIG_MAP, config_map("a", 8, uid="u2"))
    assert store.get(CONFIG_MAP, "ns", "a") is None, "a foreign object took the name"


def test_indexes_follow_every_change() -> None:
    store = Store()
    store.index(CONFIG_MAP, "colour", lambda obj: [obj["data"]["colour"]])
    store.observe(CONFIG_MAP, config_map("a", 1, data={"colour": "red"}))
    store.observe(CONFIG_MAP, config_map("b", 2, data={"colour": "red"}))
    store.observe(CONFIG_MAP, config_map("a", 3, data={"colour": "blue"}))
    store.remove(CONFIG_MAP, config_map("b", 4))
    assert store.by_index(CONFIG_MAP, "colour", "red") == []
    assert [obj["metadata"]["name"] for obj in store.by_index(CONFIG_MAP, "colour", "blue")] == ["a"]


NAMES = ("a", "b", "c")


@given(
    history=st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), max_size=20),
    seed=st.randoms(use_true_random=False),
    list_at=st.integers(0, 20),
)
def test_any_order_of_events_and_one_late_list_ends_in_the_true_state(
    history: list[tuple[str, bool]], seed: Any, list_at: int
) -> None:
    """Events of one object keep their order in a watch; those of different objects, and the list, come as they like."""
    truth: dict[str, Object] = {}
    events: dict[str, list[tuple[str, Object]]] = {name: [] for name in NAMES}
    snapshot: tuple[list[Object], int] = ([], 0)
    for version, (name, present) in enumerate(history, start=1):
        uid = truth[name]["metadata"]["uid"] if name in truth else f"u{version}"
        obj = config_map(name, version, uid=uid)
        if present:
            truth[name] = obj
            events[name].append(("ADDED", obj))
        elif name in truth:
            del truth[name]
            events[name].append(("DELETED", obj))
        if version == list_at:
            snapshot = (list(truth.values()), version)

    store = Store()
    pending = {name: list(queue) for name, queue in events.items()}
    steps = [name for name, queue in events.items() for _ in queue] + ["list"]
    seed.shuffle(steps)
    for step in steps:
        if step == "list":
            store.replace(CONFIG_MAP, *snapshot)
            continue
        kind, obj = pending[step].pop(0)
        if kind == "ADDED":
            store.observe(CONFIG_MAP, obj)
        else:
            store.remove(CONFIG_MAP, obj)
    seen = {
        key.name: obj["metadata"]["uid"] for key, obj in ((k, store.get(*k)) for k in store.keys(CONFIG_MAP)) if obj
    }
    assert seen == {name: obj["metadata"]["uid"] for name, obj in truth.items()}
    assert all(isinstance(key, Key) for key in store.keys(CONFIG_MAP))
