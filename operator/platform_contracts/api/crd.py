"""Write the CustomResourceDefinitions: `python -m platform_contracts.api.crd [--check] [--output crds]`."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path
from typing import Any

import yaml

from platform_contracts.api.contracts import CONTRACTS, Column, Contract
from platform_contracts.api.rules import VALIDATIONS
from platform_contracts.api.schema import Schema, structural
from platform_contracts.kube.kinds import CUSTOM_RESOURCE_DEFINITION

_HEADER = (
    "# Generated from operator/platform_contracts/api by `python -m platform_contracts.api.crd`: edit the models.\n"
)


def definition(contract: Contract) -> dict[str, Any]:
    """The CustomResourceDefinition of one kind, as a manifest."""
    kind = contract.kind
    names: dict[str, Any] = {
        "categories": ["platform"],
        "kind": kind.name,
        "listKind": f"{kind.name}List",
        "plural": kind.plural,
        "singular": kind.name.lower(),
    }
    if contract.short_names:
        names["shortNames"] = list(contract.short_names)
    return {
        "apiVersion": CUSTOM_RESOURCE_DEFINITION.api_version,
        "kind": CUSTOM_RESOURCE_DEFINITION.name,
        "metadata": {"name": f"{kind.plural}.{kind.group}"},
        "spec": {
            "group": kind.group,
            "names": names,
            "scope": "Namespaced",
            "versions": [
                {
                    "name": kind.version,
                    "served": True,
                    "storage": True,
                    "additionalPrinterColumns": [_column(column) for column in contract.columns],
                    **({"subresources": {"status": {}}} if "status" in contract.model.model_fields else {}),
                    "schema": {"openAPIV3Schema": _root(contract)},
                }
            ],
        },
    }


def _column(column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "jsonPath": column.path,
        "description": column.description,
    }
    return {**described, "priority": 1} if column.wide else described


def _root(contract: Contract) -> Schema:
    """The schema from the root on."""
    schema = structural(contract.model)
    properties = {
        "apiVersion": {"type": "string", "description": f"Always {contract.kind.api_version}."},
        "kind": {"type": "string", "description": f"Always {contract.kind.name}."},
        # The bound of every object name, which a rule about it needs; the API server describes the rest.
        "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 253}}},
        "spec": schema["properties"]["spec"],
    }
    if "status" in schema["properties"]:
        properties["status"] = schema["properties"]["status"]
    return {
        "description": schema["description"],
        "type": "object",
        "properties": properties,
        VALIDATIONS: schema[VALIDATIONS],
    }


def files() -> dict[str, str]:
    """Every generated file: name to content, the same to the last byte for the same models."""
    manifests = {
        f"{contract.kind.plural}.yaml": _dump(definition(contract))
        for contract in sorted(CONTRACTS, key=lambda contract: contract.kind.plural)
    }
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(manifests),
    }
    return {**manifests, "kustomization.yaml": _dump(kustomization)}


class _Dumper(yaml.SafeDumper):
    """No anchors, and sequences indented under their key."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _dump(manifest: dict[str, Any]) -> str:
    return _HEADER + yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)


def drift(output: Path) -> str:
    """What differs between the folder and the models, as a unified diff; empty where nothing does."""
    lines: list[str] = []
    for name, content in files().items():
        path = output / name
        found = path.read_text(encoding="utf-8") if path.exists() else ""
        lines += difflib.unified_diff(
            found.splitlines(keepends=True),
            content.splitlines(keepends=True),
            fromfile=str(path),
            tofile="generated from the models",
        )
    return "".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with `--check` exit 1 and show the difference where they are out of date."""
    parser = argparse.ArgumentParser(description="Generate the CustomResourceDefinitions from the models.")
    parser.add_argument("--output", type=Path, default=Path("crds"), help="folder of the YAML files")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 with a diff on drift")
    options = parser.parse_args(arguments)
    if options.check:
        difference = drift(options.output)
        sys.stdout.write(difference)
        if difference:
            sys.stderr.write("The CRDs differ from the models: run `python -m platform_contracts.api.crd`.\n")
        return 1 if difference else 0
    options.output.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (options.output / name).write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
