"""What README, docs/ and examples/ show: manifests and parts of them, settings, links and commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.installation import REPOSITORY
from platform_contracts.api.contracts import CONTRACTS
from platform_contracts.api.crd import definition
from platform_contracts.config import Config
from platform_contracts.config.section import spelled
from tests.contract.corpus import CORPUS, KINDS, load

DOCUMENTS = (*sorted(REPOSITORY.glob("*.md")), *sorted(REPOSITORY.glob("docs/*.md")), REPOSITORY / "examples/README.md")
# The specs of the kinds that people write, as the schema has them.
SPECS: dict[str, dict[str, Any]] = {
    contract.kind.name: definition(contract)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    for contract in CONTRACTS
    if not contract.kind.name.endswith("Report")
}
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_SETTINGS = {spelled(name) for name in Config.model_fields}


@dataclass(frozen=True)
class Shown:
    """A YAML document that is shown, and in which block of which page."""

    where: str
    content: dict[str, Any]

    def __str__(self) -> str:
        return self.where


def name(path: Path) -> str:
    """A file as the repository has it."""
    return str(path.relative_to(REPOSITORY))


def blocks(path: Path, language: str) -> Iterator[str]:
    """What stands in the fences of a language in a document."""
    for indent, found, text in _BLOCK.findall(path.read_text(encoding="utf-8")):
        if found == language:
            yield re.sub(f"^{indent}", "", text, flags=re.MULTILINE)


def manifests() -> list[Shown]:
    """The contracts in the documents; a part of one is completed by what is required.

    A part begins at `spec`, or at fields of it, which then are those of one kind alone.
    """
    return [
        Shown(one.where, _completed(one))
        for one in _shown()
        if not set(one.content) <= _SETTINGS and one.content.get("kind", "SLA") in KINDS
    ]


def others() -> list[Shown]:
    """Objects of other kinds in the documents, which an administrator adds."""
    return [one for one in _shown() if "kind" in one.content and one.content["kind"] not in KINDS]


def configurations() -> list[Shown]:
    """Parts of the operator's configuration in the documents."""
    return [one for one in _shown() if set(one.content) <= _SETTINGS]


def fields(schema: dict[str, Any], prefix: str) -> Iterator[str]:
    """All fields below a part of the schema, by their paths."""
    inner = schema.get("items", schema)
    for field, described in inner.get("properties", {}).items():
        yield f"{prefix}.{field}"
        yield from fields(described, f"{prefix}.{field}")


def used(value: Any, prefix: str) -> Iterator[str]:
    """All fields that a part of a manifest sets, by their paths."""
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, dict):
            for field, inner in entry.items():
                yield f"{prefix}.{field}"
                yield from used(inner, f"{prefix}.{field}")


def anchors(path: Path) -> set[str]:
    """What a link into a document may name: its headings as a forge turns them into anchors."""
    headings = re.findall(r"^#+ (.*)$", _prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(path: Path) -> list[str]:
    """Where a document's links and pictures lead, without those to elsewhere."""
    text = _prose(path)
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    return [target for target in found if "://" not in target]


def commands(path: Path) -> str:
    """What a reader may type: the blocks for a shell, and what stands between backticks."""
    typed = [*blocks(path, "sh"), *blocks(path, "console"), *re.findall(r"`([^`]+)`", _prose(path))]
    return "\n".join(typed)


def tables(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The tables of `kubectl get` that a document shows: what was asked for, a kind with options, and the columns."""
    for block in blocks(path, "console"):
        for command, shown in re.findall(r"^\$ kubectl get (\S+ ?.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            kinds, _, options = command.partition(" ")
            headers = re.findall(r"^NAME.*$", shown, re.MULTILINE)
            for kind, header in zip(kinds.split(","), headers, strict=bool(headers)):
                yield f"{kind} {options}", header.split()


def columns(asked: str) -> list[str]:
    """The columns that the schema gives to such a table."""
    kind, _, options = asked.partition(" ")
    (contract,) = (one for one in CONTRACTS if kind in (*one.short_names, one.kind.plural, one.kind.name.lower()))
    wide = "-o wide" in options
    place = ["NAMESPACE"] if "-A" in options else []
    return [*place, "NAME", *(column.name.upper() for column in contract.columns if wide or not column.wide)]


def _prose(path: Path) -> str:
    return _BLOCK.sub("", path.read_text(encoding="utf-8"))


def _shown() -> Iterator[Shown]:
    for path in DOCUMENTS:
        for number, text in enumerate(blocks(path, "yaml"), 1):
            for part in load(text):
                yield Shown(f"{name(path)} {number}", part)


def _completed(one: Shown) -> dict[str, Any]:
    if "kind" in one.content:
        return one.content
    part = one.content["spec"] if set(one.content) == {"spec"} else one.content
    fitting = [
        manifest
        for manifest in load((CORPUS / "good" / "smallest.yaml").read_text(encoding="utf-8"))
        if set(part) <= set(SPECS[manifest["kind"]]["properties"])
    ]
    kinds = [manifest["kind"] for manifest in fitting]
    assert len(fitting) == 1, f"{one.where} is not a part of one kind alone, but of {kinds or 'none'}"
    return {**fitting[0], "spec": {**fitting[0]["spec"], **part}}
