"""The corpus: manifests that the language takes, and manifests that it refuses with what it says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from platform_contracts.api.contracts import CONTRACTS
from platform_contracts.kube.kinds import Kind

CORPUS = Path(__file__).with_name("corpus")
KINDS = {contract.kind.name: contract.kind for contract in CONTRACTS}


class _Loader(yaml.SafeLoader):
    """YAML as kubectl reads it: a time is a string."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text: str) -> list[dict[str, Any]]:
    """The manifests of a YAML text."""
    return list(yaml.load_all(text, Loader=_Loader))


@dataclass(frozen=True)
class Refused:
    """A bad manifest. Its comments name the field that is refused and what the refusal says.

    `message` is the language's own and the same from both judges; `server` is the API server's for a bound of the
    schema, which pydantic words in its own way.
    """

    path: Path
    manifest: dict[str, Any]
    field: str
    message: str | None
    server: str | None

    @property
    def kind(self) -> Kind:
        return KINDS[self.manifest["kind"]]


def refused() -> list[Refused]:
    """All bad manifests."""
    return [_refused(path) for path in sorted((CORPUS / "bad").glob("*.yaml"))]


def _refused(path: Path) -> Refused:
    text = path.read_text(encoding="utf-8")
    comments = dict(line[2:].split(":", 1) for line in text.splitlines() if line.startswith("# "))
    expected = {key: value.strip() for key, value in comments.items()}
    (manifest,) = load(text)
    return Refused(path, manifest, expected["field"], expected.get("message"), expected.get("server"))


def taken() -> list[tuple[Path, dict[str, Any]]]:
    """All good manifests, with the file that each is in."""
    return [
        (path, manifest)
        for path in sorted((CORPUS / "good").glob("*.yaml"))
        for manifest in load(path.read_text(encoding="utf-8"))
    ]
