"""A real browser for the tests of the page and for its pictures: Chromium as Debian packages it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from harness.cache import cache_root, locked
from harness.progress import step

# The font is what makes pictures look the same wherever they are taken.
PACKAGES = ("chromium", "fonts-inter")
# In a container there is no sandbox for root; beside the page itself nothing is asked for over the network.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserError(Exception):
    """There is no browser; the message says what to do about it."""


def chromium() -> Path:
    """The browser's program, installed from Debian where that may be done. Raises BrowserError elsewhere."""
    with locked(cache_root() / "chromium"):
        return _found() or _installed()


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless browser with a profile of its own, which goes when it ends."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), headless=True, args=list(ARGUMENTS))
        try:
            yield started
        finally:
            started.close()


def _found() -> Path | None:
    path = shutil.which("chromium")
    return Path(path) if path else None


def _installed() -> Path:
    advice = f"install it with: apt-get install --no-install-recommends {' '.join(PACKAGES)}"
    if shutil.which("apt-get") is None:
        raise BrowserError("the page's tests need Chromium, and there is no `chromium` in PATH: install it")
    if os.geteuid() != 0:
        raise BrowserError(f"the page's tests need Chromium, and there is no `chromium` in PATH: as root, {advice}")
    with step("Installing Chromium") as current:
        for what in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
            current.detail = f"apt-get {what[0]}"
            done = subprocess.run(
                ["apt-get", "--quiet", *what],
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                raise BrowserError(f"`apt-get {what[0]}` failed; {advice}: {done.stderr.strip()[-800:]}")
    found = _found()
    if found is None:
        raise BrowserError(f"apt-get installed no `chromium` in PATH; {advice}")
    return found


if __name__ == "__main__":
    try:
        print(chromium())
    except BrowserError as error:
        sys.exit(f"error: {error}")
