"""Who may talk with a consumer's namespace.

Nothing passes but what is named here. Namespaces are selected by `kubernetes.io/metadata.name` alone, which the API
server sets and guards; any other label could be written by a tenant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from platform_contracts.api.platform_service import NetworkProfile
from platform_contracts.config import Guardrails
from platform_contracts.kube.kinds import NETWORK_POLICY
from platform_contracts.kube.objects import Object, manifest

NAME = "platform-contracts"


def peers(
    profile: NetworkProfile, *, namespace: str, home: str | None, others: Iterable[str], service_namespace: str
) -> list[str]:
    """The namespaces that may talk with `namespace` in both directions, itself included; each profile adds to the last.

    `home` is the consumer's home namespace, None where that is the provider's (of a generated consumer);
    `others` are the consumer's other namespaces.
    """
    allowed = {namespace}
    if profile in (NetworkProfile.SAME_CONSUMER, NetworkProfile.ALLOW_SERVICE):
        allowed |= {*others} | ({home} if home else set())
    if profile is NetworkProfile.ALLOW_SERVICE:
        allowed.add(service_namespace)
    return sorted(allowed)


def network_policy(namespace: str, allowed: Iterable[str], guardrails: Guardrails, labels: Mapping[str, str]) -> Object:
    """The one NetworkPolicy of a namespace.

    In: from the namespaces `allowed` and the administrator's monitoring and ingress namespaces. Out: to the namespaces
    `allowed`, and to the administrator's DNS namespaces on port 53.
    """
    inbound = {*allowed, *guardrails.monitoring_namespaces, *guardrails.ingress_namespaces}
    dns = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return manifest(
        NETWORK_POLICY,
        NAME,
        namespace,
        labels=labels,
        spec={
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [_namespaces(inbound)]}],
            "egress": [{"to": [_namespaces(allowed)]}, {"to": [_namespaces(guardrails.dns_namespaces)], "ports": dns}],
        },
    )


def _namespaces(names: Iterable[str]) -> Object:
    return {
        "namespaceSelector": {
            "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": sorted(set(names))}]
        }
    }
