"""A control plane with everything that the operator meets in a cluster, for as long as something is tried on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import rbac
from harness.controlplane import ControlPlane
from harness.installation import install_crds
from harness.programs import prometheus_operator_crds


@contextmanager
def prepared_cluster(folder: Path, *, used: Path | None = None) -> Iterator[ControlPlane]:
    """A running control plane in `folder`, with this project's CRDs and the Prometheus Operator's.

    At its end the rights that the operator used are written to the folder `used`, where one is named.
    """
    plane = ControlPlane(folder)
    plane.start()
    try:
        install_crds(plane.kubectl)
        install_crds(plane.kubectl, *prometheus_operator_crds())
        yield plane
    finally:
        plane.stop()
        if used is not None:
            rbac.record(plane.audit_log, used)
