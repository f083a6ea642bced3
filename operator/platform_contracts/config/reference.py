"""Write docs/configuration.md: `python -m platform_contracts.config.reference [--check] [--output FILE]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from platform_contracts.config.section import sections, spelled
from platform_contracts.config.settings import PREFIX, Config

_HEAD = f"""# Configuration

What the administrator says once for all contracts, in the file that `--config` names: `deploy/config.yaml` is the
one of `deploy/`. All of it may be left out. `platform-contracts --config FILE --check-config` says what is wrong with
a file. Every setting can also be a variable of the environment, which then counts in place of the file's:
`{PREFIX}INTERVALS__EVALUATION_SECONDS=30`, with two underscores between the levels. Credentials
never stand in the file, but in files that it names: they are mounted from Secrets, and a changed one is read anew.

This page is made from the models (`make generate`).
"""


def document() -> str:
    """docs/configuration.md."""
    lines = [_HEAD]
    for name, field in Config.model_fields.items():
        section = next(sections(field.annotation), None)
        if section is None:
            continue
        shown = spelled(name)
        mapping = not _is_section(field.annotation)
        lines.append(f"## {shown}\n\n{_text(field.description or section.__doc__)}\n")
        lines += ["| setting | default | what it is |", "|---|---|---|"]
        lines += [_row(path, entry) for path, entry in _fields(section, f"{shown}.NAME." if mapping else f"{shown}.")]
        lines.append("")
    lines += ["## Beside these", "", "| setting | default | what it is |", "|---|---|---|"]
    lines += [_row(spelled(n), f) for n, f in Config.model_fields.items() if next(sections(f.annotation), None) is None]
    return "\n".join(lines) + "\n"


def _fields(section: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in section.model_fields.items():
        yield prefix + spelled(name), field
        for inner in sections(field.annotation):
            yield from _fields(inner, f"{prefix}{spelled(name)}.")


def _row(path: str, field: FieldInfo) -> str:
    if not field.description:
        raise ValueError(f"{path} has no docstring that says what it is")
    return f"| `{path}` | {_default(field)} | {_text(field.description)} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, Enum):
        value = value.value
    if value is None or value == [] or value == {}:
        return ""
    text = yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("...\n").strip()
    return f"`{text}`"


def _text(text: str | None) -> str:
    return " ".join((text or "").split())


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def main() -> int:
    """Write the page, or with `--check` say whether it is up to date; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m platform_contracts.config.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is out of date")
    parser.add_argument("--output", type=Path, default=Path("docs/configuration.md"))
    options = parser.parse_args()
    made = document()
    if not options.check:
        options.output.write_text(made)
    elif not options.output.is_file() or options.output.read_text() != made:
        print(f"{options.output} is out of date, run: make generate", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
