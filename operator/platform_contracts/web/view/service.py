"""A service's whole page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from platform_contracts.kube.objects import Object, dig
from platform_contracts.sla.trend import Curves
from platform_contracts.web.access.sight import Sight
from platform_contracts.web.view import maintenance
from platform_contracts.web.view.about import About, about
from platform_contracts.web.view.assessment import Assessment, assessment
from platform_contracts.web.view.card import Card, card
from platform_contracts.web.view.conditions import Remark, remarks
from platform_contracts.web.view.people import People, people
from platform_contracts.web.view.period import Period, periods
from platform_contracts.web.view.promises import Promise, promises
from platform_contracts.web.view.reports import Report, reports
from platform_contracts.web.view.roadmap import Roadmap, roadmap
from platform_contracts.web.view.voices import Voices, voices


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the store holds of one service."""

    service: Object
    slas: list[Object]
    windows: list[Object]
    reports: list[Object]
    assessments: list[Object]
    consumers: list[Object]
    # By SLA, as far as Prometheus said them.
    curves: Mapping[str, Curves] = field(default_factory=dict)
    # Where people's own links may lead; empty: anywhere.
    allowed_url_hosts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ServicePage:
    """What of it a reader sees; a part that they may not see is None."""

    card: Card
    description: list[str]
    promises: list[Promise] | None
    announced: list[maintenance.Announcement] | None
    excluded: list[maintenance.Exclusion] | None
    reports: list[Report] | None
    people: People
    voices: Voices
    roadmap: Roadmap | None
    about: About | None
    assessment: Assessment | None
    periods: list[Period] | None
    remarks: list[Remark]
    sunset: datetime | None
    successor: str | None


def service_page(found: Snapshot, sight: Sight, now: datetime) -> ServicePage:
    """The page of a service for somebody with that sight."""
    service = found.service
    sunset = dig(service, "spec", "sunset", "time")
    return ServicePage(
        card=card(service),
        description=_paragraphs(dig(service, "spec", "description") or ""),
        promises=promises(found.slas, found.curves, details=sight.sla_details) if sight.slas else None,
        announced=maintenance.announced(found.windows, now) if sight.maintenance else None,
        excluded=maintenance.excluded(found.slas, now) if sight.slas else None,
        reports=reports(found.reports) if sight.reports else None,
        people=people(service, found.consumers, sight.named),
        voices=voices(service, details=sight.details),
        roadmap=roadmap(service, now.astimezone(UTC).date()),
        about=about(service, found.allowed_url_hosts) if sight.details else None,
        assessment=assessment(service) if sight.details else None,
        periods=periods(found.assessments) if sight.assessments else None,
        remarks=remarks(service, without=_SHOWN) if sight.details else [],
        sunset=datetime.fromisoformat(sunset) if sunset else None,
        successor=dig(service, "spec", "sunset", "successorRef", "name"),
    )


# The state and the counts beside them say the same.
_SHOWN = frozenset({"SLAMet", "Deprecated"})


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
