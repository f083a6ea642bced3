"""One PlatformConsumer's contract and what it holds under it: the questions that planning asks of its inputs."""

from __future__ import annotations

from dataclasses import dataclass

from platform_contracts.api import names
from platform_contracts.api.platform_consumer import PlatformConsumerSpec
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube.objects import Object, labels, uid
from platform_contracts.onboarding import generated, namespaces
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.namespaces import Standing
from platform_contracts.onboarding.problem import Problem

HOLDING = (Standing.OURS, Standing.TERMINATING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The two sides of a contract that counts."""

    service: Object
    service_spec: PlatformServiceSpec
    # What the consumer asks for; of a generated one, what the service's entry says.
    spec: PlatformConsumerSpec
    generated: bool
    # The namespace that is asked for, and what it is to the consumer.
    namespace: str
    standing: Standing

    @property
    def service_name(self) -> str:
        """The service as `namespace/name`."""
        return f"{self.service['metadata']['namespace']}/{self.service['metadata']['name']}"


def read(inputs: ConsumerInputs) -> Contract | Problem:
    """The contract, or why there is none that counts."""
    if inputs.spec is None:
        return Problem("InvalidSpec", inputs.invalid or "The spec cannot be read; correct it and apply it again.")
    reference = inputs.spec.service_ref
    service = f"{reference.namespace}/{reference.name}"
    if inputs.service is None:
        return Problem(
            "ServiceNotFound",
            f"There is no PlatformService {service}, and what this consumer has stays as it is; create the service, or "
            "a PlatformConsumer that names one that exists (kubectl get platformservices -A).",
        )
    if not inputs.provider:
        return Problem(
            "NotAProvider",
            f"{service} does not count, because its namespace is not labelled as a provider's, and what this consumer "
            f"has stays as it is; ask an administrator to run: kubectl label namespace {reference.namespace} "
            f"{names.PROVIDER_LABEL}=true",
        )
    if inputs.service_spec is None:
        return Problem(
            "ServiceInvalid",
            f"The spec of {service} cannot be read, and what this consumer has stays as it is; ask the service's owner "
            "to correct what its condition Stalled names.",
        )
    entry = generated.entry_of(inputs.consumer, inputs.service, inputs.service_spec)
    metadata = inputs.consumer["metadata"]
    namespace = namespaces.default_name(metadata) if entry else namespaces.claimed(inputs.consumer)
    return Contract(
        service=inputs.service,
        service_spec=inputs.service_spec,
        spec=generated.consumer_spec(inputs.service, entry) if entry else inputs.spec,
        generated=entry is not None,
        namespace=namespace,
        standing=standing(inputs, namespace),
    )


def standing(inputs: ConsumerInputs, name: str) -> Standing:
    """What the namespace called `name` is to the consumer."""
    live = inputs.namespaces.get(name)
    return namespaces.standing(
        inputs.consumer,
        name,
        live,
        home=inputs.home_namespace,
        siblings=inputs.siblings,
        guardrails=inputs.guardrails,
    )


def held(inputs: ConsumerInputs, claimed: str) -> list[str]:
    """The consumer's namespaces: the one that is asked for, and those from before, by its status or by their labels:
    where one is lost, the other tells."""
    recorded = {entry["name"] for entry in inputs.consumer.get("status", {}).get("namespaces") or ()}
    marked = {
        live["metadata"]["name"]
        for live in inputs.handed_out
        if labels(live).get(names.CONSUMER_UID_LABEL) == uid(inputs.consumer)
    }
    return sorted(name for name in {claimed, *recorded, *marked} if standing(inputs, name) in HOLDING)
