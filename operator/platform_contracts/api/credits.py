"""What consumers get back for a calendar period in which a promise was broken."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.rules import ListMap, Rule, flow, matches, whole

_STEPS = [{"below": "99.9", "percent": 10}, {"below": "99.0", "percent": 25}]


class CreditStep(ContractModel):
    """One step: how much is given back below which SLI."""

    below: Annotated[
        str,
        Field(max_length=64),
        matches(
            r"(100|[1-9]?[0-9](\.[0-9]{1,9})?)",
            'must be a percentage of at most 100, as a string of decimals, for example "99.0"',
        ),
    ] = Field(examples=["99.0"])
    """The step counts where the SLI of the closed period is below this, in percent, as a string, for example "99.0"."""

    percent: Annotated[int, whole(1, 100, "a whole percentage", 10)] = Field(
        examples=[10], json_schema_extra={"format": "int32"}
    )
    """The share of what the period costs that is given back, in percent, from 1 to 100, for example 10."""


class Credits(ContractModel):
    """What is given back for each objective whose target a closed period missed. Of several steps that count, the
    highest does; the credits of several objectives add up."""

    steps: Annotated[
        list[CreditStep],
        ListMap(("below",)),
        Rule(
            "size(self) > 0",
            f"at least one step is required, for example {flow(_STEPS)}",
            lambda steps: len(steps) > 0,
            reason="FieldValueRequired",
        ),
    ] = Field(max_length=10, examples=[_STEPS])
    """How much is given back below which SLI, at most 10 steps."""

    max_percent_per_period: Annotated[int, whole(1, 100, "a whole percentage", 25)] | None = Field(
        default=None, json_schema_extra={"format": "int32"}
    )
    """No more is given back for one period, in percent, for example 25; 100 unless said otherwise."""

    max_percent_per_year: Annotated[int, whole(1, 10000, "a whole percentage", 100)] | None = Field(
        default=None, json_schema_extra={"format": "int32"}
    )
    """No more is given back for all periods that begin in one calendar year together, in percent of what one period
    costs, for example 100; no bound unless said otherwise."""
