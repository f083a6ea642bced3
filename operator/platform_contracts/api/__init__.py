"""The contract language: one module a kind. The CRDs are generated from these models."""

from __future__ import annotations

from platform_contracts.api.reading import InvalidSpec, parse

__all__ = ["InvalidSpec", "parse"]
