"""How far a consumer has got: each of its namespaces, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping

from platform_contracts.kube.conditions import Condition, Problem
from platform_contracts.kube.objects import Object, uid
from platform_contracts.onboarding.claims import Claim, Obstacle
from platform_contracts.onboarding.consumer_status import listed
from platform_contracts.onboarding.contract import Contract
from platform_contracts.onboarding.enforcement import Enforcement
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.quota import Grant
from platform_contracts.onboarding.standing import Standing, recorded_uid


class Progress:
    """How each claim stands once the plan has been carried out, and what that makes of the consumer.

    `conflicts` are why something in a namespace cannot be as it should, by its name. `free`: what is new may come in.
    `enforcing`: the plan is carried out, and not only looked at.
    """

    def __init__(
        self,
        inputs: ConsumerInputs,
        terms: Contract,
        obstacles: Mapping[str, Obstacle],
        done: Enforcement,
        conflicts: Mapping[str, Problem],
        grant: Grant,
        *,
        free: bool,
        enforcing: bool,
    ) -> None:
        self._inputs, self._claims, self._obstacles = inputs, terms.claims, obstacles
        self._done, self._conflicts, self._grant = done, conflicts, grant
        self._free, self._enforcing = free, enforcing

    def stalled(self) -> Problem | None:
        """The first mistake that a person has to mend."""
        mistakes = [obstacle.problem for obstacle in self._obstacles.values() if not obstacle.waits]
        budget = self._grant.problem if not self._grant.waits else None
        found = [*mistakes, *self._conflicts.values(), budget, self._done.refused_member]
        return next((problem for problem in found if problem), None)

    def progressing(self) -> Problem | None:
        """What goes on by itself, or once somebody else has acted."""
        waiting = [obstacle.problem for obstacle in self._obstacles.values() if obstacle.waits]
        steps = [self._step(claim) for claim in self._claims if claim.name not in self._obstacles]
        budget = self._grant.problem if self._grant.waits and self._enforcing else None
        found = [*waiting, budget, *(problem for _, problem in steps)]
        return next((problem for problem in found if problem), None)

    def in_sync(self, plan: str) -> Condition | None:
        """Whether everything is as the plan says; None where nothing is there to be compared."""
        ours = [claim.name for claim in self._claims if claim.standing is Standing.OURS]
        if not ours:
            return None
        problem = self.stalled()
        problem = self.progressing() if problem is None or problem == self._done.refused_member else problem
        if problem:
            return Condition("InSync", False, problem.reason, problem.message)
        return Condition(
            "InSync",
            True,
            "InSync",
            f"The {listed(ours)} and the operator's {self._done.objects} objects in "
            f"{'it' if len(ours) == 1 else 'them'} are as the plan {plan} says.",
        )

    def entries(self) -> list[Object]:
        """status.namespaces of the namespaces that are asked for."""
        return [self._entry(claim) for claim in self._claims]

    def _entry(self, claim: Claim) -> Object:
        obstacle, conflict = self._obstacles.get(claim.name), self._conflicts.get(claim.name)
        state, problem = (obstacle.state, obstacle.problem) if obstacle else self._step(claim)
        if conflict:
            state, problem = "Conflict", conflict
        entry: Object = {"name": claim.name, "state": state}
        known = self._uid(claim)
        if known:
            entry["uid"] = known
        if claim.environment:
            entry["environment"] = claim.environment
        if problem:
            entry["message"] = problem.message
        return entry

    def _uid(self, claim: Claim) -> str | None:
        """What the status records: a namespace that is ours or becomes so. The UID of one that was replaced stays, and
        tells it from the one that is there now."""
        becomes = claim.standing is Standing.CONSENTED and self._free and self._enforcing
        if claim.live is not None and (claim.held or becomes):
            return uid(claim.live)
        if claim.standing is Standing.LOST and self._enforcing:
            # Forget the UID first and create afterwards: a namespace that a crash leaves between the two is then known
            # by its labels, and never mistaken for somebody else's.
            return None
        return recorded_uid(self._inputs.consumer, claim.name)

    def _step(self, claim: Claim) -> tuple[str, Problem | None]:
        """How a claim stands that nothing is in the way of."""
        name = claim.name
        match claim.standing:
            case Standing.OURS:
                return "Ready", None
            case Standing.TERMINATING:
                return "Terminating", Problem(
                    "NamespaceTerminating",
                    f"The namespace {name} is being deleted, and is made again once it is gone; wait, or look for what "
                    f"holds it: kubectl describe namespace {name}",
                )
            case Standing.LOST:
                then = "is being made again" if self._enforcing else "would be made again, were it enforced"
                return "Pending", Problem("NamespaceDeleted", f"The namespace {name} was deleted and {then}.")
            case _:
                why = "is on its way" if self._free else "waits, since all come or none does: Ready says for what"
                return "Pending", Problem("NamespacePending", f"The namespace {name} {why}.")
