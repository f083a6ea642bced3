"""A team that the platform team listed itself, with its members' own identities: they read what is theirs, and ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.kubectl import Kubectl

if TYPE_CHECKING:
    from conftest import Eventually, Platform

API = "platformcontracts.io/v1alpha1"
NAME = "payments-checkout"
READING = f"platform-contracts.{NAME}"
PLAN = {
    "name": "small",
    "quota": {"pods": "10"},
    "roles": [{"name": "developer", "clusterRoleName": "platformcontracts-developer"}],
}

UserKubeconfig = Callable[..., Path]


class Shop:
    """A service that lists two teams, and somebody of each."""

    def __init__(self, platform: Platform, user_kubeconfig: UserKubeconfig) -> None:
        self.platform = platform
        self.provider = platform.provider()
        self.names = {team: f"{team}-{self.provider}" for team in ("checkout", "search", "robot")}
        self.lists("checkout", "search")
        for team in ("checkout", "search"):
            platform.ready("platformconsumer", self.provider, f"payments-{team}")
        self.member, self.other = (
            platform.kubectl.as_user(user_kubeconfig(self.names[team])) for team in ("checkout", "search")
        )

    def lists(self, *teams: str, members: list[str] | None = None, **spec: Any) -> None:
        """Apply the service with these teams, each with one member, or the first with `members`."""
        entries = [
            {
                "name": team,
                "team": team,
                "planName": "small",
                "members": [
                    {"kind": "User", "name": name, "roleName": "developer"}
                    for name in ([self.names[team]] if members is None or team != teams[0] else members)
                ],
            }
            for team in teams
        ]
        self.platform.service(self.provider, onboarding={"plans": [PLAN]}, consumers=entries, **spec)

    def reads(self, kubectl: Kubectl, name: str = NAME) -> bool:
        """Whether somebody may read a PlatformConsumer of the provider's namespace."""
        return not kubectl("get", "platformconsumer", name, "-n", self.provider, check=False).returncode

    def there(self) -> list[str]:
        """The kinds of what lets the members in."""
        kinds = ("role", "rolebinding")
        return [kind for kind in kinds if self.platform.get(kind, self.provider, READING)]


@pytest.fixture
def shop(platform: Platform, user_kubeconfig: UserKubeconfig) -> Shop:
    return Shop(platform, user_kubeconfig)


def test_a_member_reads_what_is_meant_for_the_team_and_nothing_else(shop: Shop) -> None:
    shop.lists("checkout", "search", feedback={"submitURL": "https://feedback.example.com/payments"})
    shop.platform.wait("platformconsumer", shop.provider, NAME, "Ready", "True")
    shown = shop.member.get("platformconsumer", NAME, "-n", shop.provider)["status"]
    assert shown["summary"] == f"{shop.provider}-{NAME}"
    assert shown["quota"]["available"] == {"pods": "10"}
    row = shop.member("get", "pcon", NAME, "-n", shop.provider, "--no-headers").stdout
    assert row.split()[:4] == [NAME, "payments", "small", f"{shop.provider}-{NAME}"]
    assert not shop.reads(shop.member, "payments-search")
    assert not shop.reads(shop.other)
    for attempt in (
        ["get", "platformconsumers"],
        ["get", "platformservices"],
        ["get", "roles"],
        ["patch", "platformconsumer", NAME, "--type=merge", "-p", '{"spec": {"planName": "large"}}'],
        ["delete", "platformconsumer", NAME],
    ):
        answer = shop.member(*attempt, "-n", shop.provider, check=False)
        assert "forbidden" in answer.stderr, attempt


