"""What an SLA can promise by what it depends on: the table, the words, and what is said of others' SLAs."""

from __future__ import annotations

import pytest

from platform_contracts.api.objective import Objective
from platform_contracts.sla.dependencies import CONDITION, Upstream, feasible
from platform_contracts.sla.plan import plan
from tests.sla import world

OWN = "platform/payments"


def upstream(
    name: str, target: str | None = None, objective: str = "availability", namespace: str = "data"
) -> Upstream:
    return Upstream(namespace, name, None if target is None else {objective: target})


def judged(target: str, *upstreams: Upstream) -> tuple[bool | None, str]:
    """Status and reason for an SLA with that target."""
    found = feasible([Objective.model_validate(world.objective(target=target))], upstreams, OWN)
    assert found is not None
    assert found.message.endswith(".")
    return found.status, found.reason


@pytest.mark.parametrize(
    ("target", "upstreams", "expected"),
    [
        ("99.9", ["99.9"], (True, "WithinDependencies")),
        ("99.9", ["99.95", "99.95"], (True, "WithinDependencies")),  # 99.900025
        ("99.91", ["99.95", "99.95"], (False, "PromisedTooMuch")),
        ("99.8", ["99.9", "99.9"], (True, "WithinDependencies")),  # 99.8001
        ("99.8001", ["99.9", "99.9"], (True, "WithinDependencies")),
        ("99.80011", ["99.9", "99.9"], (False, "PromisedTooMuch")),
        ("97", ["99", "99", "99"], (True, "WithinDependencies")),  # 97.0299
        ("99", ["99.9"] * 16, (False, "PromisedTooMuch")),  # 98.4119...
    ],
)
def test_the_product_of_the_targets_is_the_bound(
    target: str, upstreams: list[str], expected: tuple[bool | None, str]
) -> None:
    assert judged(target, *[upstream(f"u{number}", one) for number, one in enumerate(upstreams)]) == expected


def test_a_promise_above_it_is_said_with_the_numbers() -> None:
    objectives = [Objective.model_validate(world.objective(target="99.95"))]
    found = feasible(objectives, [upstream("database", "99.9"), upstream("queue", "99.95")], OWN)
    assert found is not None
    assert found.message == (
        "availability promises 99.95%, and what it depends on allows 99.85005% (data/database 99.9%, data/queue "
        "99.95%); lower the target to that, depend on less, or have a reserve for when one fails and take it out "
        "of spec.dependsOn."
    )


def test_only_objectives_of_the_same_name_bound_each_other() -> None:
    assert judged("99.9", upstream("database", "90", objective="latency")) == (None, "NothingInCommon")
    both = upstream("database", "90", objective="latency"), upstream("queue", "99.95")
    assert judged("99.9", *both) == (True, "WithinDependencies")


def test_what_is_known_already_suffices_to_say_too_much() -> None:
    assert judged("99.9", upstream("database", "99"), upstream("hidden")) == (False, "PromisedTooMuch")
    assert judged("99.9", upstream("database", "99.95"), upstream("hidden")) == (None, "DependencyUnknown")


def test_an_sla_that_depends_on_itself_is_told() -> None:
    assert judged("99.9", upstream("payments", "99.9", namespace="platform")) == (None, "DependsOnItself")


def test_the_condition_is_there_where_something_is_depended_on_and_blocks_nothing() -> None:
    def types(*upstreams: Upstream) -> dict[str, str]:
        planned = plan(world.inputs(upstreams=upstreams))
        assert planned.applies, "the rules are written"
        assert planned.status is not None
        return {one["type"]: one["status"] for one in planned.status["conditions"]}

    assert CONDITION not in types()
    told = types(upstream("database", "99"))
    assert (told[CONDITION], told["Ready"], told["Stalled"]) == ("False", "True", "False")
