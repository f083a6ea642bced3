"""One PlatformConsumer's contract: what it asks for, and what its service says to that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from platform_contracts.api import names
from platform_contracts.api.platform_consumer import PlatformConsumerSpec
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube.conditions import Problem
from platform_contracts.kube.objects import Object
from platform_contracts.onboarding import claims, generated
from platform_contracts.onboarding.claims import Claim
from platform_contracts.onboarding.inputs import ConsumerInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The two sides of a contract that counts."""

    service: Object
    service_spec: PlatformServiceSpec
    # What the consumer asks for; of a generated one, what the service's entry says.
    spec: PlatformConsumerSpec
    generated: bool
    claims: Sequence[Claim]

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
    spec = generated.consumer_spec(inputs.service, entry) if entry else inputs.spec
    return Contract(
        service=inputs.service,
        service_spec=inputs.service_spec,
        spec=spec,
        generated=entry is not None,
        claims=claims.read(inputs, spec),
    )
