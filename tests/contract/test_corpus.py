"""Good and bad manifests, which pydantic and the API server judge alike and refuse in the same words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from platform_contracts.api import InvalidSpec, parse
from tests.contract.conftest import Refusal, Server
from tests.contract.corpus import KINDS, Refused, refused, taken

REFUSED = refused()
TAKEN = taken()
# How a refusal shows what would be valid: an example, the allowed values, or the bound that was broken.
VALID_SHOWN = (
    "for example",
    "supported values",
    "may not be more than",
    "must be of type",
    "Duplicate value",
    "at most",
)


def _plain(path: str) -> str:
    """A path with map keys after a dot; the API server writes `quota.pods` for a type, `quota[pods]` for a rule."""
    return re.sub(r"\[([^\]]*[^\]0-9][^\]]*)\]", r".\1", path)


def test_the_corpus_is_large_enough_and_covers_every_kind() -> None:
    assert len(REFUSED) >= 200
    assert {case.kind.name for case in REFUSED} == {manifest["kind"] for _, manifest in TAKEN} == set(KINDS)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.path.stem)
def test_the_api_server_refuses_and_names_the_field(case: Refused, server: Server) -> None:
    refusal = server.create(case.kind, case.manifest)

    assert isinstance(refusal, Refusal), "the API server takes it"
    assert any(shown in refusal.message for shown in VALID_SHOWN), refusal.message
    expected = case.message or case.server
    assert expected is not None
    assert any(
        _plain(cause.field) == (_plain(case.field) or "<nil>") and expected in cause.message for cause in refusal.causes
    ), refusal
    assert all("no such key" not in cause.message for cause in refusal.causes), "a rule broke on what is missing"


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.path.stem)
def test_the_models_refuse_and_name_the_field(case: Refused) -> None:
    with pytest.raises(InvalidSpec) as error:
        parse(case.kind, case.manifest)

    matching = [message for message in error.value.messages if _plain(message).startswith(_plain(case.field))]
    assert matching, error.value.messages
    if case.message is not None:
        assert any(case.message in message for message in matching), matching


@pytest.mark.parametrize(
    ("path", "manifest"), TAKEN, ids=[f"{path.stem}-{manifest['metadata']['name']}" for path, manifest in TAKEN]
)
def test_both_judges_take_what_is_good(path: Path, manifest: dict[str, Any], server: Server) -> None:
    kind = KINDS[manifest["kind"]]

    stored = server.create(kind, manifest)

    assert isinstance(stored, dict), stored
    # What the defaults of the schema add is what the models add.
    assert parse(kind, stored) == parse(kind, manifest)


@pytest.mark.parametrize(
    ("path", "manifest"), TAKEN, ids=[f"{path.stem}-{manifest['metadata']['name']}" for path, manifest in TAKEN]
)
def test_models_write_what_they_read(path: Path, manifest: dict[str, Any]) -> None:
    kind = KINDS[manifest["kind"]]
    spec = parse(kind, manifest)

    written = spec.model_dump(mode="json", by_alias=True, exclude_none=True)

    assert parse(kind, {**manifest, "spec": written}) == spec
