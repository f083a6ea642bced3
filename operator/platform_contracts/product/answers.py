"""What the platform team answers: the status of each Feedback, and what a team reads on its PlatformConsumer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from platform_contracts.api import names
from platform_contracts.api.feedback import FeedbackState, Method
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube import conditions
from platform_contracts.kube.conditions import Condition, Problem
from platform_contracts.kube.objects import Object, format_time, is_deleting, uid
from platform_contracts.kube.plan import Plan
from platform_contracts.product import instruments
from platform_contracts.product.inputs import FeedbackInputs
from platform_contracts.product.voice import FINAL, Voice, items, read, state

_SHOWN = 20
# Places for what was answered last, however much was said since.
_ANSWERED = 10
# So many bytes of responses are shown in full, those that were said last; of others how they begin.
_IN_FULL = 6144
_BEGINNING = 60
# After every time: its Feedback does not say yet when it was answered, or answered anew.
_NOW = "~"


def plan(inputs: FeedbackInputs) -> Plan:
    """The whole status of one Feedback."""
    service = _counting(inputs)
    if isinstance(service, Problem):
        # What became of it stays: a service that is away for a moment takes nothing back.
        before = inputs.feedback.get("status") or {}
        kept = {name: before[name] for name in ("state", "roadmapItem", "closedTime") if name in before}
        return Plan(status=_status(inputs, conditions.summarise(stalled=service, ready=service), kept))
    how, item = state(read(inputs.feedback), items(service))
    ready = Problem(how.value, _message(inputs.feedback, how, item))
    said = {"state": how.value, **({"roadmapItem": item} if item else {})}
    if how in FINAL:
        said["closedTime"] = _closed_since(inputs.feedback, how) or format_time(inputs.now)
    return Plan(status=_status(inputs, conditions.summarise(ready=ready), said))


def _status(inputs: FeedbackInputs, found: Sequence[Condition], said: Object) -> Object:
    generation = inputs.feedback["metadata"]["generation"]
    previous = inputs.feedback.get("status", {}).get("conditions") or ()
    rendered = conditions.render(found, previous=previous, generation=generation, now=inputs.now)
    answered = inputs.feedback.get("status", {}).get("answeredTime") or (
        format_time(inputs.answered) if inputs.answered else None
    )
    triaged = (
        (_triaged_since(inputs.feedback) or format_time(inputs.now)) if inputs.feedback["spec"].get("triage") else None
    )
    times = {"answeredTime": answered, "triagedTime": triaged}
    known = {name: time for name, time in times.items() if time}
    return {"observedGeneration": generation, "conditions": rendered, **said, **known}


def _triaged_since(feedback: Object) -> str | None:
    """Since when its triage is as it is, by its status; None where that is news: nothing else of a spec changes."""
    status: Mapping[str, str] = feedback.get("status") or {}
    if status.get("observedGeneration") != feedback["metadata"]["generation"]:
        return None
    # Before that was kept only the first time was.
    return status.get("triagedTime") or status.get("answeredTime")


def _closed_since(feedback: Object, how: FeedbackState) -> str | None:
    """Since when it is shipped or declined, by its status; None where that is news."""
    status: Mapping[str, str] = feedback.get("status") or {}
    return status.get("closedTime") if status.get("state") == how.value else None


def _counting(inputs: FeedbackInputs) -> PlatformServiceSpec | Problem:
    """The service that a Feedback counts for, or why it counts nowhere or its answer is amiss."""
    if inputs.spec is None:
        return Problem("InvalidSpec", inputs.invalid or "The spec cannot be read; create another Feedback.")
    namespace, name = inputs.feedback["metadata"]["namespace"], inputs.spec.service_ref.name
    if inputs.service is None:
        return Problem(
            "ServiceNotFound",
            f"There is no PlatformService {namespace}/{name} that can be read, so this counts nowhere; create another "
            f"Feedback that names one (kubectl get platformservices -n {namespace}).",
        )
    if not inputs.provider:
        return Problem(
            "NotAProvider",
            f"{namespace}/{name} does not count, because its namespace is not labelled as a provider's; ask an "
            f"administrator to run: kubectl label namespace {namespace} {names.PROVIDER_LABEL}=true",
        )
    return _misunderstood(read(inputs.feedback), inputs.service, name) or inputs.service


def _misunderstood(voice: Voice, service: PlatformServiceSpec, name: str) -> Problem | None:
    """What a Feedback says that its service does not know."""
    # What was right when it was said stays so, whatever is asked now.
    if voice.method == Method.SURVEY and not voice.understood:
        survey = next((survey for survey in service.feedback.surveys if survey.name == voice.survey), None)
        if survey is None:
            there = ", ".join(survey.name for survey in service.feedback.surveys) or "none"
            return Problem(
                "SurveyNotFound",
                f"{name} has no survey {voice.survey} (it has: {there}), so this counts in no score; create another "
                "Feedback, or add the survey to spec.feedback.surveys of the service.",
            )
        wrong = instruments.problem(survey.instrument, voice.scores)
        # An earlier question may have been asked by another instrument.
        if wrong and not (voice.version < survey.question_version and instruments.answered(voice.scores)):
            return Problem(
                "AnswerNotUnderstood",
                f"The survey {survey.name} by {wrong}; this counts in no score, so create another Feedback.",
            )
        if voice.version > survey.question_version:
            return Problem(
                "QuestionNotFound",
                f"The question of the survey {survey.name} is in version {survey.question_version}, not in "
                f"{voice.version}, so this counts in no score; create another Feedback without questionVersion "
                f"{voice.version}.",
            )
    # What is decided stays so when its item has left the roadmap.
    if voice.triage_item and voice.triage_item not in items(service) and state(voice, {})[0] not in FINAL:
        return Problem(
            "RoadmapItemNotFound",
            f"spec.triage.roadmapItem: the roadmap of {name} has no item {voice.triage_item}; name one of its "
            "spec.roadmap.items, or leave roadmapItem out.",
        )
    return None


def _message(feedback: Object, how: FeedbackState, item: str | None) -> str:
    """What becomes of it, for whoever reads the table."""
    name, namespace = feedback["metadata"]["name"], feedback["metadata"]["namespace"]
    by = f" by the roadmap item {item}" if item else ""
    match how:
        case FeedbackState.COUNTED:
            return "It counts in the score of its survey, as long as that question is asked."
        case FeedbackState.OPEN:
            return (
                "Nobody has answered yet; whoever may triage does so with: kubectl patch feedback "
                f'{name} -n {namespace} --type=merge -p \'{{"spec": {{"triage": {{"state": "Acknowledged"}}}}}}\''
            )
        case FeedbackState.ACKNOWLEDGED:
            return f"The platform team has read it{f' and keeps it with the roadmap item {item}' if item else ''}."
        case FeedbackState.PLANNED:
            return f"It will be answered{by}." if item else "The platform team plans to answer it."
        case FeedbackState.IN_PROGRESS:
            return f"It is being answered{by}."
        case FeedbackState.SHIPPED:
            return f"It has been answered{by}." if item else "What it asks for has been shipped."
        case FeedbackState.DECLINED:
            return "The platform team has declined it; spec.triage.response may say why."


def answers(feedback: Sequence[Object], service: PlatformServiceSpec) -> list[Object]:
    """status.feedback.answers of the PlatformConsumer that `feedback` speaks for, youngest first.

    Where that is more than what shows, the younger ones take no place of those that were answered last: whoever asked
    long ago is told as well.
    """
    named = items(service)
    asking = []
    for obj in sorted(feedback, key=_age, reverse=True):
        voice = read(obj)
        if voice.asks and not is_deleting(obj):
            asking.append((obj, voice, *state(voice, named)))
    answered = [(when, obj) for obj, voice, how, _ in asking if (when := _last_word(obj, voice, how))]
    # Of those that were answered at the same time the youngest.
    last = [obj for _, obj in sorted(answered, key=lambda one: one[0], reverse=True)]
    shown = {uid(obj) for obj in last[:_ANSWERED]}
    for obj, *_ in asking:
        if len(shown) < _SHOWN:
            shown.add(uid(obj))
    in_full, room = set(), _IN_FULL
    for obj in last:
        room -= len(_response(obj).encode())
        if room >= 0:
            in_full.add(uid(obj))
    return [_entry(obj, how, item, in_full=uid(obj) in in_full) for obj, _, how, item in asking if uid(obj) in shown]


def _last_word(feedback: Object, voice: Voice, how: FeedbackState) -> str | None:
    """When the platform team answered it last, for good or by its triage; None where it only moved an item that is to
    come."""
    closed = [_closed_since(feedback, how) or _NOW] if how in FINAL else []
    triaged = [_triaged_since(feedback) or _NOW] if voice.triage else []
    return max(closed + triaged, default=None)


def _response(feedback: Object) -> str:
    return (feedback["spec"].get("triage") or {}).get("response") or ""


def _entry(feedback: Object, how: FeedbackState, item: str | None, *, in_full: bool) -> Object:
    response = _response(feedback)
    if not in_full and len(response) > _BEGINNING:
        response = f"{response[: _BEGINNING - 1]}…"
    entry = {"name": feedback["metadata"]["name"], "state": how.value, "roadmapItem": item, "response": response}
    return {name: value for name, value in entry.items() if value}


def _age(feedback: Object) -> tuple[str, str]:
    return feedback["metadata"]["creationTimestamp"], feedback["metadata"]["name"]
