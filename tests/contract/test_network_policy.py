"""deploy/components/network-policy: the ways to and from the operator are those that its deployment and configuration
have."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from harness.kubectl import Kubectl

DEPLOY = Path(__file__).parents[2] / "deploy"
CONFIG = yaml.safe_load((DEPLOY / "config.yaml").read_text())
NAME = "kubernetes.io/metadata.name"


@pytest.fixture
def rendered(kubectl: Kubectl, tmp_path: Path) -> list[dict[str, Any]]:
    """deploy/ with the component, as its comment says."""
    folder = tmp_path / "with-policy"
    folder.mkdir()
    for name in ("deploy", "crds"):
        (folder.parent / name).symlink_to(DEPLOY.parent / name)
    resources = {"resources": ["../deploy"], "components": ["../deploy/components/network-policy"]}
    content = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **resources}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    return [obj for obj in yaml.safe_load_all(kubectl("kustomize", folder).stdout) if obj]


def of_kind(rendered: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (found,) = [obj for obj in rendered if obj["kind"] == kind]
    return found


def ways(rules: list[dict[str, Any]], side: str) -> list[tuple[str | None, set[Any]]]:
    """From or to which namespace, and by which ports."""
    found = []
    for rule in rules:
        peers = rule.get(side) or [None]
        ports = {port["port"] for port in rule["ports"]}
        found += [(peer and peer["namespaceSelector"]["matchLabels"][NAME], ports) for peer in peers]
    return found


def test_it_is_about_the_operator_and_lets_in_where_its_ports_are(rendered: list[dict[str, Any]]) -> None:
    policy, deployment = of_kind(rendered, "NetworkPolicy"), of_kind(rendered, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    assert policy["metadata"]["namespace"] == deployment["metadata"]["namespace"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    ingress = ways(policy["spec"]["ingress"], "from")
    assert ingress == [
        (CONFIG["guardrails"]["ingressNamespaces"][0], {"page"}),
        (CONFIG["guardrails"]["monitoringNamespaces"][0], {"http"}),
    ]
    assert {port["name"] for port in container["ports"]} == {"page", "http"}


def test_it_lets_out_to_what_the_operator_asks(rendered: list[dict[str, Any]]) -> None:
    egress = ways(of_kind(rendered, "NetworkPolicy")["spec"]["egress"], "to")
    assert (CONFIG["guardrails"]["dnsNamespaces"][0], {53}) in egress
    for source in CONFIG["dataSources"].values():
        url = urlsplit(source["url"])
        assert url.hostname is not None
        assert (url.hostname.split(".")[1], {url.port}) in egress
    # The API server, wherever it is.
    assert (None, {443, 6443}) in egress


def test_the_api_server_takes_it(kubectl: Kubectl, rendered: list[dict[str, Any]]) -> None:
    policy = of_kind(rendered, "NetworkPolicy")
    policy["metadata"]["namespace"] = "default"
    kubectl("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(policy))
