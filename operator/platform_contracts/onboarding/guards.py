"""What guards a namespace in which its consumer is not served, or not served any more: it stays as it was in force.

So it is with one that is no longer asked for, and with all of a consumer that is not let in any more or whose plan
cannot be granted. The plan that was in force says how, as long as the service offers it and nothing is wrong with it.
Otherwise what stands there stays, and where that is gone as well the strictest takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platform_contracts.api import names
from platform_contracts.api.plan import ConsumerPlan, NetworkProfile
from platform_contracts.kube.conditions import Problem
from platform_contracts.kube.kinds import LIMIT_RANGE, NAMESPACE, NETWORK_POLICY, RESOURCE_QUOTA, Kind
from platform_contracts.kube.objects import Object, is_deleting, is_ours, labels, manifest, uid
from platform_contracts.kube.plan import Apply, Delete
from platform_contracts.onboarding import children, claims, comparison, network, plans, resources
from platform_contracts.onboarding.contract import Contract
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.resources import Amounts
from platform_contracts.onboarding.standing import adopted, marker


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarding:
    """What to write so that guards stay, and what came of the comparison."""

    applies: list[Apply]
    deletes: list[Delete]
    # Namespaces that carry our marker: only into these anything is written.
    marked: list[str]
    # A namespace has yet to carry our marker; what guards it follows.
    marking: bool
    # Why something in a namespace cannot be as it should, by its name.
    conflicts: dict[str, Problem]


def keep(
    inputs: ConsumerInputs,
    terms: Contract,
    quotas: Mapping[str, Amounts],
    namespaces: Sequence[str],
    held: Sequence[str],
    *,
    in_steps: bool,
) -> Guarding:
    """What keeps the guards of those namespaces with the `quotas`; `held` are all that the consumer has.

    `in_steps`: nothing is written into a namespace before it is seen to carry our marker.
    """
    live = {name: inputs.namespaces[name] for name in namespaces if claims.taken_up(inputs, name)}
    live = {name: obj for name, obj in live.items() if not is_deleting(obj)}
    marks = marker(inputs.consumer)
    marked = [name for name, obj in live.items() if not in_steps or marks.items() <= labels(obj).items()]
    in_force = {name: plan_name(inputs, obj) for name, obj in live.items()}
    found = {name: _plan(inputs, terms, in_force[name], quotas[name]) for name in live}
    wanted = [pair for name in marked for pair in _guards(inputs, terms, name, found[name], quotas[name], held)]
    standing = [(kind, obj) for kind, obj in children.standing_in(marked, inputs.children) if kind in children.GUARDS]
    compared = comparison.compare(wanted, standing)
    return Guarding(
        applies=[
            *(_namespace(inputs, terms, obj, in_force[name], found[name]) for name, obj in live.items()),
            *compared.applies,
        ],
        deletes=compared.deletes,
        marked=marked,
        marking=len(marked) < len(live),
        conflicts=compared.conflicts,
    )


def identity(inputs: ConsumerInputs, terms: Contract) -> dict[str, str]:
    """The labels of a Namespace that say whose it is, from which home, and for which service it was made."""
    service, home = terms.service["metadata"], inputs.home_namespace
    return {
        **marker(inputs.consumer),
        **({names.CONSUMER_NAMESPACE_UID_LABEL: uid(home)} if home is not None else {}),
        names.SERVICE_LABEL: service["name"],
        names.SERVICE_NAMESPACE_LABEL: service["namespace"],
    }


def as_it_stands(inputs: ConsumerInputs, kind: Kind, namespace: str) -> Object | None:
    """The guard of that kind as it should be where nothing but itself tells; None where there is none of ours."""
    for found, obj in inputs.children:
        metadata = obj["metadata"]
        if found is kind and (metadata["namespace"], metadata["name"]) == (namespace, resources.NAME) and is_ours(obj):
            return manifest(kind, resources.NAME, namespace, labels=marker(inputs.consumer), spec=obj["spec"])
    return None


def plan_name(inputs: ConsumerInputs, live: Object) -> str | None:
    """The plan that was in force in a namespace: the consumer's, or by its label where the consumer does not ask for it
    any more."""
    recorded, labelled = inputs.consumer.get("status", {}).get("plan"), labels(live).get(names.PLAN_LABEL)
    asked = live["metadata"]["name"] in claims.claimed_names(inputs.consumer)
    name = (recorded or labelled) if asked else (labelled or recorded)
    return str(name) if name else None


def _plan(inputs: ConsumerInputs, terms: Contract, name: str | None, hard: Amounts) -> ConsumerPlan | None:
    """The plan of that name, where it can be granted and still gives the defaults that the quota asks for."""
    plan = plans.grantable(terms.service_spec, name, inputs.guardrails)
    return plan if plan and not resources.problem(plan, hard) else None


def _namespace(
    inputs: ConsumerInputs, terms: Contract, live: Object, in_force: str | None, plan: ConsumerPlan | None
) -> Apply:
    marks = identity(inputs, terms)
    if in_force:
        marks[names.PLAN_LABEL] = in_force
    if adopted(live):
        marks[names.ADOPTED_LABEL] = "true"
    level = plan.pod_security if plan else children.pod_security_of(live)
    return Apply(NAMESPACE, children.namespace(live["metadata"]["name"], level, marks), uid(live))


def _guards(
    inputs: ConsumerInputs,
    terms: Contract,
    name: str,
    plan: ConsumerPlan | None,
    hard: Amounts,
    held: Sequence[str],
) -> list[tuple[Kind, Object]]:
    marks = marker(inputs.consumer)
    home, provider = inputs.consumer["metadata"]["namespace"], terms.service["metadata"]["namespace"]
    policy = as_it_stands(inputs, NETWORK_POLICY, name) if plan is None else None
    if policy is None:
        peers = network.peers(
            plan.network if plan else NetworkProfile.ISOLATED,
            namespace=name,
            home=None if home == provider else home,
            others=held,
            service_namespace=provider,
        )
        policy = network.network_policy(name, peers, inputs.guardrails, marks)
    limits = resources.limit_range(plan, name, marks) if plan else as_it_stands(inputs, LIMIT_RANGE, name)
    return [
        (NETWORK_POLICY, policy),
        (RESOURCE_QUOTA, resources.resource_quota(hard, name, marks)),
        *([(LIMIT_RANGE, limits)] if limits else []),
    ]
