"""What every model of the contract language shares."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from platform_contracts.api.rules import VALIDATIONS, Rule, flow, matching, member


class ContractModel(BaseModel):
    """A part of a contract: camelCase on the wire, snake_case in Python, unknown fields ignored on reading.

    Docstrings of classes and attributes are what `kubectl explain` shows.
    """

    RULES: ClassVar[tuple[Rule, ...]] = ()

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="after")
    def _keep_rules(self) -> Self:
        for rule in self.RULES:
            rule.enforce(self)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(core_schema)
        schema = handler.resolve_ref_schema(described)
        for field in cls.model_fields.values():
            alias, factory = field.alias or "", field.default_factory
            if isinstance(factory, type) and issubclass(factory, ContractModel):
                schema["properties"][alias]["default"] = {}
            if field.is_required() and field.examples:
                # A rule instead of `required`, whose message would show no example.
                schema["required"].remove(alias)
                schema["properties"][alias]["description"] = f"{field.description} Required."
                message = _required_message(alias, field.examples[0])
                rule = Rule(f"has({member(alias)})", message, field=alias, reason="FieldValueRequired")
                schema.setdefault(VALIDATIONS, []).append(rule.validation())
        if not schema.get("required", ...):
            del schema["required"]
        if cls.RULES:
            schema.setdefault(VALIDATIONS, []).extend(rule.validation() for rule in cls.RULES)
        return described


class ObjectMeta(ContractModel):
    """What the language asks of `metadata`."""

    name: str


class Resource(ContractModel):
    """A kind of the contract language from the root on."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.metadata.name.matches(r'^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$')",
            "metadata.name must be a DNS label, since it becomes part of label values and of other names: at most 63 "
            "lower-case letters, digits and dashes, for example payments",
            lambda resource: matching("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")(resource.metadata.name),
        ),
    )

    metadata: ObjectMeta
    spec: ContractModel


def _required_message(alias: str, example: Any) -> str:
    """What a user reads who left out a field that has no default: `owner is required, for example owner: ...`."""
    return f"{alias} is required, for example {flow({alias: example})[1:-1]}"
