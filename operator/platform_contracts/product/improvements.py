"""What of a service is to be improved: each finding with its evidence in words and numbers, and what answers it.

Findings are independent of each other, and are ranked by how much they matter; equals stand in the order of the areas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from platform_contracts.api.assessment import Area, Assessment, Severity
from platform_contracts.api.roadmap import RoadmapItem
from platform_contracts.api.service_status import Trend
from platform_contracts.kube.objects import Object
from platform_contracts.product.demand import Theme
from platform_contracts.product.missed import Miss
from platform_contracts.product.satisfaction import Result, text
from platform_contracts.product.words import counted, days, overdue

NO_ITEM = "None"
# So long nine in ten teams may wait for what their plan gives them before it is called slow.
_SLOW, _VERY_SLOW = timedelta(days=1), timedelta(days=7)
# Of a quota that is so full, in percent, little is left for a new release beside the old one.
FULL = 90
# Corrections a day that are no accident any more.
_REPEATED = 3
_DAY = timedelta(days=1)
_SEVERITIES, _AREAS = list(Severity), list(Area)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a service at the end of a period."""

    # Its SLAs with their statuses, and what was missed in closed periods by the SLAReports since the last report.
    slas: Sequence[Object] = ()
    missed: Sequence[Miss] = ()
    results: Sequence[Result] = ()
    # Themes that many named and nothing answers.
    unaddressed: Sequence[Theme] = ()
    # How long ago the answers were due that are overdue, and the promises by item, the longest first.
    late_answers: Sequence[timedelta] = ()
    late_items: Sequence[tuple[RoadmapItem, timedelta]] = ()
    # status.consumers, status.onboarding, status.usage and status.drift by their names.
    sections: Mapping[str, Object]
    # The UIDs of the consumers that are ready.
    using: Sequence[str] = ()
    # How many teams the service aims at.
    target_teams: int | None = None
    # How many consumers have a quota that is nearly used up, and how many have left since the last report, by days.
    pressed: int = 0
    left: Sequence[Object] = ()
    assessment: Assessment
    # What is neither shipped nor declined, by rank.
    ahead: Sequence[RoadmapItem] = ()
    now: datetime

    @property
    def lost(self) -> int:
        """How many consumers have left since the last report."""
        return sum(entry["count"] for entry in self.left)

    def section(self, name: str) -> Mapping[str, Any]:
        """One of the sections, empty where it is not there."""
        return self.sections.get(name) or {}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to improve."""

    area: Area
    about: str
    severity: Severity
    evidence: str
    # The words by which an item says that it is about this.
    words: Sequence[str] = ()
    # The item that it is about, where it is about one.
    item: str | None = None


def find(facts: Facts) -> list[Object]:
    """`improvements` of a ProductReport, ranked."""
    found = chain(
        _reliability(facts),
        _satisfaction(facts),
        _responsiveness(facts),
        _demand(facts),
        _roadmap(facts),
        _onboarding(facts),
        _capacity(facts),
        _adoption(facts),
        _drift(facts),
        _maturity(facts),
    )
    ranked = sorted(found, key=lambda one: (_SEVERITIES.index(one.severity), _AREAS.index(one.area)))
    return [
        {
            "area": one.area.value,
            "about": one.about,
            "severity": one.severity.value,
            "evidence": one.evidence,
            "roadmapItem": one.item or _answer(one, facts.ahead),
        }
        for one in ranked
    ]


def _answer(finding: Finding, ahead: Sequence[RoadmapItem]) -> str:
    """The first item by rank that is about the very thing, or else one that improves the area."""
    for item in ahead:
        if {*finding.words} & {*item.themes}:
            return item.name
    return next((item.name for item in ahead if item.improves is finding.area), NO_ITEM)


def _reliability(facts: Facts) -> Iterator[Finding]:
    missed: dict[tuple[str, str], list[str]] = {}
    for one in facts.missed:
        missed.setdefault((one.sla, one.objective), []).append(f"{one.sli}% of {one.target}% in {one.period}")
    for sla in facts.slas:
        for entry in (sla.get("status") or {}).get("objectives") or ():
            if entry["state"] == "Breached" and "sli" in entry:
                told = f"{entry['sli']}% of {entry['target']}% over {entry['window']}"
                missed.setdefault((sla["metadata"]["name"], entry["name"]), []).append(told)
    for (name, objective), times in missed.items():
        evidence = f"The objective was missed: {', '.join(times[:4])}."
        yield Finding(Area.RELIABILITY, f"{name}/{objective}", Severity.HIGH, evidence, (name, objective))


def _satisfaction(facts: Facts) -> Iterator[Finding]:
    for result in facts.results:
        if result.score is None:
            continue
        said = []
        if result.before is not None and result.trend is Trend.FALLING:
            said.append(f"fell from {text(result.before.value)}")
        if result.misses_target:
            said.append(f"misses its target of {result.survey.target}")
        if said:
            # To the digit in which it falls or misses a target.
            exact, margin = text(result.score.value), text(result.score.margin)
            shown = f"{result.name} {exact} (n={result.responses}) with a margin of {margin}"
            severity = Severity.HIGH if result.trend is Trend.FALLING else Severity.MEDIUM
            name = result.survey.name
            yield Finding(Area.SATISFACTION, name, severity, f"{shown} {' and '.join(said)}.", (name,))


def _responsiveness(facts: Facts) -> Iterator[Finding]:
    if facts.late_answers:
        number, longest = len(facts.late_answers), facts.late_answers[0]
        evidence = (
            f"{counted(number, 'voice waits', 'voices wait')} for an overdue answer, the oldest {overdue(longest)}."
        )
        yield Finding(Area.RESPONSIVENESS, "answers", _by_days(longest), evidence, ("feedback",))


def _demand(facts: Facts) -> Iterator[Finding]:
    for theme in facts.unaddressed:
        evidence = (
            f"{theme.count} voices named it in the last 90 days ({theme.before} in the 90 before), and no roadmap item "
            "that is to come has it."
        )
        severity = Severity.HIGH if theme.trend is Trend.RISING and theme.count >= 10 else Severity.MEDIUM
        yield Finding(Area.DEMAND, theme.name, severity, evidence, (theme.name,))


def _roadmap(facts: Facts) -> Iterator[Finding]:
    for item, late in facts.late_items:
        evidence = f"It was promised by {item.target_date} and is {overdue(late)}."
        yield Finding(Area.ROADMAP, item.name, _by_days(late), evidence, item=item.name)


def _onboarding(facts: Facts) -> Iterator[Finding]:
    slow = timedelta(seconds=facts.section("onboarding").get("leadTimeP90Seconds", 0))
    if slow > _SLOW:
        evidence = f"One team in ten waited {days(slow.days)} or longer for what its plan gives."
        severity = Severity.HIGH if slow > _VERY_SLOW else Severity.MEDIUM
        yield Finding(Area.ONBOARDING, "leadTime", severity, evidence, ("onboarding",))
    waiting = facts.section("consumers").get("oldestPendingTime")
    if waiting:
        since = facts.now - datetime.fromisoformat(waiting)
        if since > _SLOW:
            number = facts.section("consumers")["pending"]
            evidence = f"{counted(number, 'consumer is', 'consumers are')} not ready, the oldest since {waiting[:10]}."
            severity = Severity.HIGH if since > _VERY_SLOW else Severity.MEDIUM
            yield Finding(Area.ONBOARDING, "pending", severity, evidence, ("onboarding",))


def _capacity(facts: Facts) -> Iterator[Finding]:
    used = facts.section("usage").get("quotaUsedPercent", 0)
    if facts.pressed or used >= FULL:
        evidence = (
            f"{counted(facts.pressed, 'consumer uses', 'consumers use')} {FULL}% or more of a quota; of all quotas "
            f"together {used}% of the scarcest resource is used."
        )
        severity = Severity.HIGH if used >= FULL else Severity.MEDIUM
        yield Finding(Area.CAPACITY, "quotas", severity, evidence, ("quota", "capacity"))


def _adoption(facts: Facts) -> Iterator[Finding]:
    percent = facts.section("consumers").get("adoptionPercent")
    if percent is not None and percent < 100:
        teams = facts.section("consumers")["summary"].replace("/", " of ")
        evidence = f"{teams} teams have it, {percent}% of those that it aims at."
        severity = Severity.HIGH if percent < 50 else Severity.MEDIUM
        yield Finding(Area.ADOPTION, "target", severity, evidence, ("adoption",))
    if facts.lost:
        evidence = f"{counted(facts.lost, 'consumer has', 'consumers have')} left since the last assessment."
        yield Finding(Area.ADOPTION, "lost", Severity.MEDIUM, evidence, ("adoption",))
    calling, ready = facts.section("usage").get("callingConsumers"), facts.section("consumers").get("ready", 0)
    if calling is not None and calling < ready:
        evidence = f"{counted(ready - calling, 'consumer of', 'consumers of')} {ready} sent no request; ask why."
        yield Finding(Area.ADOPTION, "silent", Severity.LOW, evidence, ("adoption",))
    dormant = facts.section("consumers").get("dormant", 0)
    if dormant:
        evidence = f"{counted(dormant, 'consumer runs', 'consumers run')} nothing and says nothing by it; ask why."
        yield Finding(Area.ADOPTION, "dormant", Severity.LOW, evidence, ("adoption",))


def _drift(facts: Facts) -> Iterator[Finding]:
    corrected = facts.section("drift").get("corrected24h", 0)
    if corrected >= _REPEATED:
        kind = facts.section("drift")["lastObject"]
        evidence = f"What others changed was set right {corrected} times within a day, a {kind} last."
        yield Finding(Area.DRIFT, "corrections", Severity.LOW, evidence, ("drift",))


def _maturity(facts: Facts) -> Iterator[Finding]:
    for aspect in facts.assessment.aspects:
        short = (aspect.target_level or 0) - aspect.level
        if short > 0:
            evidence = f"It is on level {aspect.level} of 4, and level {aspect.target_level} is aimed at."
            severity = Severity.MEDIUM if short > 1 else Severity.LOW
            yield Finding(Area.MATURITY, aspect.name.value, severity, evidence, (aspect.name.value.lower(),))


def _by_days(late: timedelta) -> Severity:
    return Severity.HIGH if late > 30 * _DAY else Severity.MEDIUM
