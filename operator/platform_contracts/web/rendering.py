"""From a template and plain values to a page. Every value is escaped, and one that is missing is an error."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, NamedTuple

import jinja2
from aiohttp import web
from markupsafe import Markup

from platform_contracts.web.access.reader import Reader
from platform_contracts.web.assets import assets
from platform_contracts.web.words import FILTERS

# Where a page says who reads it. All readers who may see the same share the rest; whatever people write is escaped, and
# cannot look like it.
_READER = "<!--reader-->"


class Rendered(NamedTuple):
    """A page up to and after the place where it says who reads it."""

    before: bytes
    after: bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.before) + len(self.after)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("platform_contracts.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["asset"] = lambda name: assets()[name].path
    environment.globals["who_reads"] = Markup(_READER)
    environment.filters.update(FILTERS)
    return environment


def render(template: str, **values: Any) -> Rendered:
    """The HTML of a template. Raises jinja2.UndefinedError where it asks for a value that is not given."""
    before, _, after = _environment().get_template(template).render(values).partition(_READER)
    return Rendered(before.encode(), after.encode())


@lru_cache(maxsize=1024)
def _reader(name: str | None, known: bool) -> bytes:
    return _environment().get_template("reader.html").render(name=name, known=known).encode()


def respond(rendered: Rendered, reader: Reader | None = None, status: int = 200, *, known: bool = True) -> web.Response:
    """A page as an answer, with the name of whoever is signed in; neither that nor where to sign in where it is not
    `known` who reads."""
    return web.Response(
        body=rendered.before + _reader(reader.short_name if reader else None, known) + rendered.after,
        status=status,
        content_type="text/html",
        charset="utf-8",
    )


def page(
    template: str, *, status: int = 200, reader: Reader | None = None, known: bool = True, **values: Any
) -> web.Response:
    """A template as an answer."""
    return respond(render(template, **values), reader, status, known=known)
