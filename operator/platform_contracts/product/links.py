"""The links by which users answer, as statuses show them: one for each survey of a service, and one to ask by."""

from __future__ import annotations

from datetime import datetime

from platform_contracts.api.feedback import Method
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube.objects import Object
from platform_contracts.product.tokens import REQUEST_DAYS, Scope, Tokens, until

REQUEST_LINK = "request"
PATH = "/feedback"


def offered(
    tokens: Tokens, base_url: str, spec: PlatformServiceSpec, service: str, consumer: str | None, now: datetime
) -> list[Object]:
    """Entries of status.feedback.links, by the UIDs of the service and of the consumer whose team speaks by them; None
    is for whoever reads the service. A survey that is called `request` takes the place of the link for requests."""
    asked = [
        (Scope(service, consumer, survey.name, survey.question_version), survey.period_days)
        for survey in spec.feedback.surveys
    ]
    if not any(scope.survey == REQUEST_LINK for scope, _ in asked):
        asked.append((Scope(service, consumer), REQUEST_DAYS))
    return [
        {
            "name": scope.survey or REQUEST_LINK,
            "type": (Method.SURVEY if scope.survey else Method.REQUEST).value,
            "url": f"{base_url}{PATH}/{tokens.link(scope, until(scope, days, now))}",
        }
        for scope, days in asked
    ]


def is_open(spec: PlatformServiceSpec, scope: Scope) -> bool:
    """Whether a service still asks what a link was made for."""
    return scope.survey is None or any(
        survey.name == scope.survey and survey.question_version == scope.version for survey in spec.feedback.surveys
    )
