"""The configuration as it is read: a YAML file, overridden by environment variables.

The file is named by `--config` or PLATFORM_CONTRACTS_CONFIG. A variable is named after its path, with two
underscores between the levels: PLATFORM_CONTRACTS_INTERVALS__EVALUATION_SECONDS=30.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, YamlConfigSettingsSource

from platform_contracts.config.section import sections, spelled
from platform_contracts.config.settings import PREFIX, Config


class _File(YamlConfigSettingsSource):
    """The file, with its fields under the names by which the environment overrides them."""

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = _by_name(self.settings_cls, super().__call__())
        return found


def _by_name(model: Any, section: Any) -> Any:
    """A section with aliases replaced by field names; what the model does not know stays, to be refused by its name."""
    if get_origin(model) is UnionType:
        model = get_args(model)[0]  # a section that may be left out: Section | None
    if not isinstance(section, dict) or not (isinstance(model, type) and issubclass(model, BaseModel)):
        return section
    names: dict[str, str] = {spelled(name): name for name in model.model_fields}
    found: dict[str, Any] = {}
    for key, value in section.items():
        name = names.get(str(key), str(key))
        kind: Any = model.model_fields[name].annotation if name in model.model_fields else None
        if get_origin(kind) is dict and isinstance(value, dict):
            value = {entry: _by_name(get_args(kind)[1], item) for entry, item in value.items()}
        else:
            value = _by_name(kind, value)
        found[name] = value
    return found


def load(path: Path | None) -> Config:
    """Read the configuration.

    Raises pydantic.ValidationError for a value that is wrong, FileNotFoundError for a named file that is not there,
    ValueError for a file that holds no settings and for a variable that is none.
    """
    for variable in os.environ:
        section = variable.removeprefix(PREFIX).split("__")[0].lower()
        if variable.startswith(PREFIX) and "__" in variable and section not in Config.model_fields:
            raise ValueError(f"{variable} is no setting; {PREFIX}LOGGING__LEVEL=debug, for example, is one")
    if path is not None and not path.is_file():
        raise FileNotFoundError(f"configuration file {path} does not exist")
    if path is not None and not isinstance(_document(path) or {}, dict):
        raise ValueError(f"{path} holds no settings: it must be a mapping, for example logging: {{level: debug}}")

    class FromFile(Config):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            sources: list[Any] = [env_settings]
            if path is not None:
                sources.append(_File(settings_cls, yaml_file=path))
            return tuple(sources)

    return FromFile()


def _document(path: Path) -> Any:
    text = path.read_text()
    try:
        return yaml.safe_load(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ValueError(f"{path} is no YAML: line {line}: there is a character that is none of a text") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"{path} is no YAML: line {line}: {error.problem or error.context}") from error


def mistakes(error: ValidationError) -> list[str]:
    """What is wrong with a configuration, one line each, with the path as the file has it."""
    return [f"{_path(line['loc'])}: {_message(line)}" for line in error.errors()]


def absent_files(config: Config) -> list[str]:
    """The files that the configuration names and that are not there, one line each.

    No mistake by itself: a configuration may be checked elsewhere than where its Secrets are mounted.
    """
    named = [
        (f"dataSources.{name}.{setting}", path)
        for name, source in config.data_sources.items()
        for setting, path in source.files()
    ]
    if config.web.signing_keys_file is not None:
        named.append(("web.signingKeysFile", config.web.signing_keys_file))
    return [
        f"{setting}: there is no file {path} here; it must be there where the operator runs"
        for setting, path in named
        if not path.is_file()
    ]


# The entries of these are named by the administrator, whatever else a path holds is a field. `*` is any name.
_OWN_NAMES = (
    ("dataSources",),
    ("dataSources", "*", "headers"),
    ("dataSources", "*", "queryParameters"),
    ("rules", "labels"),
    ("guardrails", "maxPlanQuota"),
)
_MESSAGES = {
    "missing": "this setting is required",
    "string_type": 'must be a string: put it in quotes, for example "1000"',
    "float_parsing": "must be a number",
    "int_parsing": "must be a whole number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "too_short": "must not be empty",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping of settings",
}


def _message(line: Mapping[str, Any]) -> str:
    section, field = _setting(line["loc"])
    if line["type"] == "extra_forbidden":
        known = sorted(spelled(name) for name in section.model_fields)
        near = get_close_matches(str(line["loc"][-1]), known, n=1)
        return f"there is no such setting; {f'is {near[0]} meant?' if near else 'there are ' + ', '.join(known)}"
    plain = str(line["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    message = _MESSAGES.get(line["type"]) or plain
    example = _example(field) if field is not None else None
    wrong_kind = line["type"] in ("list_type", "dict_type", "too_short")
    # The words for true and false are said already, and a message of our own has its example.
    shown = wrong_kind or (isinstance(example, int | float) and not isinstance(example, bool))
    return f"{message}, for example {_flow(example)}" if shown and example else message


def _example(field: FieldInfo) -> Any:
    """A value of a setting: the one that its field shows, or else the default; None where it has neither."""
    if field.examples:
        return field.examples[0]
    return None if field.is_required() else field.get_default(call_default_factory=True)


def _flow(value: Any) -> str:
    """A value in one line as the file could have it."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=1000)
    return text.removesuffix("...\n").strip()


def _setting(location: tuple[int | str, ...]) -> tuple[type[BaseModel], FieldInfo | None]:
    """The innermost section of a path, and the setting that it leads to; None where it leads into one's entries."""
    section: type[BaseModel] = Config
    found: FieldInfo | None = None
    for part in location:
        field = section.model_fields.get(str(part)) or next(
            (field for name, field in section.model_fields.items() if spelled(name) == part), None
        )
        found = field
        if field is None:
            continue
        section = next((kind for kind in sections(field.annotation)), section)
    return section, found


def _path(location: tuple[int | str, ...]) -> str:
    parts: list[str] = []
    for part in location:
        if part == "[key]":
            continue  # how pydantic says that the key is wrong, not its value
        own = any(
            len(keys) == len(parts) and all(key in ("*", there) for key, there in zip(keys, parts, strict=True))
            for keys in _OWN_NAMES
        )
        parts.append(str(part) if own else spelled(str(part)))
    return ".".join(parts)
