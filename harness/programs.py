"""The Go programs of the local cluster, built once from pinned modules and kept outside the checkout.

A module folder under `tools/` holds go.mod and go.sum; its programs land in
`$PLATFORM_CONTRACTS_CACHE/programs/<module>-<hash>/`, where the hash covers both files, the build flags and
the machine. So nothing is built twice, two versions live side by side, and a cached program needs no Go.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.cache import appearing, entry, locked
from harness.progress import Step, step

TOOLS = Path(__file__).parent / "tools"
KUBERNETES_VERSION = "v1.36.3"


class ProgramError(Exception):
    """A program cannot be had; the message says what to do about it."""


@dataclass(frozen=True)
class Module:
    """A Go module whose `tool` directives name the programs to build."""

    folder: Path
    title: str
    programs: tuple[str, ...]
    flags: tuple[str, ...]
    # A dependency and a file that it embeds but does not bring along, such as a web page that npm compiles.
    lacking: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name


CONTROL_PLANE = Module(
    TOOLS / "controlplane",
    "the control plane",
    # etcd's main package is called `server`.
    ("server", "kube-apiserver", "kube-controller-manager", "kubectl"),
    # Without the version kubectl stumbles over what the API server answers.
    ("-trimpath", "-ldflags", f"-s -w -X k8s.io/component-base/version.gitVersion={KUBERNETES_VERSION}"),
)
PROMETHEUS = Module(
    TOOLS / "prometheus",
    "Prometheus",
    ("prometheus", "promtool"),
    ("-trimpath", "-tags", "remove_all_sd,netgo", "-ldflags", "-s -w"),
)
ALERTMANAGER = Module(
    TOOLS / "alertmanager",
    "Alertmanager",
    ("alertmanager", "amtool"),
    ("-trimpath", "-tags", "netgo", "-ldflags", "-s -w"),
    lacking=("github.com/prometheus/alertmanager", "ui/app/dist/index.html"),
)
# What the bench compares with; nothing else needs it.
SLOTH = Module(TOOLS / "sloth", "Sloth", ("sloth",), ("-trimpath", "-ldflags", "-s -w"))
KIND = Module(TOOLS / "kind", "kind", ("kind",), ("-trimpath", "-ldflags", "-s -w"))
PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator"
# The kinds that this project may write; the other CRDs are megabytes of no use here.
PROMETHEUS_OPERATOR_CRDS = ("prometheusrules", "podmonitors")
POD_SECURITY = "k8s.io/pod-security-admission"


@dataclass(frozen=True)
class ControlPlanePrograms:
    """Paths of the programs that make up a control plane."""

    etcd: Path
    apiserver: Path
    controller_manager: Path
    kubectl: Path


@dataclass(frozen=True)
class PrometheusPrograms:
    """Paths of Prometheus' programs."""

    prometheus: Path
    promtool: Path


def control_plane_programs() -> ControlPlanePrograms:
    """The control plane's programs: KUBEBUILDER_ASSETS' where that folder has them, else built ones.

    Raises ProgramError.
    """
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    given = {path.name: path for path in Path(assets).iterdir()} if assets and Path(assets).is_dir() else {}
    if assets and not given:
        raise ProgramError(
            f"KUBEBUILDER_ASSETS names {assets}, which holds no programs; "
            "unset it, or point it at a folder with etcd and kube-apiserver"
        )
    wanted = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
    if not all(name in given for name in wanted):
        built = build(CONTROL_PLANE)
        given = {name: built / ("server" if name == "etcd" else name) for name in wanted} | given
    return ControlPlanePrograms(*(given[name] for name in wanted))


def prometheus_programs() -> PrometheusPrograms:
    """Prometheus and promtool, built where they are not yet. Raises ProgramError."""
    built = build(PROMETHEUS)
    return PrometheusPrograms(built / "prometheus", built / "promtool")


def prometheus_operator_crds() -> list[Path]:
    """The Prometheus Operator's own CRD files, downloaded and verified by go.sum. Raises ProgramError."""
    files = [f"monitoring.coreos.com_{plural}.yaml" for plural in PROMETHEUS_OPERATOR_CRDS]
    folder = TOOLS / "prometheus-operator"
    found = _fetched(
        "the Prometheus Operator's CRDs", folder, PROMETHEUS_OPERATOR, "example/prometheus-operator-crd", files
    )
    return [found / name for name in files]


def sloth_crd() -> Path:
    """The CRD file of Sloth's own controller, downloaded and verified by go.sum. Raises ProgramError."""
    name = "sloth.slok.dev_prometheusservicelevels.yaml"
    return _fetched("Sloth's CRD", SLOTH.folder, "github.com/slok/sloth", "pkg/kubernetes/gen/crd", [name]) / name


