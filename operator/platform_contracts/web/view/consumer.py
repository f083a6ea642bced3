"""A consumer's own page: for who may read its PlatformConsumer."""

from __future__ import annotations

from dataclasses import dataclass

from platform_contracts.kube.objects import Object, dig
from platform_contracts.kube.quantity import Quantity
from platform_contracts.web.view.conditions import Remark, remarks
from platform_contracts.web.view.figures import Budget, budget
from platform_contracts.web.view.links import channels, leads
from platform_contracts.web.view.people import Consumer, consumer
from platform_contracts.web.words import spaced


@dataclass(frozen=True, slots=True)
class Amount:
    """One resource of the quota; `percent` is how much of it is used, at most 100."""

    resource: str
    used: str
    hard: str
    percent: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of something that the team asked for."""

    name: str
    state: str
    item: str | None
    response: str | None


@dataclass(frozen=True, slots=True)
class ConsumerPage:
    """All that the team sees of its onboarding."""

    row: Consumer
    service_path: str
    wanted_plan: str | None
    namespaces: list[tuple[str, str | None, str, str | None]]
    quota: list[Amount]
    budget: Budget | None
    attainment: list[tuple[str, str, str]]
    notices: list[tuple[str, str]]
    answers: list[Answer]
    submit: str | None
    # Name, type and URL of each place where the team answers, its own forms among them.
    channels: list[tuple[str, str, str]]
    remarks: list[Remark]
    requested: str | None
    ready_since: str | None


def consumer_page(obj: Object) -> ConsumerPage:
    """The page of a PlatformConsumer."""
    spec, status = obj["spec"], obj.get("status") or {}
    row = consumer(obj)
    return ConsumerPage(
        row=row,
        service_path=f"/services/{row.service}",
        wanted_plan=spec["planName"] if status.get("plan") not in (None, spec["planName"]) else None,
        namespaces=[
            (one["name"], one.get("environment"), spaced(one.get("state") or "Unknown"), one.get("message"))
            for one in status.get("namespaces") or ()
        ],
        quota=_quota(status.get("quota") or {}),
        budget=budget(dig(status, "sla", "budget")),
        attainment=[(one["sla"], one["objective"], one["sli"]) for one in dig(status, "sla", "attainment") or ()],
        notices=[(spaced(one["type"]), one["message"]) for one in status.get("notices") or ()],
        answers=[
            Answer(one["name"], one["state"], one.get("roadmapItem"), one.get("response"))
            for one in dig(status, "feedback", "answers") or ()
        ],
        submit=leads(dig(status, "feedback", "submitURL")),
        channels=channels(dig(status, "feedback", "links") or ()),
        remarks=remarks(obj),
        requested=status.get("requestedTime"),
        ready_since=status.get("readyTime"),
    )


def _quota(status: Object) -> list[Amount]:
    used = status.get("used") or {}
    found = []
    for resource, hard in sorted((status.get("hard") or {}).items()):
        share = _share(used.get(resource, "0"), hard)
        found.append(Amount(resource, used.get(resource, "0"), hard, share))
    return found


def _share(used: str, hard: str) -> int:
    bound = Quantity.parse(hard).value
    return min(int(100 * Quantity.parse(used).value / bound), 100) if bound > 0 else 100
