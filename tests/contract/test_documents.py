"""What README, docs/ and examples/ show is taken as it stands there, and what they name is there."""

from __future__ import annotations

import json
import re
from importlib.metadata import distributions
from pathlib import Path

import pytest

from harness.installation import REPOSITORY
from harness.kubectl import Kubectl
from platform_contracts import config
from platform_contracts.api import parse
from tests.contract import documents
from tests.contract.conftest import NAMESPACE, Server
from tests.contract.corpus import KINDS, load
from tests.contract.documents import DOCUMENTS, SPECS, Shown

EXAMPLES = REPOSITORY / "examples"
# Comments in the examples tell of the first two: they take an administrator's word, or a UID. The last is for forms.
NOT_IN_EXAMPLES = {
    "SLA.objectives.indicator.raw",
    "SLA.objectives.indicator.raw.errors",
    "SLA.objectives.indicator.raw.total",
    "PlatformService.onboarding.approvals.namespaceUID",
    "Feedback.questionVersion",
}


def test_the_pages_that_show_contracts_are_looked_at() -> None:
    pages = {str(shown).split()[0] for shown in (*documents.manifests(), *documents.configurations())}
    assert pages >= {"README.md", "docs/alerts.md", "docs/feedback.md", "docs/onboarding.md", "docs/slas.md"}


@pytest.mark.parametrize("shown", documents.manifests(), ids=str)
def test_the_api_server_and_the_models_take_what_is_shown(shown: Shown, server: Server) -> None:
    kind = KINDS[shown.content["kind"]]
    metadata = {**shown.content["metadata"], "namespace": NAMESPACE}

    stored = server.create(kind, {**shown.content, "metadata": metadata})

    assert isinstance(stored, dict), stored
    parse(kind, stored)


@pytest.mark.parametrize("shown", documents.others(), ids=str)
def test_the_api_server_takes_what_an_administrator_adds(shown: Shown, kubectl: Kubectl) -> None:
    metadata = {**shown.content["metadata"], "namespace": NAMESPACE}
    answer = kubectl(
        "create",
        "--dry-run=server",
        "--validate=strict",
        "-f",
        "-",
        stdin=json.dumps(shown.content | {"metadata": metadata}),
    )
    assert answer.stderr == ""


@pytest.mark.parametrize("shown", documents.configurations(), ids=str)
def test_settings_that_are_shown_are_taken(shown: Shown, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps(shown.content))
    config.load(file)


def test_the_smallest_example_is_the_one_in_readme() -> None:
    first = next(documents.blocks(REPOSITORY / "README.md", "yaml"))
    assert load(first) == load((EXAMPLES / "smallest.yaml").read_text())


def test_the_examples_show_every_field() -> None:
    shown: set[str] = set()
    for path in EXAMPLES.glob("**/*.yaml"):
        for manifest in load(path.read_text()):
            shown |= set(documents.used(manifest.get("spec"), str(manifest.get("kind"))))
    known = {field for kind, spec in SPECS.items() for field in documents.fields(spec, kind)}
    assert known - shown == NOT_IN_EXAMPLES


def test_the_table_of_examples_has_them_all() -> None:
    named = set(re.findall(r"`([\w-]+\.yaml|onboarding/)`", (EXAMPLES / "README.md").read_text()))
    there = {f"{path.name}/" if path.is_dir() else path.name for path in EXAMPLES.iterdir()}
    assert named | {"namespaces.yaml"} == there - {"README.md", "kustomization.yaml"}


def test_the_tables_that_are_shown_have_the_columns_of_the_schema() -> None:
    """Wide ones at least the first of them."""
    found = [(documents.name(path), *table) for path in DOCUMENTS for table in documents.tables(path)]
    assert {asked.split()[0] for _, asked, _ in found} >= {"psvc", "sla", "pcon", "slareport", "productreports"}
    for page, asked, shown in found:
        expected = documents.columns(asked)
        assert shown == expected[: len(shown) if "-o wide" in asked else None], f"{page}: {asked}"


def test_all_packages_that_are_fetched_are_named_with_their_licence() -> None:
    """Those of requirements.lock for this machine."""
    page = (REPOSITORY / "THIRD_PARTY.md").read_text().replace("_", "-").lower()
    rows = [row.split("|")[2] for row in page.splitlines() if row.startswith("|")]
    named = {name.strip() for row in rows for name in re.sub(r"\(.*?\)", "", row).split(",")}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (REPOSITORY / "requirements.lock").read_text(), re.MULTILINE))
    installed = {one.metadata["Name"].replace("_", "-").lower() for one in distributions()}
    assert locked & installed <= named


@pytest.mark.parametrize("path", DOCUMENTS, ids=documents.name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in documents.links(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert not anchor or anchor in documents.anchors(target), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=documents.name)
def test_files_and_targets_that_are_named_are_there(path: Path) -> None:
    typed = documents.commands(path)
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", typed)) <= targets
    for name in re.findall(r"(?:^|(?<=[\s`=]))((?:crds|deploy|docs|examples|harness|operator|tests)/[\w./-]*)", typed):
        assert (REPOSITORY / name).exists(), name
