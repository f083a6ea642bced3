"""200 services, 200 SLAs and 200 consumers under constant live traffic: nothing is written unless something changed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from harness.audit import AuditLog, Event
from harness.controlplane import ControlPlane
from harness.operator_process import OperatorProcess
from harness.ports import free_port
from harness.process import wait_until
from harness.prometheus import Prometheus, Target
from harness.rbac import OPERATOR
from harness.snapshot import Admin, Object, Ref, differences
from tests.reliability.conftest import StartOperator
from tests.reliability.world import PLAN, PROVIDER, contract, member, namespace

pytestmark = pytest.mark.long

COUNT = 200
HOMES = 10
PLATFORM = "platform"
# Both the operator and Prometheus' rule groups look this often.
LOOK_SECONDS = 5
STEADY_LOOKS = 12
QUIET_SECONDS = 3 * LOOK_SECONDS
BUILD_SECONDS = 240.0


def service_name(number: int) -> str:
    return f"service-{number:03d}"


def home(number: int) -> str:
    return f"team-{number % HOMES}"


def service(number: int, pods: str = "20") -> Object:
    offer = {**PLAN, "quota": {**PLAN["quota"], "pods": pods}}
    onboarding = {"allowedConsumers": {"from": "All"}, "plans": [offer]}
    feedback = {"submitURL": "https://feedback.example.com/services"}
    spec = {"owner": {"team": "platform"}, "onboarding": onboarding, "feedback": feedback}
    return contract("PlatformService", PLATFORM, service_name(number), spec)


def sla(number: int) -> Object:
    """An SLA on the one job that all of them measure."""
    total = 'http_requests_total{service="shop"}'
    ratio = {"total": total, "errors": 'http_requests_total{service="shop",code=~"5.."}'}
    objective = {"name": "availability", "target": "90", "indicator": {"ratio": ratio}}
    spec = {"serviceRef": {"name": service_name(number)}, "objectives": [objective]}
    return contract("SLA", PLATFORM, service_name(number), spec)


def consumer(number: int) -> Object:
    spec = {
        "serviceRef": {"namespace": PLATFORM, "name": service_name(number)},
        "planName": "small",
        "members": [member("developers")],
    }
    return contract("PlatformConsumer", home(number), service_name(number), spec)


class ConstantTraffic(BaseHTTPRequestHandler):
    """A service whose counters grow with the clock: 1000 requests a second, of which each fiftieth fails.

    Exactly each fiftieth, from the first on: one more or less would show in the figures of the first minutes.
    """

    started = time.time()

    def do_GET(self) -> None:
        failed = int(20 * (time.time() - self.started))
        lines = ["# TYPE http_requests_total counter"]
        for code, count in ((200, 49 * failed), (500, failed)):
            lines.append(f'http_requests_total{{service="shop",code="{code}"}} {count}')
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(("\n".join(lines) + "\n").encode())

    def log_message(self, *_: object) -> None:
        """Scrapes are not worth a line."""


@dataclass
class Stage:
    """What both tests share."""

    admin: Admin
    audit: AuditLog
    prometheus: Prometheus
    operator: OperatorProcess

    def writes(self, mark: int) -> list[Event]:
        """The operator's writes since the mark."""
        return self.audit.events(mark, user=OPERATOR, writes_only=True)

    def goes_on(self) -> None:
        """Let the time of an evaluation pass, and the numbers of every SLA become others."""
        before = self._fewest_events()
        time.sleep(LOOK_SECONDS)
        wait_until(lambda: self._fewest_events() > before, BUILD_SECONDS, "the numbers of every SLA going on")

    def _fewest_events(self) -> float:
        fewest = self.prometheus.value('min(sla:events:window{sla=~"service-.*"})')
        assert fewest is not None
        return fewest

    def quiet(self) -> None:
        """Wait until the operator has written nothing for three evaluations."""
        mark, since = self.audit.mark(), time.monotonic()

        def nothing() -> bool:
            nonlocal mark, since
            if self.writes(mark):
                mark, since = self.audit.mark(), time.monotonic()
            return time.monotonic() - since > QUIET_SECONDS

        wait_until(nothing, BUILD_SECONDS, "the operator coming to rest")


