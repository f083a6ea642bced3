"""Mistakes that a person must mend, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from platform_contracts.api.calendar import time_zone
from platform_contracts.api.links import url_problem
from platform_contracts.api.names import PROVIDER_LABEL
from platform_contracts.api.objective import Objective
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import DataSource
from platform_contracts.sla import alerts, budgeting, tiers, windows
from platform_contracts.sla.inputs import SLAInputs


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake that a person must mend; `reason` is a condition's."""

    reason: str
    message: str


def blocking(inputs: SLAInputs) -> list[Problem]:
    """What stops the rules as a whole."""
    namespace = inputs.sla["metadata"]["namespace"]
    if inputs.spec is None:
        return [Problem("InvalidSpec", inputs.invalid or "The spec cannot be read.")]
    found = []
    if not inputs.provider:
        found.append(
            Problem(
                "NotAProvider",
                f"The namespace {namespace} is not labelled as a provider's, so no rules are written; ask an "
                f"administrator to label it (kubectl label namespace {namespace} {PROVIDER_LABEL}=true).",
            )
        )
    name = inputs.spec.service_ref.name
    if inputs.service is None:
        found.append(
            Problem(
                "ServiceNotFound",
                f"spec.serviceRef.name: PlatformService {name} does not exist in namespace {namespace}; create it, or "
                "make a new SLA that names one that exists.",
            )
        )
    elif inputs.service_spec is None:
        found.append(
            Problem(
                "ServiceInvalid", f"PlatformService {name} cannot be read; correct what its condition Stalled names."
            )
        )
    if inputs.source is None and any(not objective.indicator.counted for objective in inputs.spec.objectives):
        source = inputs.spec.data_source_name
        found.append(
            Problem(
                "UnknownDataSource",
                f"spec.dataSourceName: the operator's configuration has no data source {source} (it has "
                f"{', '.join(sorted(inputs.source_names)) or 'none'}); name one of these, or ask an administrator to "
                f"add it, as in dataSources: {{{source}: {{url: http://prometheus:9090}}}}.",
            )
        )
    calendar = inputs.spec.window.calendar
    if calendar is not None and time_zone(calendar.time_zone) is None:
        found.append(
            Problem(
                "UnknownTimeZone",
                f"spec.window.calendar.timeZone: {calendar.time_zone} is no time zone of the IANA "
                "database that the operator knows; name one such as Europe/Berlin.",
            )
        )
    if inputs.name_taken:
        taken = inputs.name_taken
        found.append(
            Problem(
                "RulesNameTaken",
                f"No rules are written, because the {taken} exists, was not made by the operator, and nothing is taken "
                "over; the SLA's own takes its place within a minute of its deletion (kubectl --namespace "
                f"{taken.namespace} delete {taken.kind.name.lower()} {taken.name}).",
            )
        )
    return found


def hours(spec: SLASpec, objective: Objective) -> Problem | None:
    """What is wrong with the hours by which an objective counts; the schema cannot know the names of time zones."""
    zone = spec.support.time_zone if spec.support is not None else None
    if objective.indicator.support_response is None or zone is None or time_zone(zone) is not None:
        return None
    return Problem(
        "UnknownTimeZone",
        f"spec.support.timeZone: {zone} is no time zone of the IANA database that the operator knows, so "
        f"{objective.name} is not counted; name one such as Europe/Berlin.",
    )


def time_zone_known(spec: SLASpec) -> bool:
    """Whether the window's time zone, where it has one, is in the database; the schema cannot know its names."""
    calendar = spec.window.calendar
    return calendar is None or time_zone(calendar.time_zone) is not None


def partial(inputs: SLAInputs, objectives: Iterable[Problem]) -> list[Problem]:
    """What is wrong in a part, and takes only that part out; `objectives` is what is wrong with which objective."""
    found = list(objectives)
    if inputs.spec is not None:
        alerting = inputs.spec.alerting
        found += [
            Problem("InvalidAlerting", f"spec.{text}.")
            for text in alerts.label_problems(alerting.labels, alerting.annotations)
        ]
        found += [Problem("ImpossibleTier", text) for text in _tiers(inputs.spec, inputs.source)]
        link = url_problem(alerting.runbook_url, inputs.allowed_url_hosts) if alerting.runbook_url else None
        if link:
            found.append(
                Problem("LinkNotAllowed", f"spec.alerting.runbookURL {link}; correct it, or its alerts do not show it.")
            )
    return found


def _tiers(spec: SLASpec, source: DataSource | None) -> list[str]:
    """What is wrong with tiers that are left out, a sentence each; of a tier the first objective stands for all."""
    if source is None:
        return []
    window = windows.length(spec.window)
    found = {
        tier.name: f"{problem}."
        for tier in spec.alerting.tiers
        for objective in reversed(spec.objectives)
        if not objective.indicator.counted
        if (problem := tiers.problem(tier, objective, window, budgeting.resolution(objective, source))) is not None
    }
    return list(found.values())
