"""What an attack is: read from attacks/*.yaml, carried out with kubectl, judged by what is there afterwards."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.process import wait_until
from tests.security.scene import ATTACKERS, Scene

Object = dict[str, Any]

FOLDER = Path(__file__).with_name("attacks")
REFUSERS = ("RBAC", "schema", "admission policy", "quota", "condition")
API_VERSIONS = {
    "NetworkPolicy": "networking.k8s.io/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "PrometheusRule": "monitoring.coreos.com/v1",
    "PlatformService": "platformcontracts.io/v1alpha1",
    "PlatformConsumer": "platformcontracts.io/v1alpha1",
    "SLA": "platformcontracts.io/v1alpha1",
    "MaintenanceWindow": "platformcontracts.io/v1alpha1",
    "Feedback": "platformcontracts.io/v1alpha1",
}
# What contracts say unless an attack says otherwise.
DEFAULTS: dict[str, Object] = {
    "PlatformConsumer": {"serviceRef": {"namespace": "$provider", "name": "payments"}, "planName": "small"},
    "PlatformService": {"owner": {"team": "mine"}},
    "Feedback": {"serviceRef": {"name": "payments"}, "comment": "Refunds take a day"},
    "SLA": {
        "serviceRef": {"name": "mine"},
        "objectives": [
            {
                "name": "availability",
                "target": "99.9",
                "indicator": {"ratio": {"total": "requests_total", "errors": 'requests_total{code="500"}'}},
            }
        ],
    },
}


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One row of the table; $names are the scene's, and $home is a home namespace of this row's own."""

    rule: int
    attacker: str
    attempt: str
    refused_by: str
    # A part of what the attacker reads: it says what to do.
    says: str
    # Exactly one of: a manifest to create, or to apply on the server's side; a patch; a deletion; arguments of kubectl.
    create: Object | None = None
    apply: Object | None = None
    patch: Object | None = None
    delete: Object | None = None
    # Of an apply or a patch: the part of the object that is written.
    subresource: str | None = None
    kubectl: list[str] | None = None
    stdin: Object | None = None
    # Where a condition refuses: its reason (of Stalled, unless `condition` names another).
    reason: str = ""
    condition: str = "Stalled"
    # Of a condition on another object than the one that was written: its kind, namespace and name.
    of: Object | None = None
    # What the administrator has done before, and the name of the home.
    given: list[Object] = field(default_factory=list)
    home: str | None = None
    # What must be afterwards as it was before, beside the object itself: manifests' kind, namespace and name.
    unchanged: list[Object] = field(default_factory=list)

    @property
    def id(self) -> str:
        """A name for test reports."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.rule:02} {self.attacker} {self.attempt}".lower()).strip("-")


def load() -> list[Attack]:
    """All attacks, by rule."""
    rows = [row for path in sorted(FOLDER.glob("*.yaml")) for row in yaml.safe_load(path.read_text())]
    attacks = [Attack(**{key.replace("-", "_"): value for key, value in row.items()}) for row in rows]
    for attack in attacks:
        assert attack.attacker in ATTACKERS, attack.id
        assert attack.refused_by in REFUSERS, attack.id
    return sorted(attacks, key=lambda attack: attack.rule)


def carry_out(attack: Attack, scene: Scene) -> str:
    """Attack, and look whether it came to anything; returns what the attacker read."""
    names = {} if "$home" not in repr(attack) and not attack.home else {"home": scene.home(attack.home)}
    for obj in attack.given:
        scene.admin.apply(given := scene.fill(_manifest(obj), names))
        if "platformcontracts.io" in given["apiVersion"]:
            wait_until(lambda given=given: _is_settled(scene, given), 60, f"{given['kind']} being answered")
    protected = scene.fill(_protected(attack), names)
    before = [_look(scene, obj) for obj in protected]

    arguments, stdin = _command(attack)
    kubectl = scene.kubectl_of(attack.attacker)
    done = kubectl(*scene.fill(arguments, names), stdin=json.dumps(scene.fill(stdin, names)), check=False)

    if attack.refused_by == "condition":
        assert done.returncode == 0, done.stderr
        read = _condition(attack, scene, names)
    else:
        assert done.returncode != 0, f"it succeeded: {done.stdout}"
        read = done.stderr.strip()
    assert [_look(scene, obj) for obj in protected] == before, "what is protected has changed"
    assert scene.fill(attack.says, names) in read, read
    return read


def _command(attack: Attack) -> tuple[list[str], Object | None]:
    """kubectl's arguments and what it reads."""
    if attack.create is not None:
        return ["create", "-f", "-"], _manifest(attack.create)
    part = [f"--subresource={attack.subresource}"] if attack.subresource else []
    if attack.apply is not None:
        return ["apply", "--server-side", "--force-conflicts", *part, "-f", "-"], _manifest(attack.apply)
    if attack.patch is not None:
        target = attack.patch
        return ["patch", *_named(target), *part, "--type=merge", "-p", json.dumps(target["patch"])], None
    if attack.delete is not None:
        return ["delete", *_named(attack.delete), "--wait=false"], None
    assert attack.kubectl is not None, attack.id
    return attack.kubectl, attack.stdin


