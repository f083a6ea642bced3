"""Parsed specs, kept until their object's generation changes."""

from __future__ import annotations

from typing import NamedTuple, TypeVar, cast

from platform_contracts.api import InvalidSpec, parse
from platform_contracts.api.base import ContractModel
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Object
from platform_contracts.sla.memo import Memo

M = TypeVar("M", bound=ContractModel)


class Parsed(NamedTuple):
    """A spec, or the reason in one sentence why it cannot be read; and what plans have made of it."""

    spec: ContractModel | None
    invalid: str | None
    memo: Memo


class Specs:
    """Parses each generation of each object once."""

    def __init__(self) -> None:
        self._parsed: dict[tuple[Kind, str], tuple[int, Parsed]] = {}

    def get(self, kind: Kind, obj: Object, model: type[M]) -> tuple[M | None, str | None]:
        """The spec as `model`, or None with what is wrong with it."""
        parsed = self._get(kind, obj)
        return cast(M | None, parsed.spec), parsed.invalid

    def memo(self, kind: Kind, obj: Object) -> Memo:
        """What was made of this generation before, for the next plan of it."""
        return self._get(kind, obj).memo

    def _get(self, kind: Kind, obj: Object) -> Parsed:
        uid, generation = obj["metadata"]["uid"], obj["metadata"].get("generation", 0)
        cached = self._parsed.get((kind, uid))
        if cached is None or cached[0] != generation:
            try:
                parsed = Parsed(parse(kind, obj), None, Memo())
            except InvalidSpec as error:
                parsed = Parsed(None, str(error), Memo())
            cached = self._parsed[kind, uid] = (generation, parsed)
        return cached[1]

    def forget(self, kind: Kind, uid: str) -> None:
        """The object is gone."""
        self._parsed.pop((kind, uid), None)
