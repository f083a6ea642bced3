"""Pictures of the demo's page for README, taken in a real browser."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image
from playwright.sync_api import ViewportSize

from harness.browser import browser
from harness.demo import story
from harness.demo.page import SERVICE

# Enough for text with smooth edges in the few colours of a page, at a third of the size.
_COLOURS = 128


class Picture(NamedTuple):
    """One picture: what is on it, from where on, how wide and high a screen, and by which light."""

    name: str
    path: str
    size: ViewportSize
    light: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("services", "/", {"width": 1100, "height": 850}),
    Picture("service", SERVICE, {"width": 1100, "height": 1020}, "dark"),
    Picture("consumer", "/consumers/{}/{}".format(*story.ASKING), {"width": 390, "height": 844}),
)


def take(url: str, bearer: str, folder: Path) -> list[Path]:
    """Write the pictures to the folder; returns their files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with browser() as started:
        for picture in PICTURES:
            context = started.new_context(
                viewport=picture.size,
                color_scheme=picture.light,
                device_scale_factor=2,
                extra_http_headers={"Authorization": f"Bearer {bearer}"},
            )
            page = context.new_page()
            page.goto(url + picture.path)
            image = Image.open(io.BytesIO(page.screenshot()))
            context.close()
            file = folder / f"{picture.name}.png"
            image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
            written.append(file)
    return written
