"""The form behind a link: what is asked, and from what was typed a Feedback or what is amiss, field by field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platform_contracts.api.feedback import Method
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.api.reading import InvalidSpec, parse
from platform_contracts.api.roadmap import ItemState
from platform_contracts.api.support import Severity
from platform_contracts.kube.kinds import FEEDBACK
from platform_contracts.kube.objects import Object, manifest
from platform_contracts.product.questions import Scale, scales
from platform_contracts.product.tokens import Form, Scope

# Of a Feedback, for the browser; what counts is the schema.
LONGEST_COMMENT = 4096
# As many themes as one Feedback has.
MOST_THEMES = 4
_AHEAD = (ItemState.PROPOSED, ItemState.PLANNED, ItemState.IN_PROGRESS)
# What nobody can type, and a terminal would obey.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ANYWHERE = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A roadmap item that one may ask for."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page behind a link asks."""

    service: str
    # Where a request is made instead: None.
    survey: str | None
    # The questions of the survey, none for a request.
    scales: Sequence[Scale]
    # Words to choose from, and what is coming.
    themes: Sequence[str]
    items: Sequence[Item]
    # The team that the link speaks for; None: whoever answers may name one, and nobody verifies it.
    team: str | None
    # How much a request may matter. By everybody's link it matters nothing, or anybody could have a promise broken.
    severities: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed, to be shown again where something is amiss."""

    scores: Mapping[str, str]
    comment: str = ""
    themes: Sequence[str] = ()
    more_themes: str = ""
    item: str = ""
    severity: str = ""
    team: str = ""


NOTHING = Typed({})


def asked(spec: PlatformServiceSpec, name: str, told: Sequence[str], scope: Scope, team: str | None) -> Asked:
    """What a service asks behind a link. `told` are the themes that its status shows."""
    survey = next((survey for survey in spec.feedback.surveys if survey.name == scope.survey), None)
    service = spec.display_name or name
    items = [item for item in (spec.roadmap.items if spec.roadmap else ()) if item.state in _AHEAD]
    return Asked(
        service=service,
        survey=survey.name if survey else None,
        scales=scales(survey.instrument, service) if survey else [],
        themes=[*dict.fromkeys([*(theme for item in items for theme in item.themes), *told])],
        items=[Item(item.name, item.title or item.name) for item in items],
        team=team,
        severities=[severity.value for severity in Severity] if team and not survey else [],
    )


def typed(page: Asked, fields: Mapping[str, Sequence[str]]) -> Typed:
    """What was sent, by the names that the form's fields have; everything else is left out.

    A theme or an item may have gone since the page was shown: the one stays as if it had been typed, the other is for
    `feedback` to tell.
    """

    def one(name: str) -> str:
        return clean(next(iter(fields.get(name, ())), ""))

    def clean(text: str) -> str:
        return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))

    chosen = [*dict.fromkeys(clean(theme).strip() for theme in fields.get("theme", ()))]
    gone = [theme for theme in chosen if theme and theme not in page.themes]
    return Typed(
        scores={scale.name: one(f"score-{scale.name}") for scale in page.scales},
        comment=one("comment").strip(),
        themes=[theme for theme in chosen if theme in page.themes],
        more_themes=", ".join(filter(None, [one("more-themes").strip(), *gone])),
        item=one("item").strip(),
        severity=one("severity") if one("severity") in page.severities else "",
        team=one("team").strip() if page.team is None else "",
    )


def themes(text: str) -> list[str]:
    """Themes as people type them, between commas or on lines, as the language writes them: `Fast refunds` is
    fast-refunds. What cannot be written so stays as it is, to be refused in the language's words."""
    parts = [part.strip() for part in re.split(r"[,;\n]", text)]
    return [*dict.fromkeys(_label(part) or part for part in parts if part)]


def _label(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def feedback(
    page: Asked, said: Typed, form: Form, service: Object, consumer: Object | None
) -> tuple[Object, Mapping[str, str]]:
    """The Feedback to create in the service's namespace, and what is amiss by field; `""` is the form as a whole.

    `consumer` is the PlatformConsumer whose team speaks, by its link.
    """
    scope, metadata = form.scope, service["metadata"]
    missing = {
        f"score-{scale.name}": f"Choose one answer, for example {scale.values[-2]}."
        for scale in page.scales
        if said.scores[scale.name] not in {str(value) for value in scale.values}
    }
    if said.item and said.item not in {item.name for item in page.items}:
        missing["item"] = (
            "What you chose is not to come any more; it may have been shipped. Choose another, or nothing."
        )
    spec: Object = {
        "serviceRef": {"name": metadata["name"]},
        "method": (Method.SURVEY if scope.survey else Method.REQUEST).value,
        "severity": said.severity,
        "survey": scope.survey,
        "questionVersion": scope.version if scope.survey else None,
        "scores": [
            {"question": scale.name, "value": int(said.scores[scale.name])}
            for scale in page.scales
            if f"score-{scale.name}" not in missing
        ],
        "consumerRef": {name: consumer["metadata"][name] for name in ("namespace", "name")} if consumer else None,
        "team": said.team,
        "themes": [*dict.fromkeys([*said.themes, *themes(said.more_themes)])],
        "comment": said.comment,
        "roadmapItem": said.item,
    }
    obj = manifest(
        FEEDBACK,
        form.name,
        metadata["namespace"],
        spec={name: value for name, value in spec.items() if value},
    )
    return obj, missing or _amiss(obj, page)


def _amiss(obj: Object, page: Asked) -> Mapping[str, str]:
    """What the language refuses: what readers may well come upon in their words, the rest in its own."""
    spec = obj["spec"]
    if len(spec.get("themes", ())) > MOST_THEMES:
        return {"more-themes": f"Name at most {MOST_THEMES} in all, together with those that you chose."}
    if len(spec.get("comment", "")) > LONGEST_COMMENT:
        return {"comment": f"Shorten it to {LONGEST_COMMENT} characters; it has {len(spec['comment'])}."}
    if not page.scales and not {"comment", "themes", "roadmapItem"} & spec.keys():
        return {"comment": "Say what you need, choose what it is about, or choose something that is coming."}
    try:
        parse(FEEDBACK, obj)
    except InvalidSpec as error:
        return dict(_by_field(message) for message in reversed(error.messages))
    return {}


_FIELDS = {"comment": "comment", "themes": "more-themes", "team": "team", "roadmapItem": "item"}


def _by_field(message: str) -> tuple[str, str]:
    path, _, text = message.partition(": ")
    name = re.match(r"spec\.(\w+)", path)
    field = _FIELDS.get(name[1], _ANYWHERE) if name else _ANYWHERE
    return field, f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
