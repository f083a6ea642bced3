"""The keys that sign links: read from a file as it is now, and never without need given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_contracts.config import Web
from platform_contracts.controllers.links import Links
from platform_contracts.controllers.signing_keys import UnusableKeysError, read_keys
from platform_contracts.kube.objects import Object
from platform_contracts.product.tokens import Scope
from tests.product.world import NOW, spec

OLD, NEW = "o" * 44, "n" * 44
SERVICE: Object = {"metadata": {"uid": "uid-payments"}}


def links(file: Path | None, *, enabled: bool = True) -> Links:
    return Links(Web(enabled=enabled, signing_keys_file=file), lambda: NOW)


def test_without_a_page_or_a_key_no_status_shows_a_link(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    assert links(None).of(SERVICE, spec()) == []
    assert links(keys).of(SERVICE, spec()) == []
    keys.write_text(OLD)
    assert links(keys, enabled=False).of(SERVICE, spec()) == []
    assert [link["name"] for link in links(keys).of(SERVICE, spec())] == ["request"]


def test_a_file_that_changes_is_read_anew(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    signing = links(keys)
    assert signing.tokens is None
    keys.write_text(f"{OLD}\n")
    old = signing.of(SERVICE, spec())
    keys.write_text(f"{NEW}\n{OLD}\n")
    assert signing.of(SERVICE, spec()) != old
    tokens = signing.tokens
    assert tokens is not None
    assert tokens.read_link(str(old[0]["url"]).rsplit("/", 1)[1], NOW) == Scope("uid-payments")


@pytest.mark.parametrize("content", ["", "\n \n", "short", f"{NEW}\nshort"])
def test_a_file_that_cannot_be_used_takes_no_link_away(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(OLD)
    signing = links(keys)
    before = signing.of(SERVICE, spec())
    keys.write_text(content)
    for _ in range(3):
        assert signing.of(SERVICE, spec()) == before
    told = capsys.readouterr().out
    assert told.count("web.signingKeysFile is not used") == 1
    assert "short" not in told.replace("shorter", "")
    keys.write_text(f"{OLD}\n")
    assert signing.of(SERVICE, spec()) == before


def test_a_file_that_is_gone_takes_every_link_away_until_it_is_there_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(OLD)
    signing = links(keys)
    before = signing.of(SERVICE, spec())
    kept = keys.rename(tmp_path / "kept")
    for _ in range(3):
        assert signing.tokens is None
        assert signing.of(SERVICE, spec()) == []
    assert capsys.readouterr().out.count("web.signingKeysFile is not used") == 1
    kept.rename(keys)
    assert signing.of(SERVICE, spec()) == before


def test_keys_stand_on_lines_of_their_own_the_newest_first() -> None:
    assert read_keys(f"\n{NEW}\r\n{OLD}\n\n") == (NEW, OLD)
    with pytest.raises(UnusableKeysError, match="openssl rand -base64 32 makes one"):
        read_keys("secret")
