"""From a template and plain values to a page. Every value is escaped, and one that is missing is an error."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2
from aiohttp import web

from platform_contracts.web.access.reader import Reader
from platform_contracts.web.assets import assets
from platform_contracts.web.words import FILTERS


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
    environment.filters.update(FILTERS)
    return environment


def render(template: str, **values: Any) -> str:
    """The HTML of a template. Raises jinja2.UndefinedError where it asks for a value that is not given."""
    return _environment().get_template(template).render(values)


def page(template: str, *, status: int = 200, reader: Reader | None = None, **values: Any) -> web.Response:
    """A template as an answer, with the name of whoever is signed in."""
    text = render(template, reader=reader, **values)
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
