"""Text in expressions, labels and annotations, escaped so that it means itself."""

from __future__ import annotations


def quote(value: str) -> str:
    """Any text in double quotes, as PromQL and YAML both read it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    if not escaped.isprintable():
        escaped = "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped)
    return f'"{escaped}"'


def literal(text: str) -> str:
    """A user's text in an annotation or a label, where Prometheus would otherwise expand {{ templates }}."""
    return text.replace("{", '{{"{"}}')