def test_a_member_asks_in_the_teams_name_and_reads_the_answer(shop: Shop, eventually: Eventually) -> None:
    for team in ("checkout", "search"):
        shop.platform.kubectl(
            *("create", "rolebinding", f"feedback-{team}", "--clusterrole=platformcontracts-feedback-author"),
            *(f"--user={shop.names[team]}", "-n", shop.provider),
        )
    said = {
        "apiVersion": API,
        "kind": "Feedback",
        "metadata": {"name": "refunds", "namespace": shop.provider},
        "spec": {
            "serviceRef": {"name": "payments"},
            "comment": "A refund takes a day",
            "consumerRef": {"namespace": shop.provider, "name": NAME},
        },
    }
    refused = shop.other("create", "-f", "-", stdin=json.dumps(said), check=False)
    assert "for which speaks who may do the verb speak on it" in refused.stderr
    shop.member("create", "-f", "-", stdin=json.dumps(said))
    triage = {"spec": {"triage": {"state": "Acknowledged", "response": "We start in May"}}}
    patch = ("--type=merge", "-p", json.dumps(triage))
    shop.platform.kubectl("patch", "feedback", "refunds", "-n", shop.provider, *patch)

    def answers() -> Any:
        consumer = shop.member.get("platformconsumer", NAME, "-n", shop.provider)
        return consumer["status"].get("feedback", {}).get("answers")

    answer = {"name": "refunds", "state": "Acknowledged", "response": "We start in May"}
    eventually(lambda: answers() == [answer], "the team reads the answer")


@pytest.mark.parametrize("end", ["the membership", "the entry", "the provider"])
def test_access_ends_with_the_membership_the_entry_and_the_provider(
    shop: Shop, eventually: Eventually, end: str
) -> None:
    assert shop.reads(shop.member)
    if end == "the membership":
        shop.lists("checkout", "search", members=[shop.names["robot"]])
    elif end == "the entry":
        shop.lists("search")
    else:
        shop.platform.kubectl("label", "namespace", shop.provider, "platformcontracts.io/provider-")
    eventually(lambda: not shop.reads(shop.member), "the member reading it no longer")
    if end == "the membership":
        return
    eventually(lambda: shop.there() == [], "nothing being left of it")
    if end == "the entry":
        eventually(lambda: shop.platform.get("platformconsumer", shop.provider, NAME) is None, "the consumer going")
    stays = end == "the entry"
    eventually(
        lambda: shop.reads(shop.other, "payments-search") == stays, "the other team reading on, or no longer either"
    )


def test_drift_is_set_right_and_counted(shop: Shop, eventually: Eventually) -> None:
    counted = [shop.platform.corrected(kind) for kind in ("Role", "RoleBinding")]
    wide = {"rules": [{"apiGroups": ["platformcontracts.io"], "resources": ["platformconsumers"], "verbs": ["get"]}]}
    in_it = ("-n", shop.provider)
    shop.platform.kubectl("patch", "role", READING, *in_it, "--type=merge", "-p", json.dumps(wide))
    eventually(lambda: not shop.reads(shop.member, "payments-search"), "the Role being as it was")
    shop.platform.kubectl("delete", "rolebinding", READING, *in_it)
    eventually(lambda: shop.reads(shop.member), "the RoleBinding being back")

    def told() -> Any:
        return shop.platform.get("platformconsumer", shop.provider, NAME)["status"].get("drift", {})

    eventually(lambda: told().get("corrected24h") == 2, "both being counted")
    assert told()["lastObject"] == f"RoleBinding {shop.provider}/{READING}"
    assert [shop.platform.corrected(kind) for kind in ("Role", "RoleBinding")] == [one + 1 for one in counted]


def test_a_role_that_somebody_planted_is_said_and_given_to_nobody(shop: Shop, eventually: Eventually) -> None:
    shop.lists("search")
    eventually(lambda: shop.platform.get("platformconsumer", shop.provider, NAME) is None, "the team leaving")
    planted = ("create", "role", READING, "--verb=get", "--resource=secrets", "-n", shop.provider)
    shop.platform.kubectl(*planted)
    shop.lists("checkout", "search")
    said = shop.platform.wait("platformconsumer", shop.provider, NAME, "Stalled", "True", "ObjectConflict")
    assert f"The Role {shop.provider}/{READING} exists and was not made by the operator" in said["message"]
    assert shop.there() == ["role"]
    shop.platform.kubectl("delete", "role", READING, "-n", shop.provider)
    shop.platform.ready("platformconsumer", shop.provider, NAME)
    assert shop.reads(shop.member)
