"""The alerts of a consumer, labelled so that Alertmanager finds the consumer's contacts.

They read what Prometheus has already: the quota from kube-state-metrics, or from the operator where that is not
scraped, and the state of an SLA from the alerts of the SLA itself, so that both fire by the same arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum

from platform_contracts.api.contacts import Contact
from platform_contracts.api.plan import ConsumerPlan, PlanAlerts
from platform_contracts.api.platform_consumer import PlatformConsumerSpec
from platform_contracts.api.platform_service import PlatformServiceSpec, Sunset
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.onboarding import maintenance, resources
from platform_contracts.onboarding.inputs import Window
from platform_contracts.rules import objects
from platform_contracts.rules.objects import Rule
from platform_contracts.rules.text import literal, quote

NAME = "platform-contracts"
_QUOTA_FOR = "15m"
_SUNSET_NOTICE = timedelta(days=30)

# Rounded, because a quotient of binary fractions often falls just short of 0.9.
_QUOTA = "round(max by (resource) ({used} / ignoring (type) {hard}) or max by (resource) ({own}), 0.0001) >= 0.9"
# The rules of an SLA run every five minutes at most, and a plain selector forgets a sample that is five minutes old.
_SLA = "max by (sla, objective) (max_over_time(ALERTS{{{matchers}}}[10m]))"
_BUDGET_LEFT = (
    "100 - 100 * sum(last_over_time(sla:errors:window{m}[10m])) / sum(last_over_time(sla:events:window{m}[10m]))"
    " / (1 - max(sla:objective{m}))"
)


class Severity(StrEnum):
    """Critical: the service fails now. Warning: look at it within the day. Info: plan for it."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


def rule_object(
    *,
    kind: Kind,
    namespace: str,
    labels: Mapping[str, str],
    consumer: Object,
    spec: PlatformConsumerSpec,
    service: PlatformServiceSpec,
    plan: ConsumerPlan,
    quota: Mapping[str, str],
    windows: Sequence[Window] = (),
    first: bool,
) -> Object | None:
    """The rule object of one namespace of a consumer; None where there is nothing to tell.

    `kind` is what rules are written as, `labels` those of the object, with the ones by which Prometheus finds rules.
    `plan` and `quota` are what is enforced; `quota` is the namespace's own share. `windows` are those that consumers
    are told of. What concerns all namespaces of the consumer is said once, in its `first` one.
    """
    if plan.alerts is PlanAlerts.NONE:
        return None
    audience = _Audience(namespace, consumer, spec, service)
    rules = [_quota(audience, plan, quota)] if quota else []
    if first:
        rules += _sla(audience, plan)
        if service.sunset is not None:
            rules.append(_sunset(audience, service.sunset))
        rules += [_maintenance(audience, window) for window in windows]
    if not rules:
        return None
    groups = [{"name": f"{namespace}/{NAME}", "rules": rules}]
    return objects.rule_object(kind, NAME, namespace, groups, labels=labels, file=f"{namespace}.{NAME}.yaml")


class _Audience:
    """Who is told, and whom they may ask; all texts are safe in a template."""

    def __init__(
        self, namespace: str, consumer: Object, spec: PlatformConsumerSpec, service: PlatformServiceSpec
    ) -> None:
        self.namespace = namespace
        self.home, self.name = consumer["metadata"]["namespace"], consumer["metadata"]["name"]
        self.service, self.provider = spec.service_ref.name, spec.service_ref.namespace
        self.team = spec.team or self.home
        self.contacts = spec.contacts
        self.owner = literal(_owner(service))

    @property
    def describe(self) -> str:
        """The command that shows the consumer."""
        return f"kubectl --namespace {self.home} describe platformconsumer {self.name}"

    def alert(
        self,
        name: str,
        severity: Severity,
        expression: str,
        *,
        summary: str,
        description: str,
        window: str = "",
        begins: str = "",
        **fields: str,
    ) -> Rule:
        """One alert, labelled for this audience, and with the maintenance window that it is about and when that begins;
        `fields` are further ones of the rule."""
        labels = {
            "severity": severity.value,
            "platform_contracts_consumer": f"{self.home}/{self.name}",
            "team": literal(self.team),
            "namespace": self.namespace,
            **({"maintenance_window": window, "maintenance_start": begins} if window else {}),
            **_contact_labels(self.contacts),
        }
        return {
            "alert": name,
            "expr": expression,
            **fields,
            "labels": labels,
            "annotations": {"summary": summary, "description": description},
        }


def _quota(audience: _Audience, plan: ConsumerPlan, quota: Mapping[str, str]) -> Rule:
    namespace = quote(audience.namespace)
    of_quota = f"kube_resourcequota{{namespace={namespace},resourcequota={quote(resources.NAME)},type="
    limits = ", ".join(f"{amount} {resource}" for resource, amount in sorted(quota.items()))
    return audience.alert(
        "ConsumerQuotaNearlyUsed",
        Severity.WARNING,
        _QUOTA.format(
            used=f'{of_quota}"used"}}',
            hard=f'{of_quota}"hard"}}',
            own=f"platform_contracts_quota_used_ratio{{quota_namespace={namespace}}}",
        ),
        summary=f"{audience.namespace}: {{{{ $value | humanizePercentage }}}} of the quota for "
        "{{ $labels.resource }} is used",
        description=(
            f"For 15 minutes at least 90% of the quota for {{{{ $labels.resource }}}} in the namespace "
            f"{audience.namespace} has been used. When all of it is, the API server refuses new pods and objects, "
            f"those of a roll-out and of a restart included. The limits on the plan {plan.name} are {limits}. See what "
            f"is used: kubectl --namespace {audience.namespace} describe resourcequota {resources.NAME}; then scale "
            f"down or delete what is not needed, or ask {audience.owner} for a larger plan."
        ),
        **{"for": _QUOTA_FOR},
    )


