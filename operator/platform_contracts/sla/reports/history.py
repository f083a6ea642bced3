"""What is known of an SLA's closed periods: by its reports, and by its status where a report is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from platform_contracts.kube.objects import Object, parse_time, uid

# So many closed periods stand in the status.
SHOWN = 13


def of_sla(sla: Object, reports: Iterable[Object]) -> list[Object]:
    """Every closed period that is known of an SLA, by the live reports of its name and by its status.

    What was promised by another SLA of that name is none of its.
    """
    others = {report["metadata"]["name"] for report in reports if report["spec"]["slaUID"] != uid(sla)}
    previous = (sla.get("status") or {}).get("history", ())
    return entries(own(sla, reports), (entry for entry in previous if entry["report"] not in others))


def own(sla: Object, reports: Iterable[Object]) -> list[Object]:
    """The reports that are of the SLA itself, not of another of its name."""
    return [report for report in reports if report["spec"]["slaUID"] == uid(sla)]


def entries(reports: Iterable[Object], previous: Iterable[Mapping[str, Any]]) -> list[Object]:
    """Every closed period that is known, the latest first; of several revisions the last, and reports before status.

    The last is known by the status also where somebody deleted its report.
    """
    found: dict[str, Object] = {entry["period"]: dict(entry) for entry in previous}
    for report in sorted(reports, key=lambda report: int(report["spec"]["revision"])):
        period = report["spec"]["period"]
        if period not in found or _revision(found[period]) <= report["spec"]["revision"]:
            found[period] = _entry(report)
    return sorted(found.values(), key=lambda entry: (entry["endTime"], entry["period"]), reverse=True)


def shown(known: Sequence[Object]) -> list[Object]:
    """What of it stands in the status."""
    return list(known[:SHOWN])


def given_in_year(known: Iterable[Mapping[str, Any]], period: str) -> int:
    """The percents given back for the other periods that began in the year of that one."""
    year = period[:4]
    return sum(
        int(entry.get("creditPercent", 0))
        for entry in known
        if entry["period"][:4] == year and entry["period"] != period
    )


def before(known: Iterable[Mapping[str, Any]], period: str, end: datetime) -> list[Mapping[str, Any]]:
    """The periods of the same year that ended before that one, by whose credits a correction goes: in their order."""
    return [entry for entry in known if entry["period"][:4] == period[:4] and parse_time(entry["endTime"]) < end]


def corrected(known: Iterable[Mapping[str, Any]]) -> bool:
    """Whether any of these periods was corrected."""
    return any(_revision(entry) > 1 for entry in known)


def _revision(entry: Mapping[str, Any]) -> int:
    """The revision of an entry's report, by its name."""
    return int(entry["report"].rpartition("-r")[2])


def _entry(report: Object) -> Object:
    spec = report["spec"]
    return {
        "period": spec["period"],
        "endTime": spec["endTime"],
        "verdict": spec["verdict"],
        **{name: spec["worst"][name] for name in ("objective", "sli", "target") if name in spec["worst"]},
        "creditPercent": spec["creditPercent"],
        "report": report["metadata"]["name"],
        **({"message": spec["message"]} if "message" in spec else {}),
    }