@pytest.fixture(scope="module")
def stage(
    plane: ControlPlane, admin: Admin, start_operator: StartOperator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    shop = ThreadingHTTPServer(("127.0.0.1", free_port()), ConstantTraffic)
    Thread(target=shop.serve_forever, daemon=True).start()
    prometheus = Prometheus(
        tmp_path_factory.mktemp("prometheus"),
        targets=[Target("shop", f"127.0.0.1:{shop.server_port}")],
        scrape_interval=f"{LOOK_SECONDS}s",
    )
    try:
        prometheus.start()
        operator = start_operator(
            {
                "dataSources": {"default": {"url": prometheus.url, "scrapeIntervalSeconds": LOOK_SECONDS}},
                "intervals": {"evaluationSeconds": LOOK_SECONDS, "resyncSeconds": 30},
            }
        )
        yield Stage(admin, AuditLog(plane.audit_log), prometheus, operator)
    finally:
        prometheus.stop()
        shop.shutdown()


def build(stage: Stage) -> None:
    """Apply all contracts and wait until everybody is served and every SLA has numbers."""
    stage.admin.apply(namespace(PLATFORM, **PROVIDER), *[namespace(home(number)) for number in range(HOMES)])
    # SLAs first: their numbers take longest, and come while the consumers are onboarded.
    for make in (service, sla):
        apply_all(stage.admin, make)
    wait_until(lambda: len(stage.admin.list("prometheusrules")) == COUNT, BUILD_SECONDS, "the rules being written")
    load_rules(stage)
    apply_all(stage.admin, consumer)

    def served() -> bool:
        services = stage.admin.list("platformservices").values()
        states = [
            (status["consumers"]["summary"], status.get("sla", {}).get("state"))
            for status in (obj.get("status", {}) for obj in services)
            if "consumers" in status
        ]
        return states == [("1/1", "Met")] * COUNT

    wait_until(served, BUILD_SECONDS, "all being served and measured")
    stage.quiet()


def apply_all(admin: Admin, make: Callable[[int], Object]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: admin.apply(make(number)), range(COUNT)))


def load_rules(stage: Stage) -> None:
    """The operator's own rules, evaluated far more often than they ask for.

    The sums over time are then of more samples; ratios, which the status shows, stay what they are.
    """
    stage.prometheus.rules_folder.mkdir(exist_ok=True)
    for ref, obj in stage.admin.list("prometheusrules").items():
        groups = [{**group, "interval": f"{LOOK_SECONDS}s"} for group in obj["spec"]["groups"]]
        (stage.prometheus.rules_folder / f"{ref.name}.yaml").write_text(json.dumps({"groups": groups}))
    stage.prometheus.reload()


def test_nothing_is_written_in_steady_state(stage: Stage) -> None:
    build(stage)
    mark, statuses = stage.audit.mark(), stage.admin.list("slas")
    for _ in range(STEADY_LOOKS):
        stage.goes_on()
        assert [str(event) for event in stage.writes(mark)] == [], differences(statuses, stage.admin.list("slas"))


def test_a_restart_writes_nothing(stage: Stage) -> None:
    mark = stage.audit.mark()
    stage.operator.kill()
    stage.operator.start_and_wait()
    stage.quiet()
    assert [str(event) for event in stage.writes(mark)] == []


def test_foreign_marks_are_left_alone_and_a_changed_quota_is_followed_alone(stage: Stage) -> None:
    own = f"{home(3)}-{service_name(3)}"
    marked = [
        Ref("platformservices", PLATFORM, service_name(3)),
        Ref("slas", PLATFORM, service_name(3)),
        Ref("platformconsumers", home(3), service_name(3)),
        Ref("namespaces", "", own),
        Ref("namespaces", "", home(3)),
        Ref("namespaces", "", PLATFORM),
        Ref("resourcequotas", own, "platform-contracts"),
        Ref("limitranges", own, "platform-contracts"),
        Ref("networkpolicies", own, "platform-contracts"),
        Ref("rolebindings", own, "platform-contracts-developer"),
        Ref("prometheusrules", PLATFORM, f"sla-{PLATFORM}.{service_name(3)}"),
    ]
    mark = stage.audit.mark()
    for ref in marked:
        stage.admin.patch(ref, {"metadata": {"labels": {"example.com/l": "x"}, "annotations": {"example.com/a": "x"}}})
    # Followed later than all marks, so that their time has come when this one has been followed.
    stage.admin.apply(service(7, pods="30"))
    quota = Ref("resourcequotas", f"{home(7)}-{service_name(7)}", "platform-contracts")
    wait_until(
        lambda: (stage.admin.get(quota) or {})["spec"]["hard"]["pods"] == "30", 30, "the quota following its plan"
    )
    stage.quiet()
    writes = {
        (event.verb, event.resource, event.subresource, event.namespace, event.name) for event in stage.writes(mark)
    }
    assert writes == {
        ("patch", "resourcequotas", "", quota.namespace, quota.name),
        ("patch", "platformservices", "status", PLATFORM, service_name(7)),
        ("patch", "platformconsumers", "status", home(7), service_name(7)),
        # The alert's text says how much there is.
        ("patch", "prometheusrules", "", quota.namespace, quota.name),
    }
    assert len(stage.writes(mark)) == len(writes)
    for ref in marked:
        assert (stage.admin.get(ref) or {})["metadata"]["labels"]["example.com/l"] == "x"
