"""Rules of the contract language, each said once: as CEL for the API server and as a check for pydantic.

A rule stands in the `Annotated` metadata of a type, or in the `RULES` of a model where it concerns several fields.
Both judges refuse with the same message, which names the field and shows a valid example.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_snake
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

VALIDATIONS = "x-kubernetes-validations"
RULE_ERROR = "contract_rule"

# Of the words that CEL reserves, those that are names of fields here.
_CEL_RESERVED = frozenset({"namespace"})

Reason = Literal["FieldValueInvalid", "FieldValueRequired", "FieldValueForbidden"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold of a value.

    `cel` speaks of `self`; `check` says the same in Python, or is None for a transition rule (one that reads
    `oldSelf`), which only the API server can judge. `field` names the property that a model's rule is about.
    """

    cel: str
    message: str
    check: Callable[[Any], bool] | None = None
    field: str | None = None
    reason: Reason = "FieldValueInvalid"

    def validation(self) -> dict[str, str]:
        """The entry of `x-kubernetes-validations`."""
        entry = {"rule": self.cel, "message": self.message}
        if self.field is not None:
            entry["fieldPath"] = f".{self.field}"
        if self.reason != "FieldValueInvalid":
            entry["reason"] = self.reason
        return entry

    def enforce(self, value: Any) -> None:
        """Raise the error that pydantic collects when the value breaks the rule."""
        if self.check is not None and not self.check(value):
            # The message travels in the context, since a template would take its braces for placeholders.
            raise PydanticCustomError(RULE_ERROR, "{message}", {"message": self.message, "field": self.field})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def judge(value: Any) -> Any:
            self.enforce(value)
            return value

        return core_schema.no_info_after_validator_function(judge, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(schema)
        described[VALIDATIONS] = [*described.get(VALIDATIONS, ()), self.validation()]
        return described


def matching(pattern: str) -> Callable[[str], bool]:
    """Whether a whole string matches a pattern, which is written in what RE2 and Python read alike."""
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: compiled.fullmatch(value) is not None


def matches(pattern: str, message: str) -> Rule:
    """The rule that a whole string matches a pattern."""
    return Rule(f"self.matches(r'^(?:{pattern})$')", message, matching(pattern))


def member(alias: str) -> str:
    """The property of `self` in CEL, where some names are reserved words and have to be escaped."""
    return f"self.__{alias}__" if alias in _CEL_RESERVED else f"self.{alias}"


def whole(lowest: int, highest: int, what: str, example: int) -> Rule:
    """The rule that a whole number lies between two bounds; `what` says what it counts."""
    return Rule(
        f"self >= {lowest} && self <= {highest}",
        f"must be {what} from {lowest} to {highest}, for example {example}",
        lambda number: lowest <= number <= highest,
    )


def flow(example: Any) -> str:
    """An example on one line of YAML: `{team: payments}`."""
    return yaml.safe_dump(example, default_flow_style=True, sort_keys=False, width=10_000).strip()


@dataclass(frozen=True, slots=True)
class ListMap:
    """A list of items told apart by their keys, which server-side apply merges item by item."""

    keys: tuple[str, ...] = ("name",)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def judge(items: list[Any]) -> list[Any]:
            seen = set()
            for index, item in enumerate(items):
                identity = tuple(getattr(item, to_snake(key)) for key in self.keys)
                if identity in seen:
                    shown = ", ".join(f"{key}: {value}" for key, value in zip(self.keys, identity, strict=True))
                    raise PydanticCustomError(
                        RULE_ERROR, "{message}", {"message": f"duplicate value: {shown}", "field": index}
                    )
                seen.add(identity)
            return items

        return core_schema.no_info_after_validator_function(judge, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            **handler(schema),
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": list(self.keys),
        }


def distinct(example: str) -> Rule:
    """The rule that no item of a list is there twice.

    Not a list of type set: server-side apply, which GitOps controllers use, cannot apply a set of objects.
    """
    return Rule(
        "self.all(one, self.exists_one(other, one == other))",
        f"must not name the same twice, for example {example}",
        lambda items: not any(item in items[:index] for index, item in enumerate(items)),
    )
