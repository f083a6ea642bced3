"""From an object as the API server stores it to its spec, or to what is wrong with it in the words of the language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from platform_contracts.api.base import ContractModel, Resource
from platform_contracts.api.contracts import CONTRACTS
from platform_contracts.api.rules import RULE_ERROR, VALIDATIONS
from platform_contracts.api.schema import Schema, structural
from platform_contracts.kube.kinds import Kind

# More would not help a reader, and a condition's message is bounded.
_SHOWN = 3


class InvalidSpec(ValueError):  # noqa: N818 - it is also the condition's reason
    """A spec that breaks a rule of the language, perhaps one that is younger than the stored object.

    `messages` are sentences of the form `spec.objectives[0].target: must be ...`; the text joins the first three.
    """

    def __init__(self, messages: list[str]) -> None:
        self.messages = messages
        more = len(messages) - _SHOWN
        super().__init__("; ".join(messages[:_SHOWN]) + (f"; and {more} more" if more > 0 else ""))


def parse(kind: Kind, obj: Mapping[str, Any]) -> ContractModel:
    """The spec of an object of one of the language's kinds; fields that the language does not know are ignored.

    Raises InvalidSpec, with the messages that the API server would give, and KeyError for any other kind.
    """
    model = _models()[kind]
    try:
        return model.model_validate(_without_nulls({"metadata": obj["metadata"], "spec": obj.get("spec")})).spec
    except ValidationError as error:
        raise InvalidSpec(messages(error, structural(model))) from None


def _without_nulls(value: Any) -> Any:
    """A null field means one that is not set, as for the API server; a null in a list stays and is refused."""
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


@cache
def _models() -> dict[Kind, type[Resource]]:
    return {contract.kind: contract.model for contract in CONTRACTS}


def messages(error: ValidationError, schema: Schema) -> list[str]:
    """Each error as `path: message`; `schema` is that of the model which refused."""
    return [_message(line, schema) for line in error.errors(include_url=False)]


def _message(line: Any, schema: Schema) -> str:
    location: tuple[int | str, ...] = line["loc"]
    text = line["msg"]
    if line["type"] == RULE_ERROR:
        text = line["ctx"]["message"]
        match line["ctx"]["field"]:
            case int(index):
                location = (*location, index)
            case str(field):
                location = (*location, *field.split("."))
    elif line["type"] == "missing":
        text = _required(location, schema) or "is required"
    path = _path(location, schema)
    return f"{path}: {text}" if path else text


def _path(location: tuple[int | str, ...], schema: Schema) -> str:
    """The place as the API server writes it: `spec.onboarding.plans[0].quota[requests.cpu]`."""
    path = ""
    for part in location:
        properties = schema.get("properties", {})
        path += f".{part}" if part in properties or not schema else f"[{part}]"
        schema = properties.get(part) or schema.get("items") or schema.get("additionalProperties") or {}
    return path.lstrip(".")


def _required(location: tuple[int | str, ...], schema: Schema) -> str | None:
    """The message of the rule that asks for the field at this place."""
    *parents, name = location
    for part in parents:
        schema = schema["items"] if isinstance(part, int) else schema["properties"][part]
    for entry in schema.get(VALIDATIONS, ()):
        if entry.get("reason") == "FieldValueRequired" and entry.get("fieldPath") == f".{name}":
            return str(entry["message"])
    return None
