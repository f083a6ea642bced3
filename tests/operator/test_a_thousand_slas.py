"""1,000 SLAs of which 100 are wrong in ten ways: the others are right and on time, and each wrong one says why."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.audit import AuditLog
from harness.backfill import backfill
from harness.controlplane import ControlPlane
from harness.kubectl import Kubectl
from harness.operator_process import OperatorProcess
from harness.process import wait_until
from harness.programs import prometheus_programs
from harness.prometheus import Prometheus
from harness.promtool import Promtool
from harness.snapshot import Admin, Object, Ref
from platform_contracts.kube.objects import format_time
from tests.conftest import unique_name
from tests.operator.clocked import clocked
from tests.operator.ways_to_be_wrong import RIGHT, SLOW, UPSTREAM, WAYS, Way, objective, spec

pytestmark = pytest.mark.long

RIGHT_ONES, WRONG_OF_A_KIND = 900, 10
EVALUATION_SECONDS = 5
SCRAPE = 60
HOURS = 2
A_MINUTE = 60_000
BUILD_SECONDS = 300.0
# The upstream is right as well, and is none of the 900.
TOTAL = RIGHT_ONES + WRONG_OF_A_KIND * len(WAYS) + 1
LOOKS, FAILED_LOOKS = (
    rf'reconciles_total{{kind="SLA",result="{result}"}}' for result in (r"\w+", "(?:requeued|error)")
)
# Longer than new rules may go without numbers, and than it takes to write all of them.
LATER = timedelta(minutes=15)
# What stands for the name of an SLA, and how far back the operator looks for recorded series, and more.
NAME, RECENT = "NAME-OF-THE-SLA", "15m"


@dataclass(frozen=True)
class History:
    """Requests and failures in each minute, and what an SLA of 99.9 % over them must say."""

    job: str
    requests: int
    failures: int
    state: str
    sli: str | None = None
    remaining: str | None = None


HISTORIES = (
    History("met", A_MINUTE, 0, "Met", "100.0000", "100.0"),
    # 48 of the 60 failures a minute that are allowed.
    History("risky", A_MINUTE, 48, "AtRisk", "99.9200", "20.0"),
    History("broken", A_MINUTE, 180, "Breached", "99.7000", "-200.0"),
    History("idle", 0, 0, "Unknown"),
)


@dataclass
class Thousand:
    """All of them on the API server, and a Prometheus with their past.

    The operator first writes the rules. It then looks again a quarter of an hour later, as its clock says: by then
    rules that have brought no numbers are a fault. `end` is when the past ends, which is just before that.
    """

    home: str
    kubectl: Kubectl
    admin: Admin
    audit: AuditLog
    prometheus: Prometheus
    identity: Path
    folder: Path
    end: datetime

    def operator(self, now: datetime | None = None) -> AbstractContextManager[OperatorProcess]:
        """The operator, whose clock stands at that time, or shows the right one."""
        source = {"url": self.prometheus.url, "scrapeIntervalSeconds": SCRAPE}
        config = {
            "logging": {"format": "console"},
            "intervals": {"evaluationSeconds": EVALUATION_SECONDS},
            "dataSources": {"default": source, SLOW: {**source, "scrapeIntervalSeconds": 300}},
        }
        wrong = now - datetime.now(UTC) if now else timedelta()
        return clocked(self.folder, self.identity, config, wrong, still=now is not None)

    def sla(self, name: str, content: Object) -> Object:
        """The SLA of that spec."""
        content = json.loads(json.dumps(content).replace("HERE", self.home))
        metadata = {"name": name, "namespace": self.home}
        return {"apiVersion": "platformcontracts.io/v1alpha1", "kind": "SLA", "metadata": metadata, "spec": content}

    def slas(self) -> dict[str, Object]:
        """The live SLAs by name."""
        return {ref.name: sla for ref, sla in self.admin.list("slas").items() if ref.namespace == self.home}

    def written(self) -> bool:
        """Whether the operator has written the status of each."""
        return all(told(sla, "Ready") for sla in self.slas().values())

    def create(self) -> None:
        """All SLAs, the wrong ones among the right ones as they come, and what else it takes to be wrong."""
        labels = {"platformcontracts.io/provider": "true"}
        self.kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.home, "labels": labels}})
        self.admin.apply(self.service("payments"))
        for name in wrong("taken"):
            self.admin.apply(foreign(self.home, name))
        contracts = [self.sla(UPSTREAM, spec())]
        for number in range(RIGHT_ONES):
            name, history = right(number)
            selectors = {part: text.replace("met", history.job) for part, text in RIGHT.items()}
            contracts.append(self.sla(name, spec(objective({"ratio": selectors}))))
        contracts += [self.sla(name, way.spec) for way in WAYS for name in wrong(way.name)]
        contracts.sort(key=lambda obj: str(obj["metadata"]["name"])[::-1])
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.admin.apply, contracts))

    def service(self, name: str) -> Object:
        """A PlatformService."""
        return {**self.sla(name, {"owner": {"team": "payments"}}), "kind": "PlatformService"}

    def record(self) -> None:
        """Give Prometheus what it would have recorded by the rules that the operator has written.

        Rules that are the same but for the name of their SLA record the same: they are evaluated once.
        """
        alike: dict[str, list[str]] = defaultdict(list)
        for ref, obj in self.admin.list("prometheusrules").items():
            name = ref.name.removeprefix(f"sla-{self.home}.")
            if ref.namespace == self.home and obj["spec"]:
                alike[json.dumps(obj["spec"]["groups"]).replace(name, NAME)].append(name)
        groups = [group for rules, names in alike.items() for group in json.loads(rules.replace(NAME, names[0]))]
        for group in groups:
            group["rules"] += [recorded(rule) for rule in group["rules"] if rule["labels"].get("tier") == "part"]
        promtool = Promtool(self.prometheus.programs.promtool)
        backfill(self.prometheus, promtool, groups, self.end - timedelta(minutes=75), self.end)
        file = self.folder / "recorded.om"
        with file.open("w") as out:
            for first, *others in alike.values():
                for series in self.prometheus.query(f'{{sla="{first}"}}[{RECENT}]', self.end):
                    out.writelines(copies(series, others))
            out.write("# EOF\n")
        promtool.load_history(file, self.prometheus.data_folder)
        self.prometheus.restart()


def recorded(alert: Object) -> Object:
    """The series that Prometheus writes for an alert that fires, as a recording rule."""
    labels = {**alert["labels"], "alertname": alert["alert"], "alertstate": "firing"}
    return {"record": "ALERTS", "expr": f"0 * ({alert['expr']}) + 1", "labels": labels}


def copies(series: Object, slas: Iterable[str]) -> Iterator[str]:
    """Lines of OpenMetrics that say of other SLAs what a series says of one."""
    labels = dict(series["metric"])
    metric = labels.pop("__name__")
    for sla in slas:
        pairs = ",".join(f'{label}="{value}"' for label, value in {**labels, "sla": sla}.items())
        yield from (f"{metric}{{{pairs}}} {value} {moment}\n" for moment, value in series["values"])


def right(number: int) -> tuple[str, History]:
    """Name and history of one of the SLAs that are right."""
    return f"right-{number:03d}", HISTORIES[number % len(HISTORIES)]


def wrong(way: str) -> list[str]:
    """The SLAs that are wrong in that way."""
    return [f"wrong-{way}-{number}" for number in range(WRONG_OF_A_KIND)]


def foreign(home: str, sla: str) -> Object:
    """What somebody else made, where the operator's rules of an SLA would have to be."""
    metadata = {"name": f"sla-{home}.{sla}", "namespace": home}
    return {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": metadata, "spec": {}}


def write(path: Path, end: datetime) -> None:
    """The histories minute by minute, as OpenMetrics."""
    last = int(end.timestamp()) // SCRAPE
    moments = range(last - HOURS * 60, last + 1)
    lines = ["# TYPE http_requests counter"]
    for history in HISTORIES:
        for code, each in (("200", history.requests - history.failures), ("500", history.failures)):
            head = f'http_requests_total{{job="{history.job}",code="{code}"}}'
            lines += [f"{head} {each * (moment - moments[0])} {moment * SCRAPE}" for moment in moments]
    lines.append("# TYPE request_seconds histogram")
    for name, label in (("bucket", ',le="0.5"'), ("bucket", ',le="+Inf"'), ("count", ""), ("sum", "")):
        head = f'request_seconds_{name}{{job="met"{label}}}'
        lines += [f"{head} {A_MINUTE * (moment - moments[0])} {moment * SCRAPE}" for moment in moments]
    path.write_text("\n".join([*lines, "# EOF\n"]))


@pytest.fixture(scope="module")
def thousand(
    control_plane: ControlPlane, operator_identity: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Thousand]:
    folder, programs = tmp_path_factory.mktemp("thousand"), prometheus_programs()
    prometheus = Prometheus(folder / "prometheus", programs=programs, retention="30d")
    end = datetime.now(UTC) + LATER
    write(folder / "history.om", end)
    Promtool(programs.promtool).load_history(folder / "history.om", prometheus.data_folder)
    made = Thousand(
        home=unique_name("thousand"),
        kubectl=control_plane.kubectl,
        admin=Admin(control_plane.kubeconfig),
        audit=AuditLog(control_plane.audit_log),
        prometheus=prometheus,
        identity=operator_identity,
        folder=folder,
        end=end,
    )
    prometheus.start()
    try:
        made.create()
        with made.operator():
            wait_until(made.written, BUILD_SECONDS, "a status of each", every=1)
        made.record()
        yield made
    finally:
        prometheus.stop()
        made.kubectl("delete", "namespace", made.home, "--wait=false")


@pytest.fixture(scope="module")
def looked_at(thousand: Thousand) -> Iterator[OperatorProcess]:
    """The operator, after it has evaluated all of them at least once."""
    with thousand.operator(thousand.end + timedelta(seconds=30)) as operator:

        def complete() -> bool:
            slas = thousand.slas()
            return all(told(slas[right(number)[0]], "DataComplete")["status"] == "True" for number in range(RIGHT_ONES))

        wait_until(complete, BUILD_SECONDS, "the numbers of those that are right", every=1)
        looks = operator.total(LOOKS)
        # Twice: the first of them may have begun before.
        wait_until(lambda: operator.total(LOOKS) >= looks + 2 * TOTAL, BUILD_SECONDS, "an evaluation", every=1)
        yield operator


def told(sla: Object, type_: str) -> Object:
    """A condition of a live SLA, {} where it has none of that type."""
    return next((one for one in sla["status"].get("conditions", ()) if one["type"] == type_), {})


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.job)
def test_those_that_are_right_say_what_is_true(
    thousand: Thousand, looked_at: OperatorProcess, history: History
) -> None:
    slas, names = thousand.slas(), [name for name, of in map(right, range(RIGHT_ONES)) if of is history]
    assert len(names) == RIGHT_ONES / len(HISTORIES)
    expected = (history.state, history.sli, history.remaining, "True", "True")
    for name in names:
        (entry,) = slas[name]["status"]["objectives"]
        shown = (entry["state"], entry.get("sli"), entry.get("errorBudget", {}).get("remainingPercent"))
        assert (*shown, *(told(slas[name], type_)["status"] for type_ in ("Ready", "DataComplete"))) == expected, entry


