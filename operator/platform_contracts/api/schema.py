"""From a pydantic model to the structural OpenAPI schema that a CustomResourceDefinition holds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from platform_contracts.api.rules import VALIDATIONS, member

Schema = dict[str, Any]

# What a structural schema may say, in the order in which the YAML says it.
_KEYWORDS = (
    "description",
    "type",
    "format",
    "default",
    "enum",
    "minimum",
    "minLength",
    "maxLength",
    "maxItems",
    "maxProperties",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    VALIDATIONS,
)
# Words by which a description tells of the default.
_DEFAULT_TOLD = (", the default", "unless said otherwise")
_DROPPED = ("title", "examples", "$defs")


@cache
def structural(model: type[BaseModel]) -> Schema:
    """The model's schema with references inlined and Optional unwrapped, keys in a fixed order; not to be changed."""
    described = model.model_json_schema(by_alias=True, mode="validation")
    return _rewrite(described, described.get("$defs", {}))


def _rewrite(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    schema = _resolve(node, definitions)
    if "description" in schema:
        # `kubectl explain` wraps lines itself.
        schema["description"] = " ".join(schema["description"].split())
    if "properties" in schema:
        schema["properties"] = {name: _rewrite(value, definitions) for name, value in schema["properties"].items()}
    if isinstance(schema.get("additionalProperties"), dict):
        schema["additionalProperties"] = _rewrite(schema["additionalProperties"], definitions)
    else:
        schema.pop("additionalProperties", None)
    if "items" in schema:
        schema["items"] = _without_defaults(_rewrite(schema["items"], definitions))
    for key in schema.get("x-kubernetes-list-map-keys", ()):
        _open_key(schema["items"], key)
    if schema.get("default") == {}:
        # Spelled out, because rules are run on a default before the defaults within it are filled in.
        schema["default"] = {
            name: field["default"] for name, field in schema["properties"].items() if "default" in field
        }
        if not schema["default"]:
            del schema["default"]
    if unknown := schema.keys() - {*_KEYWORDS, *_DROPPED}:
        raise ValueError(f"a structural schema has no {', '.join(sorted(unknown))}")
    return {keyword: schema[keyword] for keyword in _KEYWORDS if keyword in schema}


def _resolve(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    """Replace references and `X | None` by what they stand for; what the place itself says wins, and rules add up."""
    schema = dict(node)
    if options := schema.pop("anyOf", None):
        (option,) = (option for option in options if option.get("type") != "null")
        schema = {**_resolve(option, definitions), **schema}
    if reference := schema.pop("$ref", None):
        target = _resolve(definitions[reference.rsplit("/", 1)[1]], definitions)
        rules = [*target.get(VALIDATIONS, ()), *schema.get(VALIDATIONS, ())]
        schema = {**target, **schema, **({VALIDATIONS: rules} if rules else {})}
    if schema.get("default", ...) is None:
        del schema["default"]
    return schema


def _without_defaults(schema: Schema) -> Schema:
    """A list's item whose defaults are only told.

    kubectl and GitOps controllers compare lists as a whole: with what the API server fills in, a list would differ from
    the manifest for ever. The models fill it in when they read.
    """
    kept = {name: value for name, value in schema.items() if name != "default"}
    default, text = schema.get("default"), schema.get("description", "")
    if default is not None and not any(words in text for words in _DEFAULT_TOLD):
        told = str(default).lower() if isinstance(default, bool) else str(default)
        kept["description"] = f"{text} {told} unless said otherwise."
    if "properties" in kept:
        kept["properties"] = {name: _without_defaults(value) for name, value in kept["properties"].items()}
    return kept


def _open_key(item: Schema, key: str) -> None:
    """Let a forgotten key of a list-map reach the rule that asks for it.

    A key must be required or have a default, and "Required value" would show no example: so it defaults to the
    empty string, which the rule of the item refuses in place of the absence.
    """
    for entry in item.get(VALIDATIONS, ()):
        if entry["rule"] == f"has({member(key)})":
            entry["rule"] = f"{member(key)} != ''"
            field = item["properties"][key]
            field["default"] = ""
            for own in field[VALIDATIONS]:
                own["rule"] = f"self == '' || {own['rule']}"
