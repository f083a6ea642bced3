"""The page of a running operator, read with real identities: it shows what kubectl shows them, and no more."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from harness import kubeconfig
from harness.controlplane import ControlPlane
from harness.form import Answer, open_link
from harness.kubectl import Kubectl
from harness.process import wait_until
from tests.operator.conftest import Eventually, Object, Platform

RATIO = {"ratio": {"total": 'requests_total{job="a"}', "errors": 'requests_total{job="a",code="500"}'}}
ACCOUNTS = "readers"


@pytest.fixture(scope="module")
def operator_config() -> Object:
    return {"logging": {"format": "console"}, "web": {"publicServices": ["page-public/status"]}}


@dataclass
class Scene:
    """Two providers, two consumers, and the accounts of those who read about them."""

    platform: Platform
    plane: ControlPlane

    def read(self, path: str, token: str | None = None) -> Answer:
        """A page as somebody with that token reads it."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return open_link(self.platform.operator.page_url + path, headers=headers)

    def account(self, name: str, *bindings: tuple[str, str]) -> str:
        """A ServiceAccount with these ClusterRoles, each in a namespace, or everywhere where that is empty; its
        token."""
        kubectl = self.platform.kubectl
        kubectl("create", "serviceaccount", name, "-n", ACCOUNTS)
        for number, (role, namespace) in enumerate(bindings):
            subject = f"--serviceaccount={ACCOUNTS}:{name}"
            kind = ["rolebinding", f"{name}-{number}", "-n", namespace] if namespace else ["clusterrolebinding", name]
            kubectl("create", *kind, f"--clusterrole={role}", subject)
        return self.token(name)

    def token(self, name: str, *arguments: str) -> str:
        """A token of a ServiceAccount."""
        return self.platform.kubectl("create", "token", name, "-n", ACCOUNTS, *arguments).stdout.strip()

    def as_reader(self, token: str, folder: Path) -> Kubectl:
        """kubectl with that token."""
        path = kubeconfig.write(folder / "reader.kubeconfig", kubeconfig.with_token(self.plane.kubeconfig, token))
        return self.platform.kubectl.as_user(path)


@pytest.fixture(scope="module")
def scene(platform: Platform, control_plane: ControlPlane) -> Scene:
    found = Scene(platform, control_plane)
    for name in (ACCOUNTS, "page-public", "page-inner", "page-a", "page-b"):
        platform.kubectl("create", "namespace", name)
    for name in ("page-public", "page-inner"):
        platform.kubectl("label", "namespace", name, "platformcontracts.io/provider=true")
    owner = {"team": "owners", "contacts": [{"name": "chat", "type": "Slack", "value": "#secret-channel"}]}
    objectives = [{"name": "availability", "target": "99.9", "indicator": RATIO}]
    for namespace, name in (("page-public", "status"), ("page-inner", "payments")):
        platform.service(namespace, name, owner=owner, displayName=f"The {name} service")
        platform.apply("SLA", namespace, f"{name}-promise", {"serviceRef": {"name": name}, "objectives": objectives})
    for home in ("page-a", "page-b"):
        platform.consumer(home, "page-inner", team=f"People of {home}")
        platform.ready("platformconsumer", home)
    platform.wait("platformservice", "page-inner", "payments", "Ready", "True")
    wait_until(lambda: "-promise" in found.read("/services/page-public/status").text, 30, "the page knowing the SLA")
    return found


READERS = {
    "provider": [("platformcontracts-provider", "page-inner"), ("platformcontracts-approver", "")],
    "approver": [("platformcontracts-approver", ""), ("platformcontracts-view", "page-inner")],
    "team-a": [("view", "page-inner"), ("platformcontracts-consumer", "page-a")],
    "member": [("platformcontracts-consumer", "page-b")],
    "everything": [("cluster-admin", "")],
    "nobody": [],
}


