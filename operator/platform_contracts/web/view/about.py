"""Who answers for a service, for whom it is made, and where there is more: for who may read the PlatformService."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from platform_contracts.kube.objects import Object, dig
from platform_contracts.web.view.links import leads


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


def about(service: Object) -> About:
    """What the spec says of it."""
    spec = service["spec"]
    return About(
        team=str(dig(spec, "owner", "team") or ""),
        product_manager=dig(spec, "owner", "productManager"),
        contacts=contacts(dig(spec, "owner", "contacts") or ()),
        links=[Link(one["name"], one["type"], one["url"]) for one in spec.get("links") or () if leads(one["url"])],
        users=[(one["name"], one.get("needs") or "") for one in spec.get("users") or ()],
        plans=[
            Plan(one["name"], sorted((one.get("quota") or {}).items()))
            for one in dig(spec, "onboarding", "plans") or ()
        ],
    )


def contacts(entries: Iterable[Mapping[str, str]]) -> list[Contact]:
    """Contacts as they are written, with a link where there can be one."""
    return [Contact(one["type"], one["value"], _link(one["type"], one["value"])) for one in entries]


def _link(type_: str, value: str) -> str | None:
    if type_ == "Email":
        return f"mailto:{value}"
    return leads(value)
