"""What GitOps and `kubectl wait` make of each state: a breach is Current, waiting is InProgress, a mistake is Failed.

The table is the specification of Ready, Reconciling and Stalled. It is complete: a reason that the code knows and the
table does not fails the last test.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import platform_contracts
from platform_contracts.api.feedback import FeedbackState
from platform_contracts.kube.conditions import find
from platform_contracts.kube.objects import Object
from tests.operator.situations import SITUATIONS

if TYPE_CHECKING:
    from conftest import Platform

TABLE = """
PlatformService                                  Ready  Reconciling  Stalled  reason                   kstatus
it was just created                              -      -            -        -                        InProgress
it was just edited                               True   False        False    Serving                  InProgress
it has no consumers yet                          True   False        False    Serving                  Current
a consumer of it is not let in                   True   False        False    Serving                  Current
its SLA is breached                              True   False        False    Serving                  Current
it is deprecated                                 True   False        False    Serving                  Current
its spec cannot be read                          False  False        True     InvalidSpec              Failed
its namespace is no provider's                   False  False        True     NotAProvider             Failed
a plan of it has a role that is not allowed      False  False        True     PlanInvalid              Failed
a link of it has a host that is not allowed      False  False        True     LinkNotAllowed           Failed
a plan of it names an SLA that does not exist    False  False        True     SLANotFound              Failed
its successor does not exist                     False  False        True     SuccessorNotFound        Failed
an entry's PlatformConsumer is somebody else's   False  False        True     ConsumerConflict         Failed
an entry's namespace would have too long a name  False  False        True     ConsumerNameTooLong      Failed
the API server refused a write                   False  False        True     WriteRefused             Failed

PlatformConsumer                                 Ready  Reconciling  Stalled  reason                   kstatus
it was just created                              -      -            -        -                        InProgress
it was just edited                               True   False        False    Onboarded                InProgress
its namespace is ready                           True   False        False    Onboarded                Current
its namespace was deleted and is made again      False  True         False    NamespaceDeleted         InProgress
its namespace is being deleted                   False  True         False    NamespaceTerminating     InProgress
it is being deleted                              True   False        False    Onboarded                Terminating
its spec cannot be read                          False  False        True     InvalidSpec              Failed
its service does not exist                       False  False        True     ServiceNotFound          Failed
its service's namespace is no provider's         False  False        True     NotAProvider             Failed
its service's spec cannot be read                False  False        True     ServiceInvalid           Failed
its service does not allow it                    False  False        True     NotAllowed               Failed
it waits for a decision                          False  True         False    AwaitingApproval         InProgress
its request was denied                           False  False        True     Denied                   Failed
it was denied after it was ready                 False  False        True     Denied                   Failed
it was ready when its service was suspended      True   False        False    Suspended                Current
it was not when its service was suspended        False  True         False    Suspended                InProgress
it was changed while its service is suspended    False  True         False    Suspended                InProgress
it was changed while its service only observes   False  True         False    Observed                 InProgress
its service only observes                        False  True         False    Observed                 InProgress
its service takes nobody new                     False  False        True     ServiceDeprecated        Failed
its plan does not exist                          False  False        True     PlanNotFound             Failed
its plan is wrong                                False  False        True     PlanInvalid              Failed
its namespace would have too long a name         False  False        True     NamespaceNameInvalid     Failed
its namespace's name is protected                False  False        True     NamespaceProtected       Failed
its namespace's name is not under its home's     False  False        True     NamespaceNameNotAllowed  Failed
its namespace's name is taken                    False  False        True     NamespaceConflict        Failed
a namespace to adopt has not consented           False  True         False    AwaitingConsent          InProgress
a namespace to adopt has just consented          False  True         False    NamespacePending         InProgress
it asks for more namespaces than its plan gives  False  False        True     TooManyNamespaces        Failed
a namespace that it left holds its budget        False  False        True     BudgetExceeded           Failed
a namespace that it left is being deleted        False  True         False    NamespaceLeaving         InProgress
it uses more than it asks for                    False  False        True     DoesNotFit               Failed
a share of its plan is too small for a pod       False  False        True     ShareTooSmall            Failed
its shares are moving                            False  True         False    SharesMoving             InProgress
its home has as many namespaces as it may        False  False        True     NamespaceLimit           Failed
a foreign object bears a name of ours            False  False        True     ObjectConflict           Failed
a member is one of Kubernetes' own               False  False        True     MemberNotAllowed         Failed
a member's role is not in the plan               False  False        True     RoleNotFound             Failed
the API server refused a write                   False  False        True     WriteRefused             Failed

