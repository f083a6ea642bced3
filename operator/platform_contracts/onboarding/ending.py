"""A service on its way out: how long it is there, and what to use instead."""

from __future__ import annotations

from platform_contracts.api.platform_service import Lifecycle, PlatformServiceSpec

ENDING = (Lifecycle.DEPRECATED, Lifecycle.RETIRED)


def sentence(spec: PlatformServiceSpec, service: str, so: str = "") -> str:
    """What teams read of a service that ends; `service` is `namespace/name`, `so` follows from its end."""
    ends = f" and ends on {spec.sunset.time:%Y-%m-%d}" if spec.sunset else ""
    successor = spec.sunset.successor_ref if spec.sunset else None
    instead = (
        f"onboard on its successor {service.partition('/')[0]}/{successor.name} with a PlatformConsumer for that one"
        if successor
        else f"ask its owner (team {spec.owner.team}) what to use instead"
    )
    return f"{service} is {spec.lifecycle}{ends}{so}; {instead}."
