"""What is measured: contracts that are ready but held back by one switch, so that a run starts at one moment."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.snapshot import Admin
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import DataSource
from platform_contracts.rules.objects import Group
from platform_contracts.sla import indicators, rules
from platform_contracts.sla.alerts import Context
from platform_contracts.sla.promise import promise

API = "platformcontracts.io/v1alpha1"
PROVIDER_LABEL = "platformcontracts.io/provider"
PROVIDER = "bench-platform"
SERVICE = "payments"
# What belongs to the contract that cannot be followed has this in its name.
BROKEN = "bench-broken"

# A ClusterRole that the operator's configuration allows, and its RBAC does not let it bind.
UNBOUND = "edit"

CONNECTIONS = 4

Object = dict[str, Any]


def listed(objects: Iterable[Object]) -> str:
    """Many objects as the one that `kubectl create -f` reads."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def create(kubeconfig: Path, objects: Iterable[Object]) -> None:
    """Create many objects as an administrator, over a few connections side by side."""
    admin = Admin(kubeconfig)

    def post(obj: Object) -> None:
        collection = admin.path(admin.ref(obj)).rpartition("/")[0]
        admin.request("POST", collection, obj)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in pool.map(post, objects):
            pass


def namespace(name: str, **labels: str) -> Object:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def service(allowed: str) -> Object:
    """A PlatformService with one plan; `allowed` is None or All: the switch of the onboarding run."""
    plan = {
        "name": "small",
        "quota": {
            "requests.cpu": "2",
            "requests.memory": "4Gi",
            "limits.cpu": "4",
            "limits.memory": "8Gi",
            "pods": "20",
        },
        "limits": {
            "default": {"cpu": "500m", "memory": "512Mi"},
            "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
        },
        "roles": [{"name": "developer", "clusterRoleName": "platformcontracts-developer"}],
    }
    return {
        "apiVersion": API,
        "kind": "PlatformService",
        "metadata": {"name": SERVICE, "namespace": PROVIDER},
        "spec": {
            "owner": {"team": "payments"},
            "onboarding": {"allowedConsumers": {"from": allowed}, "plans": [plan]},
        },
    }


def broken_service(allowed: str) -> Object:
    """A PlatformService whose plan gives `UNBOUND`, so that each RoleBinding of its consumers is refused."""
    broken = service(allowed)
    plan = broken["spec"]["onboarding"]["plans"][0]
    plan["roles"] = [{"name": "developer", "clusterRoleName": UNBOUND}]
    return {**broken, "metadata": {**broken["metadata"], "name": BROKEN}}


def broken_consumer() -> Object:
    """A PlatformConsumer on the plan that cannot be carried out."""
    broken = consumer(0)
    reference = {"namespace": PROVIDER, "name": BROKEN}
    metadata = {"name": SERVICE, "namespace": BROKEN}
    return {**broken, "metadata": metadata, "spec": {**broken["spec"], "serviceRef": reference}}


def home(number: int) -> str:
    """The home namespace of the n-th team."""
    return f"bench-team-{number:04d}"


def consumer(number: int) -> Object:
    """The n-th team's PlatformConsumer."""
    return {
        "apiVersion": API,
        "kind": "PlatformConsumer",
        "metadata": {"name": SERVICE, "namespace": home(number)},
        "spec": {
            "serviceRef": {"namespace": PROVIDER, "name": SERVICE},
            "planName": "small",
            "team": f"team-{number:04d}",
            "members": [{"kind": "Group", "name": f"team-{number:04d}", "roleName": "developer"}],
        },
    }


def sla(number: int) -> Object:
    """The n-th SLA: one ratio and one latency objective."""
    job = f'job="service-{number:04d}"'
    return {
        "apiVersion": API,
        "kind": "SLA",
        "metadata": {"name": f"sla-{number:04d}", "namespace": PROVIDER},
        "spec": {
            "serviceRef": {"name": SERVICE},
            "objectives": [
                {
                    "name": "availability",
                    "target": "99.9",
                    "indicator": {
                        "ratio": {
                            "total": f"http_requests_total{{{job}}}",
                            "errors": f'http_requests_total{{{job},code=~"5.."}}',
                        }
                    },
                },
                {
                    "name": "latency",
                    "target": "99",
                    "indicator": {
                        "latency": {
                            "histogram": f"http_request_duration_seconds{{{job}}}",
                            "thresholdSeconds": "0.3",
                        }
                    },
                },
            ],
        },
    }


def rule_groups(sla: Object, source: DataSource) -> list[Group]:
    """The rule groups that the operator writes for an SLA that this source measures, with nothing excluded."""
    spec = SLASpec.model_validate(sla["spec"])
    context = Context(service=spec.service_ref.name, owner=SERVICE)
    found: list[Group] = []
    for objective in spec.objectives:
        promised = promise(objective, spec, sla, source, datetime.now(UTC))
        indicator = indicators.build(objective, "", namespace=sla["metadata"]["namespace"], source=source)
        found += rules.groups(promised, indicator, context)
    return found
