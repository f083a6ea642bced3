"""One scene for all attacks: an operator that runs with deploy/'s rights and policies, and its tenants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.controlplane import ControlPlane
from harness.operator_process import OperatorProcess
from tests.operator.conftest import Platform
from tests.security.scene import CONFIG, Scene


@pytest.fixture(scope="module")
def scene(
    control_plane: ControlPlane, operator_identity: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """The tenants of a running platform; the operator must come through all of it without a traceback."""
    folder = tmp_path_factory.mktemp("security")
    operator = OperatorProcess(folder / "operator", operator_identity, CONFIG)
    operator.start_and_wait()
    try:
        yield Scene(Platform(control_plane.kubectl, operator), control_plane, operator_identity, folder)
        assert operator.complaints() == ""
    finally:
        operator.stop()
