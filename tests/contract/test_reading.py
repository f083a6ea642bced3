"""How the operator reads what is stored: leniently about the unknown, strictly about the rules."""

from __future__ import annotations

from typing import Any

import pytest

from platform_contracts.api import InvalidSpec, parse
from platform_contracts.api.platform_service import Lifecycle, PlatformServiceSpec
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_SERVICE


def service(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "payments"}, "spec": {"owner": {"team": "payments"}, **spec}}


def test_the_spec_comes_with_its_defaults() -> None:
    spec = parse(PLATFORM_SERVICE, service())
    assert isinstance(spec, PlatformServiceSpec)
    assert spec.lifecycle is Lifecycle.GENERAL_AVAILABILITY
    assert spec.onboarding.plans == []


def test_what_a_later_version_knows_is_ignored() -> None:
    later = service(ofALaterVersion={"periodDays": 90})
    assert parse(PLATFORM_SERVICE, later) == parse(PLATFORM_SERVICE, service())


def test_a_status_is_not_judged() -> None:
    obj = {**service(), "status": {"conditions": "lost"}}
    assert parse(PLATFORM_SERVICE, obj) == parse(PLATFORM_SERVICE, service())


def test_each_mistake_is_told_at_its_place() -> None:
    with pytest.raises(InvalidSpec) as error:
        parse(PLATFORM_SERVICE, service(owner={}, adoption={"targetTeams": 0}))
    assert error.value.messages == [
        "spec.owner.team: team is required, for example team: payments",
        "spec.adoption.targetTeams: must be a number of teams from 1 to 10000, for example 20",
    ]
    assert str(error.value) == "; ".join(error.value.messages)


def test_many_mistakes_are_told_in_a_text_that_can_be_read() -> None:
    with pytest.raises(InvalidSpec) as error:
        parse(PLATFORM_SERVICE, service(links=[{}, {}]))
    assert len(error.value.messages) == 6
    assert str(error.value).endswith(
        "spec.links[0].url: url is required, for example url: 'https://docs.example.com/payments'; and 3 more"
    )


def test_the_name_is_judged_too() -> None:
    with pytest.raises(InvalidSpec, match=r"^metadata\.name must be a DNS label, .* for example payments$"):
        parse(PLATFORM_SERVICE, {**service(), "metadata": {"name": "payments.v2"}})


def test_other_kinds_are_not_of_the_language() -> None:
    with pytest.raises(KeyError):
        parse(NAMESPACE, {"metadata": {"name": "default"}})
