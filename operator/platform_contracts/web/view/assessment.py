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
        improvements=[
            Improvement(
                one["area"],
                one["about"],
                one["severity"],
                one["evidence"],
                one["roadmapItem"] if one["roadmapItem"] != NO_ITEM else None,
            )
            for one in status.get("improvements") or ()
        ],
        aspects=[
            Aspect(one["name"], one["level"], LEVELS.get(one["level"], ""), one.get("targetLevel"))
            for one in spec.get("aspects") or ()
        ],
        previous=(before["resolved"], before["remaining"]) if before else None,
    )
