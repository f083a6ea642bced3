"""What to improve, and how mature the service's team says that it is: for who may read the PlatformService."""

from __future__ import annotations

from dataclasses import dataclass

from platform_contracts.kube.objects import Object, dig
from platform_contracts.product.improvements import NO_ITEM

LEVELS = {1: "Provisional", 2: "Operational", 3: "Scalable", 4: "Optimizing"}


@dataclass(frozen=True, slots=True)
class Improvement:
    """Something to improve; `item` is the roadmap item that answers it, None where there is none."""

    area: str
    about: str
    severity: str
    evidence: str
    item: str | None


@dataclass(frozen=True, slots=True)
class Aspect:
    """One aspect of the maturity model: its level of 4, and the one to reach."""

    name: str
    level: int
    words: str
    target: int | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The last assessment, what became of the one before, and when the next is due."""

    last: str | None
    next: str | None
    report: str | None
    improvements: list[Improvement]
    aspects: list[Aspect]
    previous: tuple[int, int] | None


def assessment(service: Object) -> Assessment | None:
    """The assessment of a service; None where it is not assessed."""
    spec = dig(service, "spec", "assessment")
    if spec is None:
        return None
    status = dig(service, "status", "assessment") or {}
    before = status.get("previous")
    return Assessment(
        last=status.get("lastTime"),
        next=status.get("nextTime"),
        report=status.get("report"),
        improvements=[improvement(one) for one in status.get("improvements") or ()],
        aspects=[aspect(one) for one in spec.get("aspects") or ()],
        previous=(before["resolved"], before["remaining"]) if before else None,
    )


def improvement(entry: Object) -> Improvement:
    """One of `improvements` of a status or a report."""
    item = entry["roadmapItem"] if entry["roadmapItem"] != NO_ITEM else None
    return Improvement(entry["area"], entry["about"], entry["severity"], entry["evidence"], item)


def aspect(entry: Object) -> Aspect:
    """One of `aspects` of a spec or a report."""
    return Aspect(entry["name"], entry["level"], LEVELS.get(entry["level"], ""), entry.get("targetLevel"))
