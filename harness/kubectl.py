"""The real kubectl, called with one kubeconfig."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml


class KubectlError(Exception):
    """kubectl ended with an error; the message is what it said."""


class Kubectl:
    """Runs `kubectl ARGUMENTS` against one cluster."""

    def __init__(self, program: Path, kubeconfig: Path) -> None:
        self.program = program
        self.kubeconfig = kubeconfig

    def __call__(
        self, *arguments: str | Path, stdin: str | None = None, check: bool = True, timeout: float = 120.0
    ) -> subprocess.CompletedProcess[str]:
        """The completed process, with text output. Raises KubectlError unless `check` is False."""
        done = subprocess.run(
            [str(self.program), *(str(argument) for argument in arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            env=os.environ | {"KUBECONFIG": str(self.kubeconfig)},
        )
        if check and done.returncode != 0:
            raise KubectlError(f"kubectl {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done

    def get(self, *arguments: str) -> Any:
        """`kubectl get ARGUMENTS -o json`, parsed: one object, or a List. Raises KubectlError."""
        return json.loads(self("get", *arguments, "-o", "json").stdout)

    def find(self, *arguments: str) -> Any:
        """Like `get` for one object, None where it does not exist. Raises KubectlError for anything else."""
        output = self("get", *arguments, "--ignore-not-found", "-o", "json").stdout
        return json.loads(output) if output.strip() else None

    def apply(self, *objects: dict[str, Any], check: bool = True) -> subprocess.CompletedProcess[str]:
        """Apply manifests on the server's side, as a user with `kubectl apply --server-side` would."""
        documents = yaml.safe_dump_all(objects, sort_keys=False)
        return self("apply", "--server-side", "-f", "-", stdin=documents, check=check)

    def as_user(self, kubeconfig: Path) -> Kubectl:
        """The same kubectl with another identity."""
        return Kubectl(self.program, kubeconfig)
