"""A developer's voice on a real cluster: said, summed on the service, answered, and seen by the team that asked."""

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
FEEDBACK = {"acknowledgeWithinDays": 14, "surveys": [{"name": "satisfaction", "instrument": "CSAT"}]}
WORDS = "Sam says that refunds take a day"

UserKubeconfig = Callable[..., Path]


class Product:
    """One service with a consumer, a developer of its team, and somebody of the platform team."""

    def __init__(self, platform: Platform, user_kubeconfig: UserKubeconfig) -> None:
        self.platform = platform
        self.provider = platform.provider()
        self.home = platform.namespace("team")
        self.roadmap(item="Proposed")
        platform.consumer(self.home, self.provider)
        platform.ready("PlatformConsumer", self.home)
        self.developer = self._user(user_kubeconfig, f"dev-{self.home}")
        self.team = self._user(user_kubeconfig, f"pat-{self.home}")
        self._bind("feedback-author", f"dev-{self.home}", self.provider)
        self._bind("consumer", f"dev-{self.home}", self.home)
        self._bind("provider", f"pat-{self.home}", self.provider)

    def _user(self, user_kubeconfig: UserKubeconfig, name: str) -> Kubectl:
        return self.platform.kubectl.as_user(user_kubeconfig(name))

    def _bind(self, role: str, user: str, namespace: str) -> None:
        self.platform.kubectl(
            *("create", "rolebinding", role, f"--clusterrole=platformcontracts-{role}", f"--user={user}"),
            *("-n", namespace),
        )

    def roadmap(self, item: str, **fields: Any) -> None:
        """Apply the service, whose roadmap has one item in this state."""
        items = [{"name": "instant-refunds", "state": item, "themes": ["refunds"], **fields}]
        self.platform.service(self.provider, feedback=FEEDBACK, roadmap={"items": items})

    def say(self, name: str, **said: Any) -> None:
        """The developer creates a Feedback."""
        spec = {"serviceRef": {"name": "payments"}, **said}
        metadata = {"name": name, "namespace": self.provider}
        manifest = {"apiVersion": API, "kind": "Feedback", "metadata": metadata, "spec": spec}
        self.developer("create", "-f", "-", stdin=json.dumps(manifest))

    def service(self) -> Any:
        """The service's status."""
        return self.platform.get("platformservice", self.provider, "payments")["status"]

    def answers(self) -> Any:
        """What the team reads on its own PlatformConsumer, with its own rights."""
        consumer = self.developer.get("platformconsumer", "payments", "-n", self.home)
        return consumer["status"].get("feedback", {}).get("answers", [])

    def state(self, name: str) -> Any:
        """What became of a Feedback."""
        return self.platform.get("feedback", self.provider, name)["status"].get("state")


@pytest.fixture
def product(platform: Platform, user_kubeconfig: UserKubeconfig) -> Product:
    return Product(platform, user_kubeconfig)


def test_the_loop_once_around(platform: Platform, product: Product, eventually: Eventually) -> None:
    for number in range(5):
        scores = [{"question": "satisfaction", "value": 5 if number else 1}]
        product.say(f"answer-{number}", method="Survey", survey="satisfaction", scores=scores)
    team = {"namespace": product.home, "name": "payments"}
    product.say("refunds", comment=WORDS, themes=["refunds"], consumerRef=team)
    eventually(lambda: product.service().get("feedback", {}).get("openItems") == 1, "the voice is counted")
    eventually(lambda: product.service()["feedback"].get("summary") == "CSAT 80% (n=5)", "the score shows")
    assert product.service()["roadmap"]["ranked"] == [{"name": "instant-refunds", "askedBy": 1}]
    assert product.state("answer-0") == "Counted"
    eventually(lambda: product.answers() == [{"name": "refunds", "state": "Open"}], "the team sees that it is heard")

    triage = {"spec": {"triage": {"state": "Acknowledged", "roadmapItem": "instant-refunds", "response": "In May"}}}
    product.team("patch", "feedback", "refunds", "-n", product.provider, "--type=merge", "-p", json.dumps(triage))
    answer = {"name": "refunds", "state": "Acknowledged", "roadmapItem": "instant-refunds", "response": "In May"}
    eventually(lambda: product.answers() == [answer], "the team reads the answer")
    eventually(lambda: "oldestUnacknowledgedTime" not in product.service()["feedback"], "nobody waits any more")

    product.roadmap(item="Shipped", shippedDate="2026-11-01")
    eventually(lambda: product.answers() == [{**answer, "state": "Shipped"}], "you asked, we shipped")
    eventually(lambda: product.state("refunds") == "Shipped", "its own state says so as well")
    eventually(lambda: product.service()["feedback"]["openItems"] == 0, "nothing is open")

    row = product.team("get", "psvc", "payments", "-n", product.provider, "--no-headers").stdout
    assert "CSAT 80% (n=5)" in row
    row = product.team("get", "feedback", "refunds", "-n", product.provider, "--no-headers", "-o", "wide").stdout
    assert row.split()[:5] == ["refunds", "payments", "Request", "Shipped", "instant-refunds"]
    assert WORDS in row

    product.team("delete", "feedback", "--all", "-n", product.provider)
    eventually(lambda: product.answers() == [], "what is deleted is gone")


