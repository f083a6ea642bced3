"""The namespaces that a consumer has become what its grant says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from platform_contracts.api import names
from platform_contracts.api.platform_service import Member
from platform_contracts.kube.conditions import Problem
from platform_contracts.kube.kinds import LIMIT_RANGE, NAMESPACE, Kind
from platform_contracts.kube.objects import Object, labels, uid
from platform_contracts.kube.plan import Apply, Delete
from platform_contracts.onboarding import (
    access,
    alerts,
    children,
    comparison,
    guards,
    maintenance,
    network,
    resources,
)
from platform_contracts.onboarding.claims import Claim
from platform_contracts.onboarding.contract import Contract
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.quota import Grant
from platform_contracts.onboarding.standing import Standing, adopted, marker


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforcement:
    """What to write into a consumer's namespaces, and what came of the comparison."""

    applies: list[Apply]
    deletes: list[Delete]
    # A namespace has yet to carry our marker; what stands in it follows.
    marking: bool
    # Why something in a namespace cannot be as it should, by its name.
    conflicts: dict[str, Problem]
    # Who gets access, and why the first of the others does not.
    members: Sequence[Member]
    refused_member: Problem | None
    # How many objects there should be, and the live ones among them with the namespaces.
    objects: int
    live: list[Object]


def enforce(
    inputs: ConsumerInputs, terms: Contract, grant: Grant, held: Sequence[str], *, in_steps: bool
) -> Enforcement:
    """What makes each namespace that is ours what it should be; `held` are all that the consumer has.

    `in_steps`: nothing is written into a namespace before it is seen to carry our marker.
    """
    ours = [claim for claim in terms.claims if claim.standing is Standing.OURS and claim.live]
    marks = marker(inputs.consumer)
    marked = [claim for claim in ours if not in_steps or (claim.live and marks.items() <= labels(claim.live).items())]
    home = inputs.consumer["metadata"]["namespace"]
    members, refused = _members(terms.spec.members, grant, sorted({home, *(claim.name for claim in ours)}))
    wanted = [
        pair for claim in marked for pair in _desired(inputs, terms, grant, claim, members, held, claim is ours[0])
    ]
    within = [claim.name for claim in marked]
    compared = comparison.compare(wanted, children.standing_in(within, inputs.children))
    itself = [_namespace(inputs, terms, grant, claim) for claim in ours]
    return Enforcement(
        applies=[*itself, *compared.applies],
        deletes=compared.deletes,
        marking=len(marked) < len(ours),
        conflicts=compared.conflicts,
        members=members,
        refused_member=refused,
        objects=len(wanted),
        live=[*(claim.live for claim in ours if claim.live), *compared.live],
    )


def new_namespace(inputs: ConsumerInputs, terms: Contract, grant: Grant, claim: Claim) -> Apply:
    """A namespace that is to be made."""
    return Apply(
        NAMESPACE, children.namespace(claim.name, grant.plan.pod_security, _labels(inputs, terms, grant, claim))
    )


def _namespace(inputs: ConsumerInputs, terms: Contract, grant: Grant, claim: Claim) -> Apply:
    assert claim.live is not None
    obj = children.namespace(claim.name, grant.plan.pod_security, _labels(inputs, terms, grant, claim))
    # The label that only some claims ask for, where this one does not (any more).
    surplus = () if claim.environment else (names.ENVIRONMENT_LABEL,)
    return Apply(NAMESPACE, obj, uid(claim.live), surplus)


def _labels(inputs: ConsumerInputs, terms: Contract, grant: Grant, claim: Claim) -> dict[str, str]:
    """The labels of a Namespace: whose it is, of what, for whom."""
    marks = {**guards.identity(inputs, terms), names.PLAN_LABEL: grant.name}
    if claim.environment:
        marks[names.ENVIRONMENT_LABEL] = claim.environment
    if claim.adopt or (claim.live is not None and adopted(claim.live)):
        marks[names.ADOPTED_LABEL] = "true"
    return marks


def _desired(
    inputs: ConsumerInputs,
    terms: Contract,
    grant: Grant,
    claim: Claim,
    members: Sequence[Member],
    held: Sequence[str],
    first: bool,
) -> list[tuple[Kind, Object]]:
    name, plan, marks = claim.name, grant.plan, marker(inputs.consumer)
    home = inputs.consumer["metadata"]["namespace"]
    provider = terms.service["metadata"]["namespace"]
    hard = grant.amounts[name]
    rules = alerts.rule_object(
        kind=inputs.rule_kind,
        namespace=name,
        labels={**inputs.rule_labels, **marks},
        consumer=inputs.consumer,
        spec=terms.spec,
        service=terms.service_spec,
        plan=plan,
        quota={resource: str(amount) for resource, amount in hard.items()},
        windows=maintenance.told(inputs.windows, inputs.now),
        first=first,
    )
    return children.desired(
        name=name,
        plan=plan,
        hard=hard,
        limits=_limits(inputs, grant, name),
        members=members,
        peers=network.peers(
            plan.network,
            namespace=name,
            home=None if home == provider else home,
            others=held,
            service_namespace=provider,
        ),
        guardrails=inputs.guardrails,
        marks=marks,
        rules=(inputs.rule_kind, rules) if rules else None,
    )


def _limits(inputs: ConsumerInputs, grant: Grant, name: str) -> Object | None:
    """The plan's LimitRange, or the one that is there where it has to stay."""
    standing = guards.as_it_stands(inputs, LIMIT_RANGE, name) if grant.frozen else None
    return standing or resources.limit_range(grant.plan, name, marker(inputs.consumer))


def _members(members: Iterable[Member], grant: Grant, own: Sequence[str]) -> tuple[list[Member], Problem | None]:
    """The members who get access, and why the first of the others does not."""
    problems = [(member, access.member_problem(member, grant.plan, own)) for member in members]
    good = [member for member, problem in problems if problem is None]
    return good, next((problem for _, problem in problems if problem), None)
