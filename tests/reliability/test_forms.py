"""Somebody sends a form, and the operator is killed before or after any of the writes that follow: it counts once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.fault_proxy import Fault, FaultProxy, Write
from harness.form import Answer, open_link, send
from harness.operator_process import OperatorProcess
from harness.process import wait_until
from harness.snapshot import Admin, Object, Ref
from tests.reliability.conftest import StartOperator
from tests.reliability.world import PLAN, World, at_rest, contract

pytestmark = pytest.mark.long

WAIT_SECONDS = 60.0
KEY = "a-key-of-these-tests-that-signs-links-and-forms"
ANSWER = {"score-satisfaction": "5", "comment": "Refunds take a day", "theme": []}


class Asking(World):
    """A service that asks, and a team that uses it."""

    def contracts(self) -> list[Object]:
        service = {
            "owner": {"team": "shop"},
            "onboarding": {"allowedConsumers": {"from": "All"}, "plans": [PLAN]},
            "feedback": {"surveys": [{"name": "satisfaction", "instrument": "CSAT"}]},
        }
        consumer = {"serviceRef": {"namespace": self.provider, "name": "shop"}, "planName": "small"}
        return [
            contract("PlatformService", self.provider, "shop", service),
            contract("PlatformConsumer", self.team, "shop", consumer),
        ]

    def link(self, admin: Admin) -> str | None:
        """The team's link to the survey."""
        feedback = (admin.get(self.consumer) or {}).get("status", {}).get("feedback", {})
        return next((link["url"] for link in feedback.get("links", ()) if link["name"] == "satisfaction"), None)

    def stored(self, admin: Admin) -> list[Ref]:
        """Every Feedback about the service."""
        return [ref for ref in admin.list("feedback") if ref.namespace == self.provider]

    def heard(self, admin: Admin) -> dict[str, object]:
        """What statuses say of it."""
        service, consumer = ((admin.get(ref) or {}).get("status", {}) for ref in (self.service, self.consumer))
        feedback = service.get("feedback", {})
        return {
            "responses": feedback.get("scores", [{}])[0].get("responses"),
            "open": feedback.get("openItems"),
            "answers": [answer["state"] for answer in consumer.get("feedback", {}).get("answers", ())],
        }


@pytest.fixture(scope="module")
def operator(start_operator: StartOperator, tmp_path_factory: pytest.TempPathFactory) -> OperatorProcess:
    keys = tmp_path_factory.mktemp("keys") / "signing-keys"
    keys.write_text(KEY)
    return start_operator({"web": {"signingKeysFile": str(keys)}})


@pytest.fixture(scope="module")
def worlds() -> Iterator[Asking]:
    return (Asking(f"w{number:04d}") for number in range(100))


@pytest.fixture
def world(admin: Admin, worlds: Iterator[Asking], operator: OperatorProcess) -> Asking:
    """A world at rest whose survey nobody has answered."""
    world = next(worlds)
    admin.apply(*world.homes(), *world.contracts())
    wait_until(lambda: world.link(admin), WAIT_SECONDS, "the team's link")
    at_rest(admin, WAIT_SECONDS)
    return world


def send_until_answered(operator: OperatorProcess, form: str) -> Answer:
    """Send a form as somebody does who presses the button again whenever nobody answers."""
    answers: list[Answer] = []

    def sent() -> bool:
        try:
            answers.append(send(operator.page_url, form, ANSWER))
        except OSError:
            return False
        return answers[-1].status == 303

    wait_until(sent, WAIT_SECONDS, "thanks")
    return answers[-1]


# The Feedback itself, its status, the sum on the service, and what the team reads on its consumer.
WRITES = {
    "the Feedback": lambda write: write.method == "POST" and "/feedback/form-" in write.path,
    "its status": lambda write: "/feedback/form-" in write.path and write.path.endswith("/status"),
    "the sum": lambda write: "/platformservices/" in write.path and write.path.endswith("/status"),
    "the team's answer": lambda write: "/platformconsumers/" in write.path and write.path.endswith("/status"),
}


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("write", WRITES)
def test_a_form_counts_once_whenever_the_operator_is_killed(
    admin: Admin, proxy: FaultProxy, world: Asking, operator: OperatorProcess, write: str, fault: Fault
) -> None:
    form = open_link(str(world.link(admin))).form

    def strikes(_: int, which: Write) -> bool:
        return f"/{world.name}-" in which.path and WRITES[write](which)

    proxy.arm(fault, strikes)
    with ThreadPoolExecutor(1) as somebody:
        answer = somebody.submit(send_until_answered, operator, form)
        assert proxy.struck(WAIT_SECONDS), f"{write} was never written"
        if fault is not Fault.LOST:
            operator.kill()
            proxy.disarm()
            operator.start_and_wait()
        assert answer.result(WAIT_SECONDS).status == 303
    proxy.disarm()
    # Also by somebody who goes back and sends it once more.
    assert send(operator.page_url, form, ANSWER).status == 303
    wanted = {"responses": 1, "open": 1, "answers": ["Open"]}
    wait_until(lambda: world.heard(admin) == wanted, WAIT_SECONDS, f"{json.dumps(wanted)}")
    at_rest(admin, WAIT_SECONDS)
    assert len(world.stored(admin)) == 1
    assert world.heard(admin) == wanted


def test_links_are_the_same_after_a_restart_and_no_status_is_written(
    admin: Admin, world: Asking, operator: OperatorProcess
) -> None:
    def seen() -> dict[Ref, str]:
        return {ref: (admin.get(ref) or {})["metadata"]["resourceVersion"] for ref in (world.service, world.consumer)}

    before = seen()
    operator.kill()
    operator.start_and_wait()
    at_rest(admin, WAIT_SECONDS)
    assert seen() == before
    assert open_link(str(world.link(admin))).status == 200


def test_a_page_that_was_open_over_a_restart_with_another_key_asks_to_be_opened_again(
    admin: Admin, world: Asking, operator: OperatorProcess
) -> None:
    form = open_link(str(world.link(admin))).form
    keys = Path(operator.config["web"]["signingKeysFile"])
    operator.kill()
    keys.write_text("quite-another-key-" * 3)
    try:
        operator.start_and_wait()
        assert send(operator.page_url, form, ANSWER).status == 404
        assert world.stored(admin) == []
    finally:
        keys.write_text(KEY)
