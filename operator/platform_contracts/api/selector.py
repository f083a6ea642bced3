"""Label selectors over namespaces, as `metav1.LabelSelector` has them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import DNS_SUBDOMAIN
from platform_contracts.api.rules import Rule, matches, matching

_LABEL = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"

_KEY = rf"({DNS_SUBDOMAIN}/)?{_LABEL}"
_is_key = matching(_KEY)

LabelKey = Annotated[
    str,
    Field(max_length=317),
    matches(
        _KEY,
        "must be a label key, for example team or example.com/team",
    ),
]
LabelValue = Annotated[
    str,
    Field(max_length=63),
    matches(
        f"({_LABEL})?",
        "must be a label value: at most 63 letters, digits, '-', '_' and '.', for example payments",
    ),
]


class SelectorOperator(StrEnum):
    """How a label is compared with the values."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class LabelSelectorRequirement(ContractModel):
    """A requirement on one label, for example {key: stage, operator: In, values: [dev, test]}."""

    RULES = (
        Rule(
            "!has(self.operator) || (self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
            "values goes with the operators In and NotIn alone, and is required there, for example "
            "{key: stage, operator: In, values: [dev, test]} or {key: stage, operator: Exists}",
            lambda item: (item.operator in (SelectorOperator.IN, SelectorOperator.NOT_IN)) == bool(item.values),
            field="values",
        ),
    )

    key: LabelKey = Field(examples=["stage"])
    """Key of the label, for example stage or example.com/team."""

    operator: SelectorOperator = Field(examples=["In"])
    """How the label is compared with `values`: In, NotIn, Exists or DoesNotExist."""

    values: list[LabelValue] = Field(default_factory=list, max_length=32)
    """The values that In and NotIn compare with; left out for Exists and DoesNotExist."""


class LabelSelector(ContractModel):
    """Namespaces by their labels: all of `matchLabels` and all of `matchExpressions` must hold."""

    RULES = (
        Rule(
            "has(self.matchLabels) && size(self.matchLabels) > 0"
            " || has(self.matchExpressions) && size(self.matchExpressions) > 0",
            "the selector must not be empty, for example {matchLabels: {department: retail}}; "
            "to let every namespace in, say from: All",
            lambda selector: bool(selector.match_labels or selector.match_expressions),
        ),
    )

    match_labels: Annotated[
        dict[str, LabelValue],
        Rule(
            f"self.all(key, key.matches(r'^({_KEY})$'))",
            "keys must be label keys, for example {example.com/team: payments}",
            lambda labels: all(map(_is_key, labels)),
        ),
    ] = Field(default_factory=dict, max_length=16)
    """Labels that a namespace must have, for example {department: retail}."""

    match_expressions: list[LabelSelectorRequirement] = Field(default_factory=list, max_length=16)
    """Requirements beyond equality, for example [{key: stage, operator: In, values: [dev, test]}]."""