def test_those_that_are_right_are_on_time(thousand: Thousand, looked_at: OperatorProcess) -> None:
    """What they show is the last that Prometheus has, and those that are wrong take no looks away from them."""
    newest = thousand.prometheus.value(
        'max(last_over_time(timestamp(sla:events:window{sla=~"right-.*"})[15m:1m]))', thousand.end
    )
    assert newest is not None
    shown = {
        entry["evaluatedTime"]
        for name, sla in thousand.slas().items()
        if name.startswith("right-")
        for entry in sla["status"]["objectives"]
        if entry["state"] != "Unknown"
    }
    assert shown == {format_time(datetime.fromtimestamp(newest, UTC))}

    assert looked_at.total(FAILED_LOOKS) < 0.1 * looked_at.total(LOOKS)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_each_that_is_wrong_says_what_to_change(thousand: Thousand, looked_at: OperatorProcess, way: Way) -> None:
    slas, (type_, status, reason) = thousand.slas(), way.condition
    for name in wrong(way.name):
        found = told(slas[name], type_)
        assert (found.get("status"), found.get("reason")) == (status, reason), slas[name]["status"]["conditions"]
        for part in way.says:
            assert part in found["message"]


def test_what_they_say_to_change_is_what_helps(thousand: Thousand, looked_at: OperatorProcess) -> None:
    """One of each kind, as its message asks; the other nine stay wrong."""
    for way in WAYS:
        name = wrong(way.name)[0]
        if way.right is not None:
            thousand.admin.apply(thousand.sla(name, way.right))
    thousand.admin.delete(Ref("prometheusrules", thousand.home, f"sla-{thousand.home}.{wrong('taken')[0]}"))
    thousand.admin.apply(thousand.service("ledger"))

    def complaints() -> list[str]:
        slas = thousand.slas()
        found = []
        for way in WAYS:
            type_, status, reason = way.condition
            said = told(slas[wrong(way.name)[0]], type_)
            if (said.get("status"), said.get("reason")) == (status, reason):
                found.append(f"{way.name}: {said}")
        return found

    wait_until(lambda: not complaints(), 90, "the end of every complaint", every=1)
    slas = thousand.slas()
    unready = [way.name for way in WAYS if told(slas[wrong(way.name)[0]], "Ready")["status"] != "True"]
    assert unready == []
    for way in WAYS:
        if way.name != "service":  # the one that was missing is there for all of them
            assert told(slas[wrong(way.name)[1]], way.condition[0])["reason"] == way.condition[2]