def _sla(audience: _Audience, plan: ConsumerPlan) -> list[Rule]:
    """An alert of the SLA that counts for the plan, or of any SLA of the service, told to the consumer."""
    about = f"namespace={quote(audience.provider)},service={quote(audience.service)}"
    if plan.sla_ref is not None:
        about += f",sla={quote(plan.sla_ref.name)}"

    def told(name: str, severity: Severity, source: str, summary: str, next_step: str) -> Rule:
        return audience.alert(
            name,
            severity,
            _SLA.format(matchers=f'alertstate="firing",{source},{about}'),
            summary=summary,
            description=(
                f"The objective {{{{ $labels.objective }}}} of the SLA {audience.provider}/{{{{ $labels.sla }}}}"
                f"{_budget_left(audience.provider)}. {next_step} See: {audience.describe}; and ask {audience.owner}."
            ),
        )

    return [
        told(
            "ConsumerSLAAtRisk",
            Severity.CRITICAL,
            'alertname="SLABurnRate",severity="page"',
            f"{audience.service} fails now: its objective {{{{ $labels.objective }}}} is at risk",
            f"The team of {audience.service} has been alerted too. Failures in {audience.namespace} may be caused "
            "by it, so look at what calls it before you look elsewhere, and put off roll-outs that depend on it.",
        ),
        told(
            "ConsumerSLAAtRisk",
            Severity.WARNING,
            'alertname="SLABudgetLow"',
            f"{audience.service}: little of the error budget of {{{{ $labels.objective }}}} is left",
            "Earlier failures have used up most of what may fail; put off risky changes that depend on it until they "
            "have left the window.",
        ),
        told(
            "ConsumerSLABreached",
            Severity.WARNING,
            'alertname="SLABreached"',
            f"{audience.service} has breached its SLA: {{{{ $labels.objective }}}} is below its target",
            f"More has failed than {audience.service} promised; look at what you built on that promise.",
        ),
    ]


def _budget_left(provider: str) -> str:
    """What is left of the error budget, where it is known: a young SLA may page before its window has counts."""
    matchers = f"{{namespace={quote(provider)},sla=%[1]q,objective=%[2]q}}"
    expression = _BUDGET_LEFT.replace("{m}", matchers)
    return (
        f"{{{{ with query (printf `{expression}` $labels.sla $labels.objective) }}}} has "
        "{{ . | first | value | printf `%.1f` }}% of its error budget left{{ else }} is at risk{{ end }}"
    )


def _sunset(audience: _Audience, sunset: Sunset) -> Rule:
    ends = f"{sunset.time:%Y-%m-%d}"
    successor = sunset.successor_ref.name if sunset.successor_ref else None
    advice = (
        f"Create a PlatformConsumer for its successor {audience.provider}/{successor}"
        if successor
        else f"It names no successor; ask {audience.owner} what to use instead"
    )
    return audience.alert(
        "ConsumerServiceSunset",
        Severity.INFO,
        f"vector({sunset.time.timestamp():.0f}) - time() <= {_SUNSET_NOTICE.total_seconds():.0f}",
        summary=f"{audience.service}: the service ends on {ends}",
        description=(
            f"The service {audience.provider}/{audience.service}, which {audience.home}/{audience.name} uses, ends on "
            f"{ends}. {advice}, move to it before then, and give this one up: kubectl --namespace {audience.home} "
            f"delete platformconsumer {audience.name}. Questions go to {audience.owner}."
        ),
    )


def _maintenance(audience: _Audience, window: Window) -> Rule:
    """Every window has its own labels, and so has each of its times: two that are ahead are two alerts."""
    ahead = literal(maintenance.ahead(window, f"{audience.provider}/{audience.service}"))
    return audience.alert(
        "ConsumerMaintenanceAhead",
        Severity.INFO,
        f"vector({window.start.timestamp():.0f}) - time() > 0 <= {maintenance.ALERT.total_seconds():.0f}",
        window=window.name,
        begins=format_time(window.start),
        summary=f"{audience.service}: maintenance {maintenance.span(window.start, window.end)}",
        description=(
            f"{ahead}. {audience.home}/{audience.name} uses it: put off what cannot do without it, or ask "
            f"{audience.owner} for another time. See: {audience.describe}."
        ),
    )


def _contact_labels(contacts: Sequence[Contact]) -> dict[str, str]:
    """The first contact of each type, as `contact_slack` and so on."""
    found: dict[str, str] = {}
    for contact in contacts:
        found.setdefault(f"contact_{contact.type.value.lower()}", literal(contact.value))
    return found


def _owner(service: PlatformServiceSpec) -> str:
    """The owning team with its contacts, for a sentence."""
    ways = ", ".join(f"{contact.type.value} {contact.value}" for contact in service.owner.contacts)
    return f"the team {service.owner.team}" + (f" ({ways})" if ways else "")