@pytest.mark.parametrize("who", READERS)
def test_the_page_says_what_kubectl_says(scene: Scene, tmp_path: Path, who: str) -> None:
    token = scene.account(who, *READERS[who])
    kubectl = scene.as_reader(token, tmp_path)

    def may(*arguments: str) -> bool:
        return kubectl(*arguments, check=False).returncode == 0

    page = scene.read("/services/page-inner/payments", token)
    inner = ["-n", "page-inner"]
    assert (page.status == 200) == may("get", "psvc", "payments", *inner)
    assert ("#secret-channel" in page.text) == may("get", "psvc", "payments", *inner)
    assert ("payments-promise" in page.text) == (page.status == 200 and may("get", "sla", *inner))
    for home in ("page-a", "page-b"):
        listed = may("get", "pcon", "-n", home)
        assert (f"People of {home}" in page.text) == (page.status == 200 and listed)
        own = scene.read(f"/consumers/{home}/payments", token)
        assert (own.status == 200) == may("get", "pcon", "payments", "-n", home)
        assert (f"People of {home}" in scene.read("/consumers", token).text) == listed
    assert ("The payments service" in scene.read("/", token).text) == may("get", "psvc", *inner)


def test_without_a_token_there_is_the_public_service_alone(scene: Scene) -> None:
    everything = scene.read("/")
    assert "The status service" in everything.text
    assert "payments" not in everything.text
    page = scene.read("/services/page-public/status")
    assert page.status == 200
    assert "status-promise" in page.text
    assert "#secret-channel" not in page.text
    for path in ("/services/page-inner/payments", "/consumers/page-a/payments"):
        hidden = scene.read(path)
        absent = scene.read(f"{path}-that-is-not")
        assert (hidden.status, hidden.text) == (404, absent.text)


def test_a_forged_token_is_none(scene: Scene) -> None:
    token = scene.account("forger", ("cluster-admin", ""))
    head, body, signature = token.split(".")
    other = signature[:-8] + ("B" * 8 if signature.endswith("A" * 8) else "A" * 8)
    key = ec.generate_private_key(ec.SECP256R1())
    signed = _signed(json.loads(_decoded(head)), json.loads(_decoded(body)), key)
    unsigned = ".".join((_encoded({"alg": "none"}), body, ""))
    for forged in (f"{head}.{body}.{other}", signed, unsigned, "abc", "system:admin"):
        assert scene.read("/services/page-inner/payments", forged).status == 401
    assert scene.read("/services/page-inner/payments", token).status == 200


def test_an_expired_token_is_none(scene: Scene) -> None:
    token = scene.account("late", ("cluster-admin", ""))
    head, body, _ = token.split(".")
    claims = json.loads(_decoded(body))
    key = serialization.load_pem_private_key((scene.plane.folder / "pki" / "sa.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now = int(time.time())
    renewed = _signed(json.loads(_decoded(head)), claims | {"exp": now + 600}, key)
    expired = _signed(json.loads(_decoded(head)), claims | {"iat": now - 900, "nbf": now - 900, "exp": now - 60}, key)
    assert scene.read("/services/page-inner/payments", renewed).status == 200
    assert scene.read("/services/page-inner/payments", expired).status == 401


def test_a_token_for_another_program_is_none(scene: Scene) -> None:
    scene.account("elsewhere", ("cluster-admin", ""))
    token = scene.token("elsewhere", "--audience=https://other.example.com")
    assert scene.read("/services/page-inner/payments", token).status == 401


def test_who_is_gone_and_what_was_taken_away_shows_no_more(scene: Scene, eventually: Eventually) -> None:
    kubectl = scene.platform.kubectl
    reader, leaver = (scene.account(name, ("view", "page-inner")) for name in ("reader", "leaver"))
    path = "/services/page-inner/payments"
    assert {scene.read(path, token).status for token in (reader, leaver)} == {200}
    kubectl("delete", "rolebinding", "reader-0", "-n", "page-inner")
    kubectl("delete", "serviceaccount", "leaver", "-n", ACCOUNTS)
    eventually(lambda: scene.read(path, reader).status == 404, "the right being gone from the page")
    eventually(lambda: scene.read(path, leaver).status == 401, "the account being gone from the page")


def test_no_token_is_logged(scene: Scene) -> None:
    token = scene.account("quiet", ("view", "page-inner"))
    scene.read(f"/services/{token}/x?token={token}", token)
    scene.read("/services/page-inner/payments", token)
    log = scene.platform.operator.log.read_text()
    assert token not in log
    assert token.split(".")[1] not in log


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(claims: Object) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


def _signed(head: Object, claims: Object, key: ec.EllipticCurvePrivateKey) -> str:
    said = f"{_encoded(head)}.{_encoded(claims)}"
    pair = decode_dss_signature(key.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
    signature = b"".join(number.to_bytes(32) for number in pair)
    return f"{said}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