SLA                                              Ready  Reconciling  Stalled  reason                   kstatus
it was just created                              -      -            -        -                        InProgress
it was just edited                               True   False        False    RulesWritten             InProgress
its rules are written, nothing is measured       True   False        False    RulesWritten             Current
it is met                                        True   False        False    RulesWritten             Current
it is at risk                                    True   False        False    RulesWritten             Current
it is breached                                   True   False        False    RulesWritten             Current
Prometheus is away                               True   False        False    RulesWritten             Current
Prometheus has not loaded its rules              True   False        False    RulesWritten             Current
its time is over                                 True   False        False    Ended                    Current
its spec cannot be read                          False  False        True     InvalidSpec              Failed
its namespace is no provider's                   False  False        True     NotAProvider             Failed
its service does not exist                       False  False        True     ServiceNotFound          Failed
its service's spec cannot be read                False  False        True     ServiceInvalid           Failed
its data source is not configured                False  False        True     UnknownDataSource        Failed
a selector is no PromQL                          False  False        True     InvalidSelector          Failed
an alert label is the operator's                 False  False        True     InvalidAlerting          Failed
a burn-rate tier can never fire                  False  False        True     ImpossibleTier           Failed
its calendar's time zone is unknown              False  False        True     UnknownTimeZone          Failed
its runbook has a host that is not allowed       False  False        True     LinkNotAllowed           Failed
its rule object's name is taken                  False  False        True     RulesNameTaken           Failed
its rules are more than an object holds          False  False        True     RulesTooLarge            Failed
the API server refused a write                   False  False        True     WriteRefused             Failed

MaintenanceWindow                                Ready  Reconciling  Stalled  reason                   kstatus
it was just created                              -      -            -        -                        InProgress
it was just edited                               True   False        False    Announced                InProgress
it is ahead                                      True   False        False    Announced                Current
it has begun                                     True   False        False    Active                   Current
it has ended                                     True   False        False    Over                     Current
its spec cannot be read                          False  False        True     InvalidSpec              Failed
its namespace is no provider's                   False  False        True     NotAProvider             Failed
its service does not exist                       False  False        True     ServiceNotFound          Failed
it names an SLA that does not exist              False  False        True     SLANotFound              Failed
its time zone does not exist                     False  False        True     InvalidSchedule          Failed

