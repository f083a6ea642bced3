"""A page is rendered once for all who may see the same, anew when something has changed, never for somebody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from platform_contracts.web import rendered
from platform_contracts.web.access.reader import Reader
from platform_contracts.web.rendered import RenderedPages
from platform_contracts.web.rendering import Rendered, render, respond
from tests.web.conftest import Open
from tests.web.world import World


class Kitchen:
    """Counts what it makes."""

    def __init__(self, size: int = 10) -> None:
        self.made = 0
        self._size = size

    def __call__(self) -> Rendered:
        self.made += 1
        return Rendered(f"{self.made:{self._size}}".encode(), b"")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of the process; a test moves them on."""
    seconds = [0.0]
    monkeypatch.setattr(rendered, "monotonic", lambda: seconds[0])
    return seconds


def pages(world: World) -> RenderedPages:
    return RenderedPages(world.store, lambda: world.now)


def test_nothing_is_rendered_twice_while_nothing_changes(clock: list[float]) -> None:
    world, make = World(), Kitchen()
    found = pages(world)
    for _ in range(3):
        found.get("a", make)
        clock[0] += 10
    assert make.made == 1


def test_what_changed_is_rendered_anew_but_not_more_often_than_once_a_second(clock: list[float]) -> None:
    world, make = World(), Kitchen()
    found = pages(world)
    found.get("a", make)
    world.service()
    clock[0] += 0.5
    found.get("a", make)
    assert make.made == 1
    clock[0] += 0.6
    found.get("a", make)
    assert make.made == 2


def test_every_minute_is_another_for_what_is_overdue(clock: list[float]) -> None:
    world, make = World(), Kitchen()
    found = pages(world)
    found.get("a", make)
    clock[0] += 2
    world.now += timedelta(minutes=1)
    found.get("a", make)
    assert make.made == 2


def test_what_nobody_asked_for_longest_goes_when_there_is_no_room(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendered, "_MOST_BYTES", 25)
    found = pages(World())
    first, second, third = Kitchen(), Kitchen(), Kitchen()
    for key, make in (("first", first), ("second", second), ("first", first), ("third", third), ("first", first)):
        found.get(key, make)
    found.get("second", second)
    assert (first.made, second.made, third.made) == (1, 2, 1)


def test_readers_who_may_see_the_same_share_the_page_and_read_their_own_name() -> None:
    shared = render("problem.html", title="Title", message="<!--reader-->")
    alice, nobody = (respond(shared, reader).body for reader in (Reader("system:serviceaccount:team-a:<ci>"), None))
    assert isinstance(alice, bytes)
    assert isinstance(nobody, bytes)
    assert b"team-a/&lt;ci&gt;" in alice
    assert b"team-a" not in nobody
    assert b'href="/sign-in"' in nobody
    # Whoever writes like the place of the name does not move it.
    assert b"&lt;!--reader--&gt;" in alice


async def test_what_one_may_see_is_never_shown_to_another(open_page: Open) -> None:
    world = World()
    world.service(spec={"owner": {"team": "payments", "productManager": "Sam Lee"}})
    world.sla("gold-promise")
    world.consumer("team-a", spec={"team": "Alpha"})
    client: Any = await open_page(world, public_services=["platform/payments"])
    everything = ("get platformservices", "list slas", "list platformconsumers")
    readers = {
        None: (False, False),
        world.server.reader("part", "get platformservices"): (True, False),
        world.server.reader("all", *everything): (True, True),
    }
    for _ in range(3):
        for token, (details, names) in readers.items():
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            text = await (await client.get("/services/platform/payments", headers=headers)).text()
            assert ("Sam Lee" in text, "Alpha" in text) == (details, names)


def test_small_pages_are_bounded_in_number(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, "_MOST_PAGES", 2)
    found, first = pages(World()), Kitchen(0)
    for key, make in (("first", first), ("second", Kitchen(0)), ("third", Kitchen(0)), ("first", first)):
        found.get(key, make)
    assert first.made == 2


async def test_states_that_there_are_not_share_one_page(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = set()
    get = RenderedPages.get

    def remember(self: RenderedPages, key: Any, make: Any) -> Rendered:
        keys.add(key)
        return get(self, key, make)

    monkeypatch.setattr(RenderedPages, "get", remember)
    client: Any = await open_page(World())
    for state in ("", "Met", *(f"random-{number}" for number in range(20))):
        assert (await client.get("/", params={"state": state})).status == 200
    assert len(keys) == 2
