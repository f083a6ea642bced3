"""Who asks: by the connection, and by what trusted proxies say; and how often one may write."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from platform_contracts.product.tokens import Scope, rendering
from platform_contracts.web.clients import Limits, address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "who"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        # Whoever is no trusted proxy may say what it likes.
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["", " , nobody"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, <script>"], "10.0.0.1"),
        # Of IPv6 a client has a whole network to itself.
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("fd00::1", ["2001:db8:1:2::7"], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        # Where the page listens for both at once.
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        (None, [], ""),
    ],
)
def test_a_client_is_who_connects_or_whom_a_trusted_proxy_names(
    peer: str | None, forwarded: list[str], who: str
) -> None:
    headers = CIMultiDict(("X-Forwarded-For", entry) for entry in forwarded)
    request = make_mocked_request("POST", "/", headers=headers).clone(remote=peer)  # type: ignore[arg-type]
    assert address(request, PROXIES) == who


async def test_each_client_and_each_link_has_a_measure_of_its_own() -> None:
    limits = Limits()
    assert [await limits.client("192.0.2.1") for _ in range(21)] == [True] * 20 + [False]
    assert await limits.client("192.0.2.2")
    team, other, everybody = Scope("uid", "uid-a", "fit"), Scope("uid", "uid-b", "fit"), Scope("uid", None, "fit")

    async def answer(scope: Scope, who: str) -> bool:
        return await limits.link(rendering(scope, "link"), who)

    assert sum([await answer(team, "192.0.2.1") for _ in range(150)]) == 20
    assert await answer(team, "192.0.2.2")
    assert sum([await answer(team, f"198.51.100.{number}") for number in range(150)]) == 79
    assert await answer(other, "192.0.2.1")
    assert sum([await answer(everybody, "192.0.2.1") for _ in range(1100)]) == 200
    assert sum([await answer(everybody, f"198.51.100.{number % 200}") for number in range(1100)]) == 800


async def test_a_form_that_is_sent_again_is_one_answer() -> None:
    """The cluster may be away for a while, in which somebody tries it again and again."""
    limits = Limits()
    form = rendering(Scope("uid", "uid-a", "fit"), "link")
    assert all([await limits.link(form, "192.0.2.1") for _ in range(100)])
    assert await limits.link(rendering(form.scope, "link"), "192.0.2.1")
