"""The kinds that the operator looks at, and those that it writes."""

from __future__ import annotations

from platform_contracts.engine.sync import Watched
from platform_contracts.kube.kinds import (
    CONFIG_MAP,
    FEEDBACK,
    LIMIT_RANGE,
    MAINTENANCE_WINDOW,
    NAMESPACE,
    NETWORK_POLICY,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    PRODUCT_REPORT,
    PROMETHEUS_RULE,
    RESOURCE_QUOTA,
    ROLE,
    ROLE_BINDING,
    SLA,
    SLA_REPORT,
)
from platform_contracts.kube.objects import MANAGED_BY, MANAGED_BY_LABEL

# What counts only where an administrator made the namespace a provider's.
PROVIDED = (PLATFORM_SERVICE, SLA, MAINTENANCE_WINDOW, FEEDBACK)
CONTRACTS = (*PROVIDED, PLATFORM_CONSUMER)
CHILDREN = (RESOURCE_QUOTA, LIMIT_RANGE, NETWORK_POLICY, ROLE, ROLE_BINDING)
RULES = (CONFIG_MAP, PROMETHEUS_RULE)
# What is written once, and then says how a closed period went.
REPORTS = (SLA_REPORT, PRODUCT_REPORT)
WRITABLE = (*CONTRACTS, NAMESPACE, *CHILDREN, *RULES, *REPORTS)
# What lets people in: of a service's consumers, and into a consumer's namespace.
ACCESS = (PLATFORM_CONSUMER, ROLE_BINDING)
OUR_NAMES = "platform-contracts"

_OURS = f"{MANAGED_BY_LABEL}={MANAGED_BY}"
# Children are watched without a selector: losing a label must not end enforcement.
WATCHED = (
    *(Watched(kind, custom=True) for kind in (*CONTRACTS, *REPORTS)),
    Watched(NAMESPACE),
    *(Watched(kind) for kind in CHILDREN),
    Watched(CONFIG_MAP, _OURS),
    Watched(PROMETHEUS_RULE, _OURS, custom=True),
)
