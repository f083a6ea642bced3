"""Without a browser one reads what to install; nobody's system is changed who is not root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.browser import BrowserError, chromium


def test_who_is_not_root_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\ntouch called\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(BrowserError, match=r"as root, install it with: apt-get install .* chromium"):
        chromium()
    assert [file.name for file in tmp_path.iterdir()] == ["apt-get"]


def test_where_there_is_no_debian_one_is_told_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrowserError, match="need Chromium"):
        chromium()


def test_a_failed_installation_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\necho no network >&2\nexit 100\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(BrowserError, match=r"`apt-get update` failed; .*no network"):
        chromium()
