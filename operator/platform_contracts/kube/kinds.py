"""The kinds that the operator reads or writes, named once."""

from __future__ import annotations

from typing import NamedTuple

GROUP = "platformcontracts.io"
VERSION = "v1alpha1"


class Kind(NamedTuple):
    """One resource type: what a URL and a manifest need to name it."""

    group: str
    version: str
    name: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """`group/version`, or the bare version for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path of a collection, an object or a subresource."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        if self.namespaced and namespace is not None:
            root += f"/namespaces/{namespace}"
        parts = [root, self.plural, name, subresource]
        return "/".join(part for part in parts if part)

    def __str__(self) -> str:
        return self.name


PLATFORM_SERVICE = Kind(GROUP, VERSION, "PlatformService", "platformservices")
SLA = Kind(GROUP, VERSION, "SLA", "slas")
PLATFORM_CONSUMER = Kind(GROUP, VERSION, "PlatformConsumer", "platformconsumers")
MAINTENANCE_WINDOW = Kind(GROUP, VERSION, "MaintenanceWindow", "maintenancewindows")
SLA_REPORT = Kind(GROUP, VERSION, "SLAReport", "slareports")
PRODUCT_REPORT = Kind(GROUP, VERSION, "ProductReport", "productreports")
FEEDBACK = Kind(GROUP, VERSION, "Feedback", "feedback")

NAMESPACE = Kind("", "v1", "Namespace", "namespaces", namespaced=False)
RESOURCE_QUOTA = Kind("", "v1", "ResourceQuota", "resourcequotas")
LIMIT_RANGE = Kind("", "v1", "LimitRange", "limitranges")
CONFIG_MAP = Kind("", "v1", "ConfigMap", "configmaps")
PERSISTENT_VOLUME_CLAIM = Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims")
EVENT = Kind("events.k8s.io", "v1", "Event", "events")
NETWORK_POLICY = Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies")
ROLE = Kind("rbac.authorization.k8s.io", "v1", "Role", "roles")
ROLE_BINDING = Kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings")
PROMETHEUS_RULE = Kind("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules")
TOKEN_REVIEW = Kind("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", namespaced=False)
SUBJECT_ACCESS_REVIEW = Kind(
    "authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", namespaced=False
)
CUSTOM_RESOURCE_DEFINITION = Kind(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)
