"""A real Kubernetes control plane on loopback ports: etcd, kube-apiserver, kube-controller-manager.

There are no nodes. Everything lives in one folder: `pki/`, `etcd/`, `logs/`, `audit.log`, `kubeconfig` and
`ports.json`. Opened again on the same folder it comes back on the same ports with the same data.
"""

from __future__ import annotations

import json
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from harness import kubeconfig, pki
from harness.kubectl import Kubectl
from harness.ports import free_port
from harness.process import Process
from harness.programs import ControlPlanePrograms, control_plane_programs

AUDIT_POLICY = Path(__file__).with_name("audit-policy.yaml")
LOOPBACK = "127.0.0.1"

# What a cluster without nodes needs: tokens, namespaces that can be deleted, quotas that count, garbage
# collection, and admission policies whose types are checked.
CONTROLLERS = (
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "root-ca-certificate-publisher-controller",
    "namespace-controller",
    "resourcequota-controller",
    "garbage-collector-controller",
    "clusterrole-aggregation-controller",
    "validatingadmissionpolicy-status-controller",
)


class ControlPlane:
    """One control plane.

    `durable` keeps etcd's data safe against a power cut (slower); `detached` lets the processes outlive the
    starter.
    """

    def __init__(
        self,
        folder: Path,
        *,
        programs: ControlPlanePrograms | None = None,
        durable: bool = False,
        detached: bool = False,
    ) -> None:
        self.folder = folder
        self.programs = programs or control_plane_programs()
        folder.mkdir(parents=True, exist_ok=True)
        self.authority = pki.Authority(folder / "pki")
        pki.write_service_account_key(folder / "pki")
        self._ports = self._load_ports()
        self.kubeconfig = self.user_kubeconfig("admin", ["system:masters"], folder / "kubeconfig")
        self.kubectl = Kubectl(self.programs.kubectl, self.kubeconfig)
        self.audit_log = folder / "audit.log"
        self._tls = ssl.create_default_context(cadata=self.authority.certificate.decode())
        self.etcd = self._process("etcd", self._etcd_command(durable), detached)
        self.apiserver = self._process("kube-apiserver", self._apiserver_command(), detached)
        self.controller_manager = self._process("kube-controller-manager", self._controller_manager_command(), detached)

    @property
    def url(self) -> str:
        """The API server's base URL."""
        return f"https://{LOOPBACK}:{self._ports['apiserver']}"

    @property
    def etcd_url(self) -> str:
        """etcd's base URL, for its JSON gateway."""
        return f"http://{LOOPBACK}:{self._ports['etcd']}"

    @property
    def processes(self) -> list[Process]:
        """All processes, in the order in which they start."""
        return [self.etcd, self.apiserver, self.controller_manager]

    def start(self) -> None:
        """Start everything and wait until a ServiceAccount in a new namespace would work.

        Raises ProcessError with the end of a log when a part does not come up; nothing is left running then.
        """
        try:
            self.start_etcd()
            self.start_apiserver()
            self.controller_manager.start()
            self.controller_manager.wait_ready(self._controllers_ready)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything; the data stay."""
        for process in reversed(self.processes):
            process.stop()

    def start_etcd(self) -> None:
        """Start etcd and wait until it answers."""
        self.etcd.start()
        self.etcd.wait_ready(lambda: _answers(f"http://{LOOPBACK}:{self._ports['etcd']}/readyz"))

    def stop_etcd(self) -> None:
        """Kill etcd, as a crash would."""
        self.etcd.kill()

    def start_apiserver(self) -> None:
        """Start the API server on its port, with its data, and wait until it is ready."""
        self.apiserver.start()
        self.apiserver.wait_ready(self.ready)

    def stop_apiserver(self) -> None:
        """Kill the API server, as a crash would: no watch is ended in order."""
        self.apiserver.kill()

    def ready(self) -> bool:
        """Whether the API server says that it is ready."""
        return _answers(f"{self.url}/readyz", self._tls)

    def user_kubeconfig(self, user: str, groups: Sequence[str] = (), path: Path | None = None) -> Path:
        """A kubeconfig with a client certificate for this user; returns its path."""
        target = path or self.folder / "users" / f"{user.replace(':', '_').replace('/', '_')}.kubeconfig"
        client = self.authority.client(user, groups)
        return kubeconfig.write(target, kubeconfig.with_certificate(self.url, self.authority.certificate, client))

    def remove(self) -> None:
        """End everything and delete the folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _controllers_ready(self) -> bool:
        # The namespace `default` gets its ServiceAccount and the CA's ConfigMap from running controllers only.
        found = self.kubectl(
            "get", "serviceaccount/default", "configmap/kube-root-ca.crt", "-n", "default", check=False
        )
        return found.returncode == 0

    def _load_ports(self) -> dict[str, int]:
        path = self.folder / "ports.json"
        if not path.exists():
            path.write_text(json.dumps({name: free_port() for name in ("etcd", "etcd-peer", "apiserver")}))
        ports: dict[str, int] = json.loads(path.read_text())
        return ports

    def _process(self, name: str, command: list[str | Path], detached: bool) -> Process:
        return Process(name, command, self.folder / "logs" / f"{name}.log", folder=self.folder, detached=detached)

    def _etcd_command(self, durable: bool) -> list[str | Path]:
        client = f"http://{LOOPBACK}:{self._ports['etcd']}"
        peer = f"http://{LOOPBACK}:{self._ports['etcd-peer']}"
        return [
            self.programs.etcd,
            "--name=local",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=local={peer}",
            "--log-level=warn",
            *([] if durable else ["--unsafe-no-fsync"]),
        ]

    def _apiserver_command(self) -> list[str | Path]:
        keys = self.folder / "pki"
        if not (keys / "apiserver.crt").exists():
            self.authority.server([LOOPBACK, "localhost"]).write(keys, "apiserver")
        return [
            self.programs.apiserver,
            f"--etcd-servers=http://{LOOPBACK}:{self._ports['etcd']}",
            f"--bind-address={LOOPBACK}",
            f"--advertise-address={LOOPBACK}",
            f"--secure-port={self._ports['apiserver']}",
            # There is no Service network, and a loopback address is refused as an endpoint.
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.96.0.0/16",
            f"--cert-dir={keys}",
            f"--tls-cert-file={keys / 'apiserver.crt'}",
            f"--tls-private-key-file={keys / 'apiserver.key'}",
            f"--client-ca-file={keys / 'ca.crt'}",
            "--authorization-mode=RBAC",
            # As clusters are set up: Pod Security decides about privileged pods, not the API server by itself.
            "--allow-privileged=true",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={keys / 'sa.pub'}",
            f"--service-account-signing-key-file={keys / 'sa.key'}",
            f"--audit-policy-file={AUDIT_POLICY}",
            f"--audit-log-path={self.folder / 'audit.log'}",
            # One file: a rotated one would be missed by who reads along.
            "--audit-log-maxsize=0",
            "--max-requests-inflight=1000",
            "--max-mutating-requests-inflight=1000",
        ]

    def _controller_manager_command(self) -> list[str | Path]:
        keys = self.folder / "pki"
        config = self.user_kubeconfig(
            "system:kube-controller-manager", path=self.folder / "controller-manager.kubeconfig"
        )
        return [
            self.programs.controller_manager,
            f"--kubeconfig={config}",
            f"--authentication-kubeconfig={config}",
            f"--authorization-kubeconfig={config}",
            f"--controllers={','.join(CONTROLLERS)}",
            # Each controller as its own ServiceAccount, as in real clusters: the audit log tells them apart.
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={keys / 'sa.key'}",
            f"--root-ca-file={keys / 'ca.crt'}",
            "--leader-elect=false",
            "--secure-port=0",
            "--kube-api-qps=300",
            "--kube-api-burst=300",
        ]


def _answers(url: str, tls: ssl.SSLContext | None = None) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2, context=tls) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
