"""The stylesheet and the icon, from the package, under names that change with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import NamedTuple

from aiohttp import web

_TYPES = {"css": "text/css", "svg": "image/svg+xml"}
_FILES = ("style.css", "icon.svg")
# A changed file has another name.
_FOREVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file and where it is served."""

    path: str
    content: bytes
    type: str


@cache
def assets() -> dict[str, Asset]:
    """All files by name."""
    folder = resources.files("platform_contracts.web") / "static"
    found = {}
    for name in _FILES:
        content = (folder / name).read_bytes()
        stem, suffix = name.split(".")
        path = f"/assets/{stem}.{hashlib.sha256(content).hexdigest()[:16]}.{suffix}"
        found[name] = Asset(path, content, _TYPES[suffix])
    return found


def routes() -> list[web.RouteDef]:
    """Where they are served."""

    def serve(asset: Asset) -> web.RouteDef:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(
                body=asset.content, content_type=asset.type, charset="utf-8", headers={"Cache-Control": _FOREVER}
            )

        return web.get(asset.path, answer)

    return [serve(asset) for asset in assets().values()]