def _named(target: Object) -> list[str]:
    return [target["kind"], target["name"], *(["-n", target["namespace"]] if "namespace" in target else [])]


def _manifest(row: Object) -> Object:
    """A manifest from a row's short form: kind, name, namespace, labels, annotations, and the body."""
    kind = row["kind"]
    names = ("name", "namespace", "labels", "annotations", "finalizers", "ownerReferences")
    metadata = {name: row[name] for name in names if name in row}
    body = {name: value for name, value in row.items() if name not in {"kind", *metadata}}
    if kind in DEFAULTS:
        body["spec"] = DEFAULTS[kind] | body.get("spec", {})
    return {"apiVersion": API_VERSIONS.get(kind, "v1"), "kind": kind, "metadata": metadata, **body}


def _protected(attack: Attack) -> list[Object]:
    own = attack.patch or attack.delete
    if attack.refused_by != "condition":
        own = own or attack.create or attack.apply
    return [*attack.unchanged, *([own] if own else [])]


def _live(scene: Scene, obj: Object) -> Object | None:
    """The live object, None where it is not there."""
    found: Object | None = scene.platform.get(obj["kind"], obj.get("namespace"), obj["name"])
    return found


def _look(scene: Scene, obj: Object) -> Object | None:
    """What an object says, without what every write moves; None where it is not there."""
    live: Object | None = _live(scene, obj)
    if live is not None:
        status = live.pop("status", {})
        live["told"] = {name: status.get(name) for name in ("plan", "namespaces")}
        for name in ("resourceVersion", "managedFields"):
            live["metadata"].pop(name, None)
    return live


def _is_settled(scene: Scene, given: Object) -> bool:
    """Whether the operator has done what it can for a contract."""
    live = _live(scene, {"kind": given["kind"], **given["metadata"]}) or {}
    conditions = live.get("status", {}).get("conditions", ())
    return any(one["status"] == "True" for one in conditions if one["type"] in ("Ready", "Stalled"))


def _condition(attack: Attack, scene: Scene, names: dict[str, str]) -> str:
    """Wait until the operator has answered; returns the message."""
    written = scene.fill(attack.of or attack.create or attack.apply or attack.patch, names)
    found: Object = {}

    def answered() -> bool:
        nonlocal found
        live = _live(scene, written) or {"metadata": {"generation": 0}}
        conditions = live.get("status", {}).get("conditions", ())
        found = next((one for one in conditions if one["type"] == attack.condition), {})
        return (
            found.get("reason") == attack.reason and found.get("observedGeneration") == live["metadata"]["generation"]
        )

    try:
        wait_until(answered, 60, f"{attack.condition} with the reason {attack.reason}")
    except TimeoutError as error:
        raise TimeoutError(f"{error}; at last it was {found}") from None
    return str(found["message"])
