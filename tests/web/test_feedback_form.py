"""The form behind a link, over HTTP: what it shows, what comes of what is sent, and what nobody gets through it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.engine.errors import ApiError, RefusedError, UnavailableError
from platform_contracts.kube.kinds import FEEDBACK, NAMESPACE, PLATFORM_CONSUMER, PLATFORM_SERVICE
from platform_contracts.kube.objects import Object, uid
from platform_contracts.product.links import offered
from platform_contracts.product.tokens import FORM_AGE, Scope, Tokens
from tests.web.conftest import Open
from tests.web.world import World

BASE = "https://contracts.example.com"
KEY = "k" * 44
SURVEYS = [{"name": "satisfaction", "instrument": "CSAT"}, {"name": "fit", "instrument": "UMUXLite"}]
APPROVED = {"conditions": [{"type": "Approved", "status": "True", "reason": "x", "message": "x"}]}
HTML = "<script>alert(1)</script>\"'>&{{7*7919}}"


class Loop:
    """A service with surveys, a team that uses it, and a browser."""

    def __init__(self, world: World, client: TestClient[Any, Any]) -> None:
        self.world, self.client = world, client
        self.service = world.store.all(PLATFORM_SERVICE)[0]
        self.consumer = world.store.all(PLATFORM_CONSUMER)[0]

    def link(self, name: str = "satisfaction", *, team: bool = True, keys: tuple[str, ...] = (KEY,)) -> str:
        """The path of a link as a status shows it at the moment."""
        spec = PlatformServiceSpec.model_validate(self.service["spec"])
        consumer = uid(self.consumer) if team else None
        found = offered(Tokens(keys), BASE, spec, uid(self.service), consumer, self.world.now)
        return next(str(link["url"]) for link in found if link["name"] == name).removeprefix(BASE)

    async def open(self, path: str) -> tuple[int, str]:
        """What a link shows."""
        answer = await self.client.get(path)
        return answer.status, await answer.text()

    async def form(self, path: str) -> str:
        """The hidden field of a form that is shown."""
        status, text = await self.open(path)
        assert status == 200, text
        return hidden(text)

    async def send(self, form: str, **fields: Any) -> ClientResponse:
        """Send a form as a browser does, and stay where it leads from."""
        data = {"form": form, **{name.replace("_", "-"): value for name, value in fields.items()}}
        return await self.client.post("/feedback", data=data, headers={"Origin": BASE}, allow_redirects=False)

    @property
    def said(self) -> list[Object]:
        """The specs of what was created."""
        return [obj["spec"] for obj in self.world.server.said]


def hidden(text: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', text)
    assert found, text
    return html.unescape(found[1])


def write(file: Path, *keys: str) -> None:
    file.write_text("\n".join(keys))


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    file = tmp_path / "signing-keys"
    write(file, KEY)
    return file


@pytest.fixture
async def loop(open_page: Open, keys: Path) -> Loop:
    world = World()
    items = [{"name": "instant-refunds", "title": "Refunds within a minute", "state": "Planned", "themes": ["refunds"]}]
    spec = {"displayName": "Payments", "feedback": {"surveys": SURVEYS}, "roadmap": {"items": items}}
    world.service(spec=spec, status={"feedback": {"themes": [{"name": "speed", "count": 3, "trend": "Rising"}]}})
    reference = {"namespace": "platform", "name": "payments"}
    consumer = {"serviceRef": reference, "planName": "small", "team": "Shop"}
    world.put(PLATFORM_CONSUMER, "payments", "team-a", spec=consumer, status=APPROVED)
    client = await open_page(world, enabled=True, base_url=BASE, signing_keys_file=keys)
    return Loop(world, client)


async def test_a_teams_link_asks_the_survey_and_says_for_whom_one_speaks(loop: Loop) -> None:
    status, text = await loop.open(loop.link())
    assert status == 200
    for words in ("How satisfied are you with Payments?", "You speak for Shop.", "refunds", "speed", "Refunds within"):
        assert words in text
    assert text.count('type="radio"') == 5
    assert "<script" not in text
    assert "Your team" not in text


async def test_every_input_has_a_label(loop: Loop) -> None:
    for path in (loop.link("fit"), loop.link("request", team=False)):
        _, text = await loop.open(path)
        shown = [tag for tag in re.findall(r"<(?:input|textarea|select)[^>]*>", text) if 'type="hidden"' not in tag]
        labels = set(re.findall(r'<label for="([^"]+)"', text))
        for tag in shown:
            named = re.search(r' id="([^"]+)"', tag)
            assert (named and named[1] in labels) or f"<label>{tag}" in text, tag


async def test_an_answer_by_a_teams_link_is_the_teams(loop: Loop) -> None:
    answer = await loop.send(
        await loop.form(loop.link()), score_satisfaction="4", comment="Faster, please", theme="refunds"
    )
    assert (answer.status, answer.headers["Location"]) == (303, "/feedback/thanks")
    assert loop.said == [
        {
            "serviceRef": {"name": "payments"},
            "method": "Survey",
            "survey": "satisfaction",
            "questionVersion": 1,
            "scores": [{"question": "satisfaction", "value": 4}],
            "consumerRef": {"namespace": "team-a", "name": "payments"},
            "themes": ["refunds"],
            "comment": "Faster, please",
        }
    ]
    status, text = await loop.open("/feedback/thanks")
    assert status == 200
    assert "Thank you" in text


async def test_by_the_services_link_anybody_asks_for_something(loop: Loop) -> None:
    answer = await loop.send(
        await loop.form(loop.link("request", team=False)), comment="More", team="Search", item="instant-refunds"
    )
    assert answer.status == 303
    assert loop.said == [
        {
            "serviceRef": {"name": "payments"},
            "method": "Request",
            "comment": "More",
            "team": "Search",
            "roadmapItem": "instant-refunds",
        }
    ]


async def test_a_form_counts_once_however_often_it_is_sent(loop: Loop) -> None:
    form = await loop.form(loop.link())
    for _ in range(3):
        assert (await loop.send(form, score_satisfaction="4", comment="Good")).status == 303
    assert len(loop.said) == 1
    assert (await loop.send(await loop.form(loop.link()), score_satisfaction="4", comment="Good")).status == 303
    assert len(loop.said) == 2


async def test_a_form_that_is_sent_again_with_other_words_says_so_and_loses_none(loop: Loop) -> None:
    form = await loop.form(loop.link())
    await loop.send(form, score_satisfaction="4", comment="Good")
    answer = await loop.send(form, score_satisfaction="1", comment="Bad")
    text = await answer.text()
    assert answer.status == 409
    assert "those count" in text
    assert "Bad</textarea>" in text
    assert [said["comment"] for said in loop.said] == ["Good"]
    assert (await loop.send(hidden(text), score_satisfaction="1", comment="Bad")).status == 303
    assert [said["comment"] for said in loop.said] == ["Good", "Bad"]


async def test_other_words_after_an_answer_that_got_lost_are_not_thanked_for_and_lost(loop: Loop) -> None:
    form = await loop.form(loop.link())
    assert (await loop.send(form, score_satisfaction="4", comment="Good")).status == 303
    # The cluster took it, and neither its answer nor the watch has said so yet.
    (there,) = loop.world.store.all(FEEDBACK)
    loop.world.store.remove(FEEDBACK, there)
    answer = await loop.send(form, score_satisfaction="1", comment="Bad")
    assert answer.status == 409
    assert "Bad</textarea>" in await answer.text()
    assert (await loop.send(form, score_satisfaction="4", comment="Good")).status == 303
    assert [said["comment"] for said in loop.said] == ["Good"]


async def test_what_was_shipped_while_the_page_was_open_is_said_where_it_was_chosen(loop: Loop) -> None:
    form = await loop.form(loop.link())
    loop.service["spec"]["roadmap"] = {}
    loop.service["metadata"]["generation"] += 1
    answer = await loop.send(form, score_satisfaction="4", item="instant-refunds", theme="refunds")
    text = await answer.text()
    assert answer.status == 422
    assert 'id="item-wrong">What you chose is not to come any more' in text
    assert 'value="refunds"' in text
    assert (await loop.send(hidden(text), score_satisfaction="4", more_themes="refunds")).status == 303
    assert loop.said[0]["themes"] == ["refunds"]


async def test_what_is_amiss_is_said_at_the_field_and_what_was_typed_stays(loop: Loop) -> None:
    form = await loop.form(loop.link())
    answer = await loop.send(form, comment=HTML, theme="speed", more_themes="a,b,c,d", item="instant-refunds")
    text = await answer.text()
    assert answer.status == 422
    assert loop.said == []
    assert 'id="score-satisfaction-wrong">Choose one answer, for example 4.' in text
    assert 'href="#score-satisfaction"' in text
    assert f"{html.escape(HTML, quote=False)}</textarea>" in text.replace("&#34;", '"').replace("&#39;", "'")
    for kept in ('value="speed" checked', 'value="a,b,c,d"', 'value="instant-refunds" selected'):
        assert kept in text
    sent_again = await loop.send(hidden(text), score_satisfaction="4", comment=HTML)
    assert sent_again.status == 303
    assert loop.said[0]["comment"] == HTML


async def test_scripts_in_every_field_are_words(loop: Loop) -> None:
    form = await loop.form(loop.link("request", team=False))
    fields = {
        "comment": HTML,
        "more_themes": HTML * 5,
        "team": HTML * 5,
        "item": HTML,
        "theme": HTML,
        "form-action": HTML,
    }
    answer = await loop.send(form, **fields)
    text = await answer.text()
    assert answer.status == 422
    assert "<script" not in text
    assert "55433" not in text
    assert (await loop.open(f"/feedback/{HTML.replace('/', '')}"))[0] == 404


async def test_a_service_and_a_team_with_scripts_for_names_are_words(loop: Loop) -> None:
    loop.service["spec"]["displayName"] = HTML
    loop.consumer["spec"]["team"] = HTML
    status, text = await loop.open(loop.link())
    assert status == 200
    assert "<script" not in text


def forged(loop: Loop) -> list[str]:
    """Links that nobody signed."""
    good = loop.link()
    return [
        "/feedback/x",
        f"/feedback/{'A' * 3000}",
        f"{good[:-5]}AAAAA",
        f"{good}A",
        good.replace(".", ""),
        f"/feedback/{good.removeprefix('/feedback/').swapcase()}",
        loop.link(keys=("f" * 44,)),
        "/feedback/%00%ff",
    ]


async def test_links_that_nobody_signed_are_all_answered_alike(loop: Loop) -> None:
    answers = {await loop.open(path) for path in forged(loop)}
    ((status, text),) = answers
    assert status == 404
    assert "This is no link of ours" in text


def _delete(kind: Any) -> Callable[[Loop], None]:
    return lambda loop: loop.world.store.remove(kind, loop.service if kind is PLATFORM_SERVICE else loop.consumer)


def _deleting(loop: Loop) -> None:
    """Foreground deletion waits for what the service owns."""
    loop.service["metadata"]["deletionTimestamp"] = "2027-06-01T12:00:00Z"


def _recreate(loop: Loop) -> None:
    loop.world.store.remove(PLATFORM_CONSUMER, loop.consumer)
    body = {name: loop.consumer[name] for name in ("spec", "status")}
    loop.world.put(PLATFORM_CONSUMER, "payments", "team-a", **body)


def _not_let_in(loop: Loop) -> None:
    loop.consumer["status"]["conditions"][0]["status"] = "False"


def _moved(loop: Loop) -> None:
    loop.consumer["spec"]["serviceRef"] = {"namespace": "platform", "name": "other"}


def _asked_otherwise(loop: Loop) -> None:
    changed = [{**SURVEYS[0], "questionVersion": 2}]
    loop.service["spec"]["feedback"] = {"surveys": changed}
    loop.service["metadata"]["generation"] += 1


def _closed(loop: Loop) -> None:
    loop.service["spec"]["feedback"] = {}
    loop.service["metadata"]["generation"] += 1


def _no_provider(loop: Loop) -> None:
    loop.world.store.remove(NAMESPACE, loop.world.store.get(NAMESPACE, None, "platform") or {})


def _later(loop: Loop) -> None:
    loop.world.now += timedelta(days=91)


@pytest.mark.parametrize(
    "change",
    [
        _delete(PLATFORM_SERVICE),
        _deleting,
        _delete(PLATFORM_CONSUMER),
        _recreate,
        _not_let_in,
        _moved,
        _asked_otherwise,
        _closed,
        _no_provider,
        _later,
    ],
    ids=[
        "no-service",
        "service-ends",
        "no-team",
        "another-team",
        "not-let-in",
        "moved",
        "asked-otherwise",
        "closed",
        "no-provider",
        "late",
    ],
)
async def test_a_link_that_asks_nothing_any_more_says_so_and_takes_nothing(
    loop: Loop, change: Callable[[Loop], None]
) -> None:
    path = loop.link()
    form = await loop.form(path)
    change(loop)
    status, text = await loop.open(path)
    assert status == 410
    assert "This link has ended" in text
    answer = await loop.send(form, score_satisfaction="4", comment="In vain")
    text = await answer.text()
    assert answer.status == 410
    assert "In vain</textarea>" in text
    # Nothing that one could send again.
    assert 'name="form"' not in text
    assert loop.said == []


async def test_however_often_a_form_is_shown_again_it_ends_with_its_link(loop: Loop) -> None:
    form = await loop.form(loop.link())
    seen = []
    for _ in range(10):
        loop.world.now += timedelta(days=10)
        answer = await loop.send(form, score_satisfaction="4", comment="Still here")
        seen.append(answer.status)
        if answer.status == 422:
            form = hidden(await answer.text())
    assert seen == sorted(seen, reverse=True)
    assert set(seen) == {422, 410}
    assert loop.said == []


async def test_a_form_that_was_open_for_too_long_is_shown_again_with_what_was_typed(loop: Loop) -> None:
    path = loop.link()
    form = await loop.form(path)
    loop.world.now += FORM_AGE
    answer = await loop.send(form, score_satisfaction="4", comment="Slow")
    text = await answer.text()
    assert answer.status == 422
    assert "Nothing is lost" in text
    assert 'value="4" required checked' in text
    assert (await loop.send(hidden(text), score_satisfaction="4", comment="Slow")).status == 303
    assert len(loop.said) == 1


@pytest.mark.parametrize("form", ["", "x", "A" * 2000])
async def test_a_form_that_nobody_signed_is_none(loop: Loop, form: str) -> None:
    answer = await loop.send(form, comment="Hello", score_satisfaction="4")
    assert answer.status == 404
    assert loop.said == []


async def test_a_link_is_no_form(loop: Loop) -> None:
    answer = await loop.send(loop.link().removeprefix("/feedback/"), comment="Hello", score_satisfaction="4")
    assert answer.status == 404
    assert loop.said == []


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (RefusedError(403, "Forbidden", "exceeded quota: swordfish"), "takes no more answers"),
        (UnavailableError(0, "Unreachable", "swordfish"), "counts once"),
        (ApiError(404, "NotFound", "swordfish"), "counts once"),
    ],
)
async def test_what_could_not_be_written_stays_to_be_sent_again(loop: Loop, error: ApiError, says: str) -> None:
    loop.world.server.refuses = error
    form = await loop.form(loop.link())
    answer = await loop.send(form, score_satisfaction="4", comment="Good")
    text = await answer.text()
    assert answer.status == 503
    assert says in text
    assert "swordfish" not in text
    loop.world.server.refuses = None
    assert (await loop.send(hidden(text), score_satisfaction="4", comment="Good")).status == 303
    # It is the same form still, should the first have been written after all.
    assert (await loop.send(form, score_satisfaction="4", comment="Good")).status == 303
    assert len(loop.said) == 1


async def test_what_was_taken_is_taken_where_nothing_more_is(loop: Loop) -> None:
    """A quota that is full, perhaps by this very form, is asked before the API server sees that the name is taken."""
    form = await loop.form(loop.link())
    assert (await loop.send(form, score_satisfaction="4", comment="Good")).status == 303
    loop.world.server.refuses = RefusedError(403, "Forbidden", "exceeded quota")
    assert (await loop.send(form, score_satisfaction="4", comment="Good")).status == 303
    assert (await loop.send(form, score_satisfaction="1", comment="Bad")).status == 409
    assert (await loop.send(await loop.form(loop.link()), score_satisfaction="4", comment="Good")).status == 503
    assert len(loop.said) == 1


async def test_one_client_sends_only_so_much_and_loses_nothing(loop: Loop) -> None:
    forms = [await loop.form(loop.link()) for _ in range(25)]
    answers = [await loop.send(form, score_satisfaction="4", comment="Again") for form in forms]
    assert [answer.status for answer in answers] == [303] * 20 + [429] * 5
    assert "Again</textarea>" in await answers[-1].text()
    assert len(loop.said) == 20


async def test_only_a_form_of_this_page_is_taken(loop: Loop) -> None:
    form = await loop.form(loop.link())
    fields = {"form": form, "score-satisfaction": "4"}
    for headers in ({"Origin": "https://evil.example.com"}, {"Origin": "null"}, {}):
        assert (await loop.client.post("/feedback", data=fields, headers=headers)).status == 403
    site = {"Origin": BASE}
    assert (await loop.client.post("/feedback", json=fields, headers=site)).status == 415
    plain = {**site, "Content-Type": "text/plain"}
    assert (await loop.client.post("/feedback", data="form=x", headers=plain)).status == 415
    large = await loop.client.post("/feedback", data={**fields, "comment": "x" * 1_000_000}, headers=site)
    assert large.status == 413
    assert "Go back, shorten it" in await large.text()
    urlencoded = {**site, "Content-Type": "application/x-www-form-urlencoded; charset=x-nowhere"}
    assert (await loop.client.post("/feedback", data=b"form=%FF&\xff=\x00", headers=urlencoded)).status == 404
    many = "&".join(f"a{number}=1" for number in range(1000))
    assert (await loop.client.post("/feedback", data=many, headers=urlencoded)).status == 400
    assert loop.said == []
    preflight = await loop.client.options("/feedback", headers={"Origin": "https://evil.example.com"})
    assert not [name for name in preflight.headers if name.startswith("Access-Control")]


async def test_no_header_and_no_page_repeats_a_link(loop: Loop) -> None:
    path = loop.link()
    token = path.removeprefix("/feedback/")
    answer = await loop.client.get(path)
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    form = hidden(await answer.text())
    amiss, sent = await loop.send(form, comment="x"), await loop.send(form, comment="x", score_satisfaction="4")
    assert (amiss.status, sent.status) == (422, 303)
    for shown in (answer, amiss, sent):
        assert token not in await shown.text()
        assert not [value for value in shown.headers.values() if token in value]


async def test_a_key_that_is_rotated_ends_no_link(loop: Loop, keys: Path) -> None:
    old = loop.link()
    write(keys, "n" * 44, KEY)
    assert (await loop.open(old))[0] == 200
    assert (await loop.open(loop.link(keys=("n" * 44,))))[0] == 200
    form = await loop.form(old)
    write(keys, "n" * 44)
    assert (await loop.open(old))[0] == 404
    late = await loop.send(form, score_satisfaction="4", comment="Typed before")
    assert late.status == 404
    assert "Typed before</textarea>" in await late.text()


async def test_without_keys_there_is_no_link(open_page: Open) -> None:
    client = await open_page(World(), enabled=True, base_url=BASE)
    link = Tokens([KEY]).link(Scope("uid-2"), World().now + timedelta(days=1))
    assert (await client.get(f"/feedback/{link}")).status == 404