Feedback                                         Ready  Reconciling  Stalled  reason                   kstatus
it was just created                              -      -            -        -                        InProgress
it was just answered                             True   False        False    Open                     InProgress
nobody has answered                              True   False        False    Open                     Current
it is a bare score                               True   False        False    Counted                  Current
it is acknowledged                               True   False        False    Acknowledged             Current
its item is planned                              True   False        False    Planned                  Current
its item is in progress                          True   False        False    InProgress               Current
its item is shipped                              True   False        False    Shipped                  Current
it is declined                                   True   False        False    Declined                 Current
its spec cannot be read                          False  False        True     InvalidSpec              Failed
its namespace is no provider's                   False  False        True     NotAProvider             Failed
its service does not exist                       False  False        True     ServiceNotFound          Failed
its service has no such survey                   False  False        True     SurveyNotFound           Failed
its survey asks for something else               False  False        True     AnswerNotUnderstood      Failed
its survey has no such question yet              False  False        True     QuestionNotFound         Failed
the answer names an item that does not exist     False  False        True     RoadmapItemNotFound      Failed
"""


class Row(NamedTuple):
    """One line of the table."""

    kind: str
    situation: str
    ready: str
    reconciling: str
    stalled: str
    reason: str
    kstatus: str


def rows() -> Iterator[Row]:
    for block in TABLE.strip().split("\n\n"):
        header, *lines = (re.split(r" {2,}", line) for line in block.splitlines())
        yield from (Row(header[0], *line) for line in lines)


def kstatus(obj: Object) -> str:
    """The state that kstatus (sigs.k8s.io/cli-utils, `status.Compute`) reads from an object of an unknown type."""
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    status = obj.get("status", {})
    generation = obj["metadata"]["generation"]
    if status.get("observedGeneration", generation) != generation:
        return "InProgress"
    values = {condition["type"]: condition["status"] for condition in status.get("conditions", ())}
    if values.get("Reconciling") == "True":
        return "InProgress"
    if values.get("Stalled") == "True":
        return "Failed"
    return "Current" if values.get("Ready", "True") == "True" else "InProgress"


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: f"{row.kind}: {row.situation}")
def test_every_situation_reads_as_the_table_says(row: Row) -> None:
    obj = SITUATIONS[row.kind][row.situation]()
    conditions = [find(obj, type_) or {} for type_ in ("Ready", "Reconciling", "Stalled")]
    shown = [condition.get("status", "-") for condition in conditions]
    reason = conditions[0].get("reason", "-")
    assert Row(row.kind, row.situation, *shown, reason, kstatus(obj)) == row
    # A look at any of the three tells the same story, and what has to be done stands in the columns.
    assert {condition.get("reason", "-") for condition in conditions} == {reason}
    assert row.stalled != "True" or conditions[0]["message"] == conditions[2]["message"]


def test_every_situation_is_in_the_table() -> None:
    assert [(row.kind, row.situation) for row in rows()] == [
        (kind, situation) for kind, situations in SITUATIONS.items() for situation in situations
    ]


def test_every_reason_of_the_code_is_in_the_table() -> None:
    told: dict[str, set[str]] = defaultdict(set)
    for row in rows():
        told[row.kind].add(row.reason)
    code = Path(platform_contracts.__file__).parent
    refusal = reasons(code / "controllers" / "carry_out.py")
    assert refusal == {"WriteRefused"}
    service, window = code / "onboarding" / "service.py", code / "onboarding" / "maintenance.py"
    for kind, files in {
        "PlatformService": [service],
        "PlatformConsumer": [path for path in (code / "onboarding").glob("*.py") if path not in (service, window)],
        "SLA": list((code / "sla").glob("*.py")),
    }.items():
        assert set().union(refusal, *map(reasons, files)) == told[kind] - {"-"}, kind
    # It writes nothing but its status: there is no plan that could be refused.
    assert reasons(window) == told["MaintenanceWindow"] - {"-"}
    answers = reasons(code / "product" / "answers.py")
    assert answers | {state.value for state in FeedbackState} == told["Feedback"] - {"-"}


def reasons(path: Path) -> set[str]:
    """The reasons with which a module makes an object Ready, Reconciling or Stalled.

    They are what it calls a Problem with, what it hands to `summarise`, its refusals of Approved, which become the
    reason of Stalled, and the `reason` of an exception, which becomes a Problem's.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    pairs = {
        ast.unparse(node.targets[0]): node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
    }
    constants = {
        ast.unparse(node.targets[0]): node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    exceptions = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name.endswith("Error")]
    found: list[ast.expr] = [
        line.value
        for exception in exceptions
        for line in exception.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "reason"
    ]
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        match ast.unparse(call.func).rpartition(".")[2], call.args:
            case "Problem", [ast.Constant() as reason, *_]:
                found.append(reason)
            case "Condition", [ast.Constant("Approved"), ast.Constant(False), reason, *_]:
                found.append(reason)
            case "summarise", _:
                values = (pairs.get(ast.unparse(keyword.value), keyword.value) for keyword in call.keywords)
                found += [value.elts[0] for value in values if isinstance(value, ast.Tuple)]
    said = (constants.get(ast.unparse(reason), reason) for reason in found)
    return {str(ast.literal_eval(reason)) for reason in said if ast.unparse(reason) != "problems[0].reason"}


