"""The rule object of an SLA: what is to be written, and what goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from platform_contracts.api.alerting import BurnRateAlerting
from platform_contracts.api.links import url_problem
from platform_contracts.api.platform_service import LinkType, PlatformServiceSpec
from platform_contracts.api.sla import SLASpec
from platform_contracts.kube.diff import differs
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Object, created_at, digest, is_ours, uid
from platform_contracts.kube.plan import Apply, Delete
from platform_contracts.sla import calendars, ruleobject, rules
from platform_contracts.sla.alerts import Context
from platform_contracts.sla.conditions import RuleRef
from platform_contracts.sla.drafts import Draft
from platform_contracts.sla.exclusions import exclusion
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.problems import Problem


@dataclass(frozen=True, slots=True)
class Written:
    """The rule object: where it is (None: nowhere), since when, what to write and what goes.

    With a `problem` it stays as it is.
    """

    ref: RuleRef | None = None
    since: datetime | None = None
    status: Object | None = None
    applies: list[Apply] = field(default_factory=list)
    deletes: list[Delete] = field(default_factory=list)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class _Rendered:
    """What is known of a rule object without its rules, which are much to keep: the store holds live ones likewise."""

    kind: Kind
    held: Object
    status: Object
    size: int

    @classmethod
    def of(cls, kind: Kind, obj: Object) -> _Rendered:
        metadata = obj["metadata"]
        held = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata, "digest": digest(obj)}
        where = {"kind": kind.name, "namespace": metadata["namespace"], "name": metadata["name"]}
        # Enough of it to tell two versions apart.
        return cls(kind, held, {**where, "hash": held["digest"][:16]}, ruleobject.size(kind, obj))

    def is_at(self, kind: Kind, obj: Object) -> bool:
        """Whether that is where it is to be written."""
        there, here = obj["metadata"], self.held["metadata"]
        return kind == self.kind and (there["namespace"], there["name"]) == (here["namespace"], here["name"])

    def is_in(self, live: Object) -> bool:
        """Whether the live object, as the store holds it, says all of it; False of one that is held as a whole."""
        return "digest" in live and not differs(self.held, live)


def written(inputs: SLAInputs, drafts: Sequence[Draft], times: Sequence[Exclusion]) -> Written:
    """The rules of the objectives that have no problem, without `times`; rendered where they are not known to be in
    place already."""
    if inputs.spec is None or inputs.service_spec is None:
        return live(inputs)
    usable = [(one.promise, one.indicator) for one in drafts if one.promise is not None and one.problem is None]
    annotations = calendars.rule_annotations(inputs)
    if times or inputs.spec.maintenance is not None:
        annotations |= exclusion.annotation(times)
    if not usable and not annotations:
        return Written(deletes=[Delete.of(kind, obj) for kind, obj in inputs.live_rules if is_ours(obj)])
    # Without any rules it keeps the terms: the running period began with them, whatever is wrong with it now.
    context = _context(inputs, inputs.spec, inputs.service_spec)

    def build() -> tuple[Kind, Object]:
        groups = [group for promise, indicator in usable for group in rules.groups(promise, indicator, context)]
        available = inputs.prometheus_rule_available
        return ruleobject.build(inputs.sla, groups, inputs.rules_config, available, annotations)

    whole: tuple[Kind, Object] | None = None

    def render() -> _Rendered:
        nonlocal whole
        whole = build()
        return _Rendered.of(*whole)

    made_from = (usable, context, annotations, inputs.rules_config, inputs.prometheus_rule_available)
    rendered = inputs.memo.get("rules", made_from, render)
    if rendered.size > ruleobject.room(rendered.kind):
        return replace(live(inputs), problem=_too_large(rendered, len(usable)))
    found = next((obj for kind, obj in inputs.live_rules if rendered.is_at(kind, obj)), None)
    applies = []
    if found is None or not rendered.is_in(found):
        applies.append(Apply(*(whole or build()), uid(found) if found else None))
    return Written(
        ref=RuleRef.of(rendered.held),
        since=created_at(found) if found else inputs.now,
        status=rendered.status,
        applies=applies,
        deletes=[
            Delete.of(kind, obj) for kind, obj in inputs.live_rules if not rendered.is_at(kind, obj) and is_ours(obj)
        ],
    )


def live(inputs: SLAInputs) -> Written:
    """The live rule object as it is, where there is one."""
    for kind, obj in inputs.live_rules:
        previous = (inputs.sla.get("status") or {}).get("rules")
        return Written(RuleRef.of({**obj, "kind": kind.name}), created_at(obj), previous)
    return Written()


def _too_large(rendered: _Rendered, objectives: int) -> Problem:
    """No rules at all rather than an object that nobody takes, or that takes everybody else's rules away."""
    return Problem(
        "RulesTooLarge",
        f"The rules of its {objectives} objectives are {rendered.size // 1024} KiB long, and a {rendered.kind.name} "
        f"holds {ruleobject.room(rendered.kind) // 1024} KiB, so they are not written and what was written before "
        "stays: shorten spec.alerting.annotations and spec.alerting.labels, which stand in each alert of each "
        "objective, and long selectors, or divide the objectives among several SLAs.",
    )


def _context(inputs: SLAInputs, spec: SLASpec, service: PlatformServiceSpec) -> Context:
    runbook = [spec.alerting.runbook_url] if spec.alerting.runbook_url else []
    hosts = inputs.allowed_url_hosts
    return Context(
        service=spec.service_ref.name,
        owner=service.owner.team,
        burn_rate=spec.alerting.burn_rate is BurnRateAlerting.STANDARD or bool(spec.alerting.tiers),
        runbook_url=_first_usable([*runbook, *_links(service, LinkType.RUNBOOK)], hosts),
        dashboard_url=_first_usable(_links(service, LinkType.DASHBOARD), hosts),
        feedback_url=(inputs.feedback or {}).get("submitURL"),
        labels=spec.alerting.labels,
        annotations=spec.alerting.annotations,
    )


def _links(service: PlatformServiceSpec, type_: LinkType) -> list[str]:
    return [link.url for link in service.links if link.type is type_]


def _first_usable(urls: Sequence[str], hosts: Sequence[str]) -> str | None:
    return next((url for url in urls if not url_problem(url, hosts)), None)
