"""Data sources that ask who one is: a real Prometheus behind TLS and a password, and a tenant's gateway before one."""

from __future__ import annotations

import base64
import ssl
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web

from harness.pki import Authority
from harness.ports import free_port
from harness.process import Process
from harness.programs import prometheus_programs
from harness.prometheus import Prometheus
from platform_contracts.config import DataSource
from platform_contracts.prometheus.client import PrometheusClient, QueryError

USER, PASSWORD = "operator", "a-password-for-tests"
# bcrypt of the password, with the lowest cost.
PASSWORD_HASH = "$2b$04$abcdefghijklmnopqrstuuVaJbnoKncQTH68CmbfmUOAthVwB4ZZa"
ANSWER = [({}, 14.4)]


@dataclass(frozen=True)
class Secured:
    """A Prometheus that demands a client certificate and a password, and the folder of what opens it."""

    url: str
    folder: Path

    def settings(self, **others: Any) -> dict[str, Any]:
        """The data source's configuration, as a file would have it, with everything that is asked for."""
        complete = {
            "url": self.url,
            "caFile": self.folder / "ca.crt",
            "clientCertificate": {
                "certificateFile": self.folder / "operator.crt",
                "keyFile": self.folder / "operator.key",
            },
            "basicAuth": {"username": USER, "passwordFile": self.folder / "password"},
        } | others
        return {name: value for name, value in complete.items() if value is not None}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder, port = tmp_path_factory.mktemp("secured"), free_port()
    authority = Authority(folder)
    authority.server(["127.0.0.1"]).write(folder, "server")
    authority.client(USER).write(folder, "operator")
    (folder / "password").write_text(f"{PASSWORD}\n")
    (folder / "prometheus.yml").write_text("{}")
    tls = {
        "cert_file": "server.crt",
        "key_file": "server.key",
        "client_ca_file": "ca.crt",
        "client_auth_type": "RequireAndVerifyClientCert",
    }
    web_config = {"tls_server_config": tls, "basic_auth_users": {USER: PASSWORD_HASH}}
    (folder / "web.yml").write_text(yaml.safe_dump(web_config))
    url = f"https://127.0.0.1:{port}"
    process = Process(
        "prometheus behind TLS",
        [
            prometheus_programs().prometheus,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--web.config.file={folder / 'web.yml'}",
            f"--web.listen-address=127.0.0.1:{port}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--log.level=warn",
        ],
        folder / "prometheus.log",
        folder=folder,
    )

    def ready() -> bool:
        trust = ssl.create_default_context(cafile=folder / "ca.crt")
        trust.load_cert_chain(folder / "operator.crt", folder / "operator.key")
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(f"{url}/-/ready", headers={"Authorization": f"Basic {pair}"})
        try:
            with urllib.request.urlopen(request, context=trust, timeout=5):
                return True
        except OSError:
            return False

    process.start()
    try:
        process.wait_ready(ready)
        yield Secured(url, folder)
    finally:
        process.stop()


@asynccontextmanager
async def client(settings: dict[str, Any]) -> AsyncIterator[PrometheusClient]:
    opened = PrometheusClient(DataSource.model_validate(settings))
    try:
        yield opened
    finally:
        await opened.close()


async def ask(opened: PrometheusClient) -> Any:
    return await opened.query("vector(14.4)", datetime.now(UTC))


async def test_tls_a_client_certificate_and_a_password_open_it(secured: Secured) -> None:
    async with client(secured.settings()) as opened:
        assert await ask(opened) == ANSWER
        assert await opened.query_all({"a": "vector(1)", "b": "vector(2)"}, datetime.now(UTC)) == {
            "a": [({}, 1.0)],
            "b": [({}, 2.0)],
        }


@pytest.mark.parametrize(
    ("without", "reason", "said"),
    [
        ({"basicAuth": None}, "PrometheusError", "refused the operator's credentials"),
        ({"clientCertificate": None}, "PrometheusUnavailable", "correct url or clientCertificate of the data source"),
        ({"caFile": None}, "PrometheusUnavailable", "certificate is not trusted for this host; correct caFile or url"),
        (
            {"basicAuth": {"username": USER, "passwordFile": Path("/nowhere")}},
            "PrometheusError",
            "basicAuth.passwordFile cannot be read",
        ),
    ],
    ids=["no password", "no client certificate", "no authority", "no file"],
)
async def test_what_is_missing_is_said_by_its_setting(
    secured: Secured, without: dict[str, Any], reason: str, said: str
) -> None:
    async with client(secured.settings(**without)) as opened:
        with pytest.raises(QueryError) as caught:
            await ask(opened)
    assert caught.value.reason == reason
    assert said in caught.value.message
    assert PASSWORD not in caught.value.message


async def test_a_name_that_the_certificate_does_not_bear_is_refused(secured: Secured) -> None:
    async with client(secured.settings(url=secured.url.replace("127.0.0.1", "localhost"))) as opened:
        with pytest.raises(QueryError, match="not trusted for this host"):
            await ask(opened)


async def test_files_that_change_are_read_anew(secured: Secured, tmp_path: Path) -> None:
    """As the kubelet renews a mounted Secret: wrong first, then right, under one client."""
    authority = Authority(tmp_path / "other")
    authority.client(USER).write(tmp_path, "operator")
    (tmp_path / "ca.crt").write_bytes(authority.certificate)
    (tmp_path / "password").write_text("wrong")
    async with client(Secured(secured.url, tmp_path).settings()) as opened:
        for name, said in (
            ("ca.crt", "certificate is not trusted"),
            ("operator.crt", "ended the TLS handshake"),
            # The certificate is the new one, its key still the old: a Secret that is half taken up.
            ("operator.key", "clientCertificate is no certificate with its unencrypted key"),
            ("password", "refused the operator's credentials"),
        ):
            with pytest.raises(QueryError, match=said):
                await ask(opened)
            (tmp_path / name).write_bytes((secured.folder / name).read_bytes())
        assert await ask(opened) == ANSWER


@asynccontextmanager
async def gateway(prometheus: Prometheus, seen: list[dict[str, str]]) -> AsyncIterator[str]:
    """What stands before Mimir: it lets in who names the tenant, and passes the query on."""

    async def forward(request: web.Request) -> web.Response:
        if request.headers.get("X-Scope-OrgID") != "platform":
            return web.Response(status=401, text="no org id")
        seen.append(dict(request.query))
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{prometheus.url}/api/v1/query", params=request.query, data=dict(await request.post())
            ) as answer,
        ):
            return web.Response(status=answer.status, body=await answer.read(), content_type="application/json")

    app = web.Application()
    app.router.add_post("/prometheus/api/v1/query", forward)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/prometheus"
    finally:
        await runner.cleanup()


async def test_a_tenant_is_named_in_a_header_and_parameters_go_with_every_query(prometheus: Prometheus) -> None:
    seen: list[dict[str, str]] = []
    parameters = {"dedup": "true", "partial_response": "false"}
    async with gateway(prometheus, seen) as url:
        settings = {"url": url, "headers": {"X-Scope-OrgID": "platform"}, "queryParameters": parameters}
        async with client(settings) as opened:
            assert await ask(opened) == ANSWER
            assert await ask(opened) == ANSWER
        assert seen == [parameters, parameters]
        async with client({**settings, "headers": {"X-Scope-OrgID": "another"}}) as opened:
            with pytest.raises(QueryError, match="refused the operator's credentials"):
                await ask(opened)