# The same on a real API server, with the operator running

KINDS = ("platformservice", "sla", "platformconsumer")
SUNSET = {"time": "2027-12-31T00:00:00Z", "successorRef": {"name": "nowhere"}}


@pytest.fixture(scope="module")
def operator_config() -> dict[str, Any]:
    return {"logging": {"format": "console"}, "dataSources": {"default": {"url": "http://127.0.0.1:1"}}}


@pytest.fixture(scope="module")
def contracts(platform: Platform) -> tuple[str, str]:
    """The namespaces of a provider and of a team, with one contract of each kind that is right and one that is not."""
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider)
    platform.service(provider, "wrong", lifecycle="Deprecated", sunset=SUNSET)
    counters = {"total": "http_requests_total", "errors": 'http_requests_total{code=~"5.."}'}
    objectives = [{"name": "availability", "target": "99.9", "indicator": {"ratio": counters}}]
    for name, service in (("payments", "payments"), ("wrong", "nowhere")):
        platform.apply("SLA", provider, name, {"serviceRef": {"name": service}, "objectives": objectives})
        times = {"startTime": "2027-03-31T22:00:00Z", "endTime": "2027-04-01T02:00:00Z"}
        window = {"serviceRef": {"name": service}, "reason": "The database is upgraded", **times}
        platform.apply("MaintenanceWindow", provider, name, window)
    platform.consumer(home, provider)
    platform.consumer(home, provider, "wrong", planName="huge")
    return provider, home


@pytest.mark.parametrize("kind", ["psvc", "sla", "pcon", "mwin"])
def test_kubectl_waits_for_what_is_right_and_for_what_is_wrong(
    platform: Platform, contracts: tuple[str, str], kind: str
) -> None:
    namespace = contracts[kind == "pcon"]
    for name, condition, read in (("payments", "Ready", "Current"), ("wrong", "Stalled", "Failed")):
        platform.kubectl("wait", f"{kind}/{name}", "-n", namespace, f"--for=condition={condition}", "--timeout=60s")
        assert kstatus(platform.get(kind, namespace, name)) == read
    message = platform.condition(kind, namespace, "wrong", "Ready")["message"]
    wide = platform.kubectl("get", kind, "wrong", "-n", namespace, "-o", "wide", "--no-headers").stdout
    assert wide.rstrip().endswith(message), "the column MESSAGE says what to do"


def test_one_look_shows_how_everything_stands(platform: Platform, contracts: tuple[str, str]) -> None:
    _, home = contracts
    for kind in ("psvc", "sla", "pcon"):
        platform.kubectl(
            *("wait", kind, "--all", "-n", contracts[kind == "pcon"], "--timeout=60s"),
            "--for=jsonpath={.status.observedGeneration}=1",
        )
    seen: dict[str, dict[str, str]] = {}
    for namespace in contracts:
        table = platform.kubectl("get", "psvc,sla,pcon", "-n", namespace).stdout
        for block in filter(None, table.split("\n\n")):
            header, *lines = block.splitlines()
            starts = [match.start() for match in re.finditer(r"\S+", header)]
            for line in lines:
                cells = [line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]
                kind, name = cells[0].split("/")
                seen[f"{kind.split('.')[0]} {name}"] = dict(zip(header.split(), cells, strict=True))
    assert [seen[f"{kind} payments"]["READY"] for kind in KINDS] == ["True"] * 3
    assert [seen[f"{kind} wrong"]["READY"] for kind in KINDS] == ["False"] * 3
    assert seen["platformservice wrong"]["LIFECYCLE"] == "Deprecated"
    assert seen["sla payments"] | {"SERVICE": "payments", "STATE": "Unknown", "TARGET": "99.9"} == seen["sla payments"]
    assert seen["platformconsumer payments"]["NAMESPACES"] == f"{home}-payments"
    assert seen["platformconsumer wrong"]["NAMESPACES"] == ""