def pod_security_fixtures() -> Path:
    """Kubernetes' own pods for its Pod Security levels: `<level>/v1.<minor>/{pass,fail}/<check><number>.yaml`.

    They are those of the API server's version, downloaded and verified by go.sum. Raises ProgramError.
    """
    return _fetched(
        "Kubernetes' Pod Security fixtures", CONTROL_PLANE.folder, POD_SECURITY, "test/testdata", ["*/v*/*/*.yaml"]
    )


def _fetched(title: str, folder: Path, module: str, root: str, patterns: Sequence[str]) -> Path:
    """A folder with those files of a Go module that match below its folder `root`; go.mod in `folder` has its version.

    Raises ProgramError.
    """
    target = entry(module.rpartition("/")[2], folder, root, *patterns)
    if not target.is_dir():
        with locked(target), step(f"Fetching {title}"):
            if not target.is_dir():
                source = Path(json.loads(_go(folder, "mod", "download", "-json", module))["Dir"]) / root
                with appearing(target) as copy:
                    for path in (path for pattern in patterns for path in source.glob(pattern)):
                        (copy / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
                        shutil.copyfile(path, copy / path.relative_to(source))
    return target


def build(module: Module) -> Path:
    """The folder with the module's programs, built first unless cached. Raises ProgramError."""
    target = entry(module.name, module.folder, *module.flags, *module.lacking)
    if not target.is_dir():
        with locked(target):
            # Another process may have built it while this one waited for the lock.
            if not target.is_dir():
                _build(module, target)
    return target


def _build(module: Module, target: Path) -> None:
    _require_go()
    title = f"Building {module.title} from source (once, takes minutes)"
    with step(title) as current, appearing(target) as scratch, _sources(module) as folder:
        current.detail = "fetching modules"
        packages = len(_go(folder, "list", "-deps", *module.flags, "tool").split())
        current.detail = f"compiling {packages} packages"
        environment = _environment() | {"GOBIN": str(scratch)}
        with subprocess.Popen(
            ["go", "install", "-v", *module.flags, "tool"],
            cwd=folder,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            lines = _follow(process, current, packages)
        if process.returncode != 0:
            raise ProgramError(
                f"building {module.name} failed; `cd {module.folder} && go install tool` shows the same:\n"
                + "\n".join(lines[-15:])
            )
        missing = [name for name in module.programs if not (scratch / name).is_file()]
        if missing:
            raise ProgramError(f"{module.folder}/go.mod has no tool directive for {', '.join(missing)}: add one")


@contextmanager
def _sources(module: Module) -> Iterator[Path]:
    """The folder to build in: the module's own, or a copy beside a dependency that has what it lacks, empty."""
    if not module.lacking:
        yield module.folder
        return
    dependency, file = module.lacking
    download = json.loads(_go(module.folder, "mod", "download", "-json", dependency))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copytree(module.folder, folder, dirs_exist_ok=True)
        with zipfile.ZipFile(download["Zip"]) as archive:
            archive.extractall(folder)
        # A replacement must not have an @ in its path.
        source = (folder / f"{dependency}@{download['Version']}").rename(folder / "dependency")
        (source / file).parent.mkdir(parents=True)
        (source / file).touch()
        _go(folder, "mod", "edit", f"-replace={dependency}=./dependency")
        yield folder


def _follow(process: subprocess.Popen[str], current: Step, packages: int) -> list[str]:
    """Count the packages that `go install -v` names; return all lines for an error's sake."""
    lines: list[str] = []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line.rstrip())
        current.detail = f"{min(len(lines), packages)} of {packages} packages compiled"
    return lines


def _environment() -> dict[str, str]:
    """A Go environment in which the user's own flags and workspaces change nothing."""
    clean = {"GOFLAGS": "-mod=readonly", "GOWORK": "off", "CGO_ENABLED": "0"}
    return {name: value for name, value in os.environ.items() if name not in ("GOOS", "GOARCH")} | clean


def _require_go() -> None:
    """Raises ProgramError where Go is missing or too old to fetch the version that go.mod asks for."""
    advice = "install Go 1.21 or newer from https://go.dev/dl/ (it fetches the exact version by itself)"
    if shutil.which("go") is None:
        raise ProgramError(f"Go is needed to build the local cluster, and there is no `go` in PATH: {advice}")
    answer = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, cwd="/", check=False)
    found = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    if not found or (int(found[1]), int(found[2])) < (1, 21):
        raise ProgramError(f"Go {answer.stdout.strip() or 'of unknown version'} is too old: {advice}")


def _go(folder: Path, *arguments: str) -> str:
    _require_go()
    done = subprocess.run(
        ["go", *arguments], cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ProgramError(
            f"`go {' '.join(arguments[:2])}` failed in {folder}; check the network and GOPROXY: "
            f"{done.stderr.strip()[-800:]}"
        )
    return done.stdout


if __name__ == "__main__":
    try:
        print(control_plane_programs().apiserver.parent)
        print(prometheus_programs().prometheus.parent)
        print(build(ALERTMANAGER))
        print(prometheus_operator_crds()[0].parent)
        print(pod_security_fixtures())
    except ProgramError as error:
        sys.exit(f"error: {error}")
