"""What a consumer team should know and that does not keep it from working."""

from __future__ import annotations

from collections.abc import Iterator

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.onboarding import ending, maintenance
from platform_contracts.onboarding.inputs import ConsumerInputs


def section(inputs: ConsumerInputs) -> list[Object] | None:
    """status.notices, each with the time since when it says what it says; None where there is nothing to say."""
    before = inputs.consumer.get("status", {}).get("notices") or ()
    said = {(notice["type"], notice["message"]): notice for notice in before}
    found = [
        said.get((type_, message), {"type": type_, "message": message, "time": format_time(inputs.now)})
        for type_, message in (_messages(inputs, inputs.service_spec) if inputs.service_spec else ())
    ]
    return found or None


def _messages(inputs: ConsumerInputs, spec: PlatformServiceSpec) -> Iterator[tuple[str, str]]:
    """What there is to say, by type."""
    reference = inputs.consumer["spec"]["serviceRef"]
    service = f"{reference['namespace']}/{reference['name']}"
    # As its alert: whoever uses a service should know its end as soon as it is known, in whatever lifecycle.
    if spec.sunset is not None:
        yield "Deprecated" if spec.lifecycle in ending.ENDING else "Sunset", ending.sentence(spec, service)
    if inputs.provider:
        for window in maintenance.told(inputs.windows, inputs.now):
            yield "Maintenance", maintenance.message(window, service=service, owner=spec.owner.team, now=inputs.now)
