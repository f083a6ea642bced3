"""Who answers for a service, for whom it is made, and where there is more: for who may read the PlatformService."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from platform_contracts.api.links import url_problem
from platform_contracts.kube.objects import Object, dig


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach a team; `link` is where it leads, None where it is only a name."""

    type: str
    value: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """A page elsewhere."""

    name: str
    type: str
    url: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a consumer gets, in a word for each amount."""

    name: str
    amounts: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class About:
    """The product behind the figures."""

    team: str
    product_manager: str | None
    contacts: list[Contact]
    links: list[Link]
    users: list[tuple[str, str]]
    plans: list[Plan]


def about(service: Object, allowed_hosts: Collection[str]) -> About:
    """What the spec says of it. Links are those that the administrator allows, as in statuses and alerts."""
    spec = service["spec"]
    return About(
        team=str(dig(spec, "owner", "team") or ""),
        product_manager=dig(spec, "owner", "productManager"),
        contacts=contacts(dig(spec, "owner", "contacts") or (), allowed_hosts),
        links=[
            Link(one["name"], one["type"], one["url"])
            for one in spec.get("links") or ()
            if url_problem(one["url"], allowed_hosts) is None
        ],
        users=[(one["name"], one.get("needs") or "") for one in spec.get("users") or ()],
        plans=[
            Plan(one["name"], sorted((one.get("quota") or {}).items()))
            for one in dig(spec, "onboarding", "plans") or ()
        ],
    )


def contacts(entries: Iterable[Mapping[str, str]], allowed_hosts: Collection[str]) -> list[Contact]:
    """Contacts as they are written, with a link where there can be one."""
    return [Contact(one["type"], one["value"], _link(one["type"], one["value"], allowed_hosts)) for one in entries]


def _link(type_: str, value: str, allowed_hosts: Collection[str]) -> str | None:
    if type_ == "Email":
        return f"mailto:{value}"
    return value if url_problem(value, allowed_hosts) is None else None
