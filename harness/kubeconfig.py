"""Kubeconfig files with everything inside, so that they work from any folder."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import yaml

from harness.pki import Certificate


def with_certificate(server: str, authority: bytes, client: Certificate) -> dict[str, Any]:
    """A kubeconfig for a client certificate; `authority` is the API server's CA, PEM."""
    return _document(
        server,
        _encode(authority),
        {
            "client-certificate-data": _encode(client.certificate),
            "client-key-data": _encode(client.key),
        },
    )


def with_token(source: Path, token: str) -> dict[str, Any]:
    """A kubeconfig for the cluster of `source`'s current context that authenticates with a bearer token."""
    document = yaml.safe_load(source.read_text())
    contexts = {entry["name"]: entry["context"] for entry in document["contexts"]}
    clusters = {entry["name"]: entry["cluster"] for entry in document["clusters"]}
    cluster = clusters[contexts[document["current-context"]]["cluster"]]
    return _document(cluster["server"], cluster["certificate-authority-data"], {"token": token})


def write(path: Path, document: dict[str, Any]) -> Path:
    """Write a kubeconfig for its owner's eyes alone; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def _document(server: str, authority_data: str, user: dict[str, str]) -> dict[str, Any]:
    name = "platform-contracts"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": authority_data}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()
