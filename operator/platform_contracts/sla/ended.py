"""An SLA whose time is over: nothing counts, no alert fires, and what its last period came to is reported.

What stood in its status last stays there with its time. Its rules go; where a calendar period has yet to be reported
the rule object stays without them, for the terms and the calendar that it carries.
"""

from __future__ import annotations

from datetime import datetime

from platform_contracts.api.names import CALENDAR_ANNOTATION, EXCLUSIONS_ANNOTATION, TERMS_ANNOTATION
from platform_contracts.api.sla import SLASpec
from platform_contracts.kube import conditions as kube
from platform_contracts.kube import objects
from platform_contracts.kube.conditions import Condition, render
from platform_contracts.kube.objects import Object, format_time, is_ours, uid
from platform_contracts.kube.plan import Apply, Delete, Plan
from platform_contracts.sla import conditions, entries, ruleobject, status, view, windows
from platform_contracts.sla.exclusions import exclusion
from platform_contracts.sla.exclusions.decision import Decision
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.news import corrections
from platform_contracts.sla.reports import history, writing
from platform_contracts.sla.reports.due import GRACE

# Why such an SLA is Ready.
REASON = "Ended"


def over_since(spec: SLASpec | None, now: datetime) -> datetime | None:
    """When an SLA's time was over, None where it is not."""
    until = windows.until(spec) if spec is not None else None
    return until if until is not None and now > until else None


def next_look(spec: SLASpec | None) -> datetime | None:
    """When an SLA's time will be over."""
    until = windows.until(spec) if spec is not None else None
    return until + windows.JUST_AFTER if until is not None else None


def plan(inputs: SLAInputs, until: datetime, decided: Decision) -> Plan:
    """The plan of an SLA whose time was over at `until`; `decided` are the times that do not count."""
    times = decided.exclusions
    previous = inputs.sla.get("status") or {}
    generation = inputs.sla["metadata"].get("generation", 0)
    known = history.of_sla(inputs.sla, inputs.reports)
    wanted = writing.want(inputs, known, decided)
    applies, deletes = _rules(inputs, keep=inputs.now < until + GRACE or bool(wanted.firsts))
    ended = f"ended at {format_time(until)}, as effective.untilTime says"
    shown = [
        view.carried(entry, f"It {ended}; these are its last figures.") for entry in previous.get("objectives", ())
    ]
    told = _conditions(inputs, ended, writing.unread(inputs, wanted))
    new: Object = {
        "observedGeneration": generation,
        "conditions": render(told, previous=previous.get("conditions", ()), generation=generation, now=inputs.now),
        **status.overall(shown),
        "summary": f"It {ended}.",
        "objectives": shown,
    }
    if times:
        new["exclusions"] = exclusion.render(times)
    if known:
        new["history"] = history.shown(known)
    if inputs.feedback:
        new["feedback"] = inputs.feedback
    return Plan(
        applies=[*applies, *writing.reports(inputs, wanted, known, times)],
        deletes=deletes,
        marks=writing.marks(history.own(inputs.sla, inputs.reports), known),
        status=new,
        requeue_after=until + GRACE - inputs.now if inputs.now < until + GRACE else None,
        # That a contract ends as planned is nothing that happened.
        events=tuple(corrections(previous, new)),
    )


def _conditions(inputs: SLAInputs, ended: str, unread: dict[str, str]) -> list[Condition]:
    namespace = inputs.sla["metadata"]["namespace"]
    why = (
        f"The SLA {ended}: nothing counts and no alert fires any more; what its periods came to is in its reports, if "
        f"it has a calendar window (kubectl get slareports -n {namespace})."
    )
    fresh = entries.held_up(inputs) or Condition("DataFresh", True, REASON, "No data source is asked any more.")
    if unread:
        fresh = conditions.unreported(list(unread), next(iter(unread.values())))
    unknown = [Condition(name, None, REASON, f"The SLA {ended}.") for name in ("DataComplete", "Met", "AtRisk")]
    return [*kube.summarise(ready=(REASON, why)), fresh, *unknown]


def _rules(inputs: SLAInputs, *, keep: bool) -> tuple[list[Apply], list[Delete]]:
    """The rule object without rules, or its end."""
    ours = [(kind, obj) for kind, obj in inputs.live_rules if is_ours(obj)]
    if not keep:
        return [], [Delete.of(kind, obj) for kind, obj in ours]
    carried = {TERMS_ANNOTATION, CALENDAR_ANNOTATION, EXCLUSIONS_ANNOTATION}
    found = []
    for kind, live in ours:
        said = {name: value for name, value in objects.annotations(live).items() if name in carried}
        built, obj = ruleobject.build(inputs.sla, [], inputs.rules_config, inputs.prometheus_rule_available, said)
        if (built, obj["metadata"]["namespace"]) == (kind, live["metadata"]["namespace"]):
            found.append(Apply(kind, obj, uid(live)))
    return found, []
