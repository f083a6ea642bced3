"""What every section of the configuration is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


def spelled(name: str) -> str:
    """A field's name as the file has it, for example baseURL."""
    return re.sub("Url$", "URL", to_camel(name))


def sections(annotation: Any) -> Iterator[type[BaseModel]]:
    """The sections that a field's annotation is of: itself, one that may be left out, or entries of a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from sections(argument)


class ConfigModel(BaseModel):
    """A section; an unknown field is a mistake that is said, not ignored.

    Docstrings of fields are what docs/configuration.md shows.
    """

    model_config = ConfigDict(
        alias_generator=spelled,
        validate_by_name=True,
        validate_by_alias=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )
