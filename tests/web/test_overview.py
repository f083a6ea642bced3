"""The first page: all services that a reader may see, those first that need attention, found by words and by state."""

from __future__ import annotations

import pytest

from platform_contracts.kube.kinds import PLATFORM_SERVICE
from platform_contracts.kube.objects import Object
from platform_contracts.web.view.overview import overview
from tests.web.conftest import Open
from tests.web.world import World


def measured(state: str, budget: str = "67%") -> Object:
    worst = {"sli": "99.9674", "target": "99.9", "budget": budget}
    return {"sla": {"state": state, "worst": worst}}


@pytest.fixture
def world() -> World:
    world = World()
    world.service("payments", spec={"displayName": "Payments"}, status=measured("Met"))
    world.service("identity", spec={"description": "Signs people in. And out."}, status=measured("Breached", "-73%"))
    world.service("search", spec={"owner": {"team": "discovery"}, "lifecycle": "Experimental"})
    world.service("artifacts", status=measured("AtRisk", "15%"))
    return world


def names(world: World, *asked: str) -> list[str]:
    return [card.name for card in overview(world.store.all(PLATFORM_SERVICE), *asked).cards]


def test_what_needs_attention_comes_first(world: World) -> None:
    assert names(world) == ["identity", "artifacts", "search", "payments"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("pay", ["identity", "artifacts", "payments"]),
        ("PAYMENTS platform ident", ["identity"]),
        ("discovery", ["search"]),
        ("signs people", ["identity"]),
        ("out", []),
        ("no such word", []),
        ("   ", ["identity", "artifacts", "search", "payments"]),
    ],
)
def test_every_word_is_looked_for_in_names_teams_and_the_first_sentence(
    world: World, query: str, found: list[str]
) -> None:
    assert names(world, query) == found


def test_the_states_count_what_the_words_found(world: World) -> None:
    assert names(world, "", "AtRisk") == ["artifacts"]
    assert names(world, "discovery", "Met") == []


async def test_a_state_that_there_is_not_narrows_nothing_down(open_page: Open, world: World) -> None:
    client = await open_page(world, public_services=["platform/payments"])
    text = await (await client.get("/", params={"state": "NoSuchState"})).text()
    assert "/services/platform/payments" in text
    assert "NoSuchState" not in text


async def test_a_reader_without_a_token_sees_what_the_administrator_made_public(open_page: Open, world: World) -> None:
    client = await open_page(world, public_services=["platform/payments"])
    text = await (await client.get("/")).text()
    assert "/services/platform/payments" in text
    assert "identity" not in text


async def test_nothing_is_public_unless_the_administrator_says_so(open_page: Open, world: World) -> None:
    text = await (await (await open_page(world)).get("/")).text()
    assert "There is no service that you may see." in text


async def test_a_service_counts_only_in_a_providers_namespace(open_page: Open, world: World) -> None:
    world.service("stray", "team-a")
    text = await (await (await open_page(world, public_services=["team-a/*"])).get("/")).text()
    assert "stray" not in text


async def test_whatever_people_wrote_is_text(open_page: Open, world: World) -> None:
    world.service("odd", spec={"displayName": "<img src=x onerror=alert(1)>", "description": '"><script>x</script>'})
    client = await open_page(world, public_services=["platform/*"])
    everything = await (await client.get("/")).text()
    assert "&lt;img src=x onerror=alert(1)&gt;" in everything
    searched = await (await client.get("/", params={"q": '"><script>y</script>'})).text()
    assert "&lt;script&gt;y" in searched
    assert "<script" not in everything + searched


@pytest.mark.parametrize(
    "strange",
    [
        {"status": {"sla": {"state": "Sideways"}}},
        {"status": {"sla": {"state": "Met", "worst": {"budget": "NaN"}}}},
        {"status": {"sla": {"state": "Met", "worst": {"budget": 7}}}},
        {"spec": {"owner": None, "description": 7}},
    ],
)
async def test_a_service_that_cannot_be_read_hides_no_other(open_page: Open, world: World, strange: Object) -> None:
    world.service("strange", **strange)
    client = await open_page(world, public_services=["platform/*"])
    answer = await client.get("/")
    text = await answer.text()
    assert answer.status == 200
    for name in ("strange", "payments", "identity", "search", "artifacts"):
        assert f"/services/platform/{name}" in text