def test_what_is_said_is_in_no_other_object_no_event_and_no_log(
    platform: Platform, product: Product, eventually: Eventually
) -> None:
    team = {"namespace": product.home, "name": "payments"}
    product.say("refunds", comment=WORDS, themes=["only-mine"], team="Sam", consumerRef=team)
    product.say("amiss", comment=WORDS, method="Survey", survey="nothing", scores=[{"question": "sam", "value": 1}])
    eventually(lambda: product.state("refunds") == "Open", "it is taken in")
    platform.wait("feedback", product.provider, "amiss", "Stalled", "True", "SurveyNotFound")
    eventually(lambda: product.service().get("feedback", {}).get("openItems") == 2, "it is counted")
    for name in ("refunds", "amiss"):
        feedback = platform.get("feedback", product.provider, name)
        assert "Sam" not in json.dumps([feedback["metadata"], feedback["status"]])
    others = platform.kubectl(
        *("get", "platformservices,platformconsumers,slas,events,namespaces,configmaps,prometheusrules"),
        *("--all-namespaces", "--output=json"),
    ).stdout
    for words in ("Sam says", "only-mine"):
        assert words not in others
        assert words not in platform.operator.log.read_text()


def test_nothing_is_written_where_nothing_changes(platform: Platform, product: Product, eventually: Eventually) -> None:
    product.say("refunds", comment=WORDS, themes=["refunds"])
    eventually(lambda: product.service().get("feedback", {}).get("openItems") == 1, "the voice is counted")
    platform.ready("feedback", product.provider, "refunds")
    kinds = (("platformservice", "payments"), ("feedback", "refunds"))
    before = [platform.get(kind, product.provider, name)["status"] for kind, name in kinds]
    for kind, name in kinds:
        platform.kubectl("annotate", kind, name, "-n", product.provider, "seen=true")
    versions = [platform.get(kind, product.provider, name)["metadata"]["resourceVersion"] for kind, name in kinds]
    # What comes after it in the queue has been looked at, so that has been as well.
    product.say("later", comment=WORDS, serviceRef={"name": "invoices"})
    platform.wait("feedback", product.provider, "later", "Stalled", "True", "ServiceNotFound")
    assert [platform.get(kind, product.provider, name)["status"] for kind, name in kinds] == before
    after = [platform.get(kind, product.provider, name)["metadata"]["resourceVersion"] for kind, name in kinds]
    assert after == versions


def test_feedback_about_a_service_that_does_not_exist_waits_for_it(
    platform: Platform, product: Product, eventually: Eventually
) -> None:
    product.say("early", comment="Hello", serviceRef={"name": "invoices"})
    stalled = platform.wait("feedback", product.provider, "early", "Stalled", "True", "ServiceNotFound")
    assert f"There is no PlatformService {product.provider}/invoices" in stalled["message"]
    platform.service(product.provider, "invoices")
    platform.ready("feedback", product.provider, "early")
    assert product.state("early") == "Open"
    platform.kubectl("label", "namespace", product.provider, "platformcontracts.io/provider-")
    platform.wait("feedback", product.provider, "early", "Stalled", "True", "NotAProvider")
