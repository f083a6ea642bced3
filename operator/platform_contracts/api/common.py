"""Types used by more than one kind."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel

# Names of entries in lists: DNS labels, because many end up in names of objects and in label values.
EntryName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
# User-supplied URLs: copied, never fetched.
HttpsURL = Annotated[str, Field(min_length=9, max_length=2048, pattern=r"^https://[^\s@]+$")]


class NamespacedRef(ContractModel):
    """An object in a named namespace."""

    namespace: EntryName
    name: EntryName


class LocalRef(ContractModel):
    """An object in the same namespace."""

    name: EntryName
