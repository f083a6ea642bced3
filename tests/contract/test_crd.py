"""The generated CustomResourceDefinitions: up to date, complete, and bounded everywhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.kubectl import Kubectl
from platform_contracts.api import crd
from platform_contracts.api.contracts import CONTRACTS, Contract

CRDS = Path(__file__).parents[2] / "crds"

contracts = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.kind.name)


def version(contract: Contract) -> dict[str, Any]:
    """The one version of the kind's definition."""
    (only,) = crd.definition(contract)["spec"]["versions"]
    return dict(only)


def nodes(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema within a schema, with its path."""
    yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from nodes(field, f"{path}.{name}")
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if key in schema:
            yield from nodes(schema[key], path + mark)


def test_the_files_are_those_of_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert crd.main(["--check", "--output", str(CRDS)]) == 0, capsys.readouterr().out


def test_drift_is_an_error_with_its_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(CRDS, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "slas.yaml"
    file.write_text(file.read_text().replace("maxItems: 20", "maxItems: 21"))

    assert crd.main(["--check", "--output", str(tmp_path)]) == 1
    difference = capsys.readouterr().out
    assert "maxItems: 21" in difference
    assert "maxItems: 20" in difference

    assert crd.main(["--output", str(tmp_path)]) == 0
    assert crd.main(["--check", "--output", str(tmp_path)]) == 0


def test_a_missing_file_is_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert crd.main(["--check", "--output", str(tmp_path)]) == 1
    assert "platformservices.yaml" in capsys.readouterr().out


def test_the_folder_is_a_kustomization(kubectl: Kubectl) -> None:
    rendered = kubectl("kustomize", str(CRDS)).stdout
    assert rendered.count("kind: CustomResourceDefinition") == len(CONTRACTS)


@contracts
def test_the_api_server_finds_the_schema_structural(contract: Contract, kubectl: Kubectl) -> None:
    name = f"{contract.kind.plural}.{contract.kind.group}"
    conditions = {item["type"]: item for item in kubectl.get("crd", name)["status"]["conditions"]}
    assert conditions["Established"]["status"] == "True"
    assert "NonStructuralSchema" not in conditions


@contracts
def test_every_field_is_described(contract: Contract) -> None:
    schema = version(contract)["schema"]["openAPIV3Schema"]
    bare = [
        path
        for path, node in nodes(schema)
        if not node.get("description") and not path.endswith(("[]", "{}")) and not path.startswith(".metadata")
    ]
    assert bare == []


@contracts
def test_everything_that_people_write_is_bounded(contract: Contract) -> None:
    spec = version(contract)["schema"]["openAPIV3Schema"]["properties"]["spec"]
    unbounded = [
        path
        for path, node in nodes(spec)
        if (node["type"] == "string" and not {"maxLength", "enum"} & node.keys())
        or (node["type"] == "array" and "maxItems" not in node)
        or ("additionalProperties" in node and "maxProperties" not in node)
    ]
    assert unbounded == []


@contracts
def test_a_pattern_is_never_left_to_speak_for_itself(contract: Contract) -> None:
    schema = version(contract)["schema"]["openAPIV3Schema"]
    assert [path for path, node in nodes(schema) if "pattern" in node] == []
    silent = [
        (path, rule)
        for path, node in nodes(schema)
        for rule in node.get("x-kubernetes-validations", ())
        if "for example" not in rule["message"]
    ]
    assert silent == []


@contracts
def test_floats_are_nowhere(contract: Contract) -> None:
    schema = version(contract)["schema"]["openAPIV3Schema"]
    assert [path for path, node in nodes(schema) if node["type"] == "number"] == []


@contracts
def test_no_item_of_a_list_has_a_default(contract: Contract) -> None:
    """kubectl would take it for a change at each apply. But for the key of a list-map, which is refused by itself."""
    schema = version(contract)["schema"]["openAPIV3Schema"]
    assert [path for path, node in nodes(schema) if "[]" in path and node.get("default", "") != ""] == []
