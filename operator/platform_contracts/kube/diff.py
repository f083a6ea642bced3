"""What is desired against what is live: whether they differ, and the patch that makes one of the other."""

from __future__ import annotations

from typing import Any

from platform_contracts.kube.objects import Object, body, digest


def differs(desired: Object, live: Object) -> bool:
    """Whether `live` lacks something that `desired` says; fields that `desired` does not name are others' business.

    Of an object that the store holds as a digest, everything beside the metadata is ours.
    """
    if "digest" in live:
        return bool(digest(desired) != live["digest"] or _lacks(desired["metadata"], live["metadata"]))
    return _lacks(desired, live)


def _lacks(desired: Any, live: Any) -> bool:
    if isinstance(desired, dict):
        if not isinstance(live, dict):
            return bool(desired)
        return any(_lacks(value, live.get(name)) for name, value in desired.items())
    return bool(desired != live)


def leftovers(desired: Object, live: Object) -> Object:
    """A merge patch for what an apply could not take out of `live`, or {} where there is nothing.

    `metadata` and `status` are shared and stay as they are; every other field that `desired` names is ours as a whole.
    """
    if "digest" in live:
        return {}
    ours = body(desired)
    return correction(ours, {name: live.get(name) for name in ours})


def correction(desired: Object, live: Object) -> Object:
    """The merge patch that turns `live` into `desired`: null for what is too much, lists as a whole."""
    patch: Object = {name: None for name, value in live.items() if name not in desired and value is not None}
    for name, value in desired.items():
        there = live.get(name)
        if isinstance(value, dict) and isinstance(there, dict):
            inner = correction(value, there)
            if inner:
                patch[name] = inner
        elif value != there:
            patch[name] = value
    return patch
