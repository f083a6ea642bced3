"""Maintenance of a service: the status of a MaintenanceWindow, and what the service's consumers are told of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from platform_contracts.api import names
from platform_contracts.api.maintenance_window import MaintenanceWindowSpec, WindowState
from platform_contracts.api.schedule import Interval
from platform_contracts.kube import conditions
from platform_contracts.kube.conditions import Condition, Problem
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.kube.plan import Plan
from platform_contracts.onboarding.inputs import Window, WindowInputs

NOTICE = timedelta(days=14)
ALERT = timedelta(hours=24)
# A status has room for 16 notices, and one is for the end of the service.
_TOLD = 15


def plan(inputs: WindowInputs) -> Plan:
    """The whole status of a MaintenanceWindow, and when it changes by itself."""
    before = inputs.window.get("status") or {}
    spec = _announced(inputs)
    if isinstance(spec, Problem):
        kept = {name: before[name] for name in ("announcedTime", "startTime", "endTime", "schedule") if name in before}
        return Plan(status=_status(inputs, conditions.summarise(stalled=spec, ready=spec), kept))
    ahead = list(islice(spec.occurrences(inputs.now), 2))
    state, until = _state(ahead, inputs.now)
    times = spec.times()
    since = spec.announced_since(before)
    said = {"state": state.value, "announcedTime": since or format_time(inputs.now), **times}
    if ahead:
        said |= {"startTime": format_time(ahead[0].start), "endTime": format_time(ahead[0].end)}
    begins = next((one.start for one in ahead if one.start > inputs.now), None)
    if begins is not None:
        said["nextStartTime"] = format_time(begins)
    slas = _slas(inputs, before.get("slas", ()))
    if slas:
        said["slas"] = slas
    missing = _missing(inputs, spec)
    ready = missing or _ready(inputs, spec, ahead, state)
    return Plan(
        status=_status(inputs, conditions.summarise(stalled=missing, ready=ready), said),
        requeue_after=until - inputs.now if until else None,
    )


def _status(inputs: WindowInputs, found: Iterable[Condition], said: Object) -> Object:
    generation = inputs.window["metadata"]["generation"]
    previous = inputs.window.get("status", {}).get("conditions") or ()
    rendered = conditions.render(found, previous=previous, generation=generation, now=inputs.now)
    return {"observedGeneration": generation, "conditions": rendered, **said}


def _state(ahead: Sequence[Interval], now: datetime) -> tuple[WindowState, datetime | None]:
    """How a window stands by its times that are not over, and until when."""
    if not ahead:
        return WindowState.OVER, None
    first = ahead[0]
    return (WindowState.ANNOUNCED, first.start) if now < first.start else (WindowState.ACTIVE, first.end)


def _announced(inputs: WindowInputs) -> MaintenanceWindowSpec | Problem:
    """What is announced, or why nothing is."""
    if inputs.spec is None:
        return Problem("InvalidSpec", inputs.invalid or "The spec cannot be read; correct it and apply it again.")
    unusable = inputs.spec.schedule.problem() if inputs.spec.schedule is not None else None
    if unusable is not None:
        return Problem("InvalidSchedule", f"{unusable}; nobody is told of this maintenance until then.")
    namespace, service = inputs.window["metadata"]["namespace"], _service(inputs, inputs.spec)
    if inputs.service is None:
        return Problem(
            "ServiceNotFound",
            f"There is no PlatformService {service}, so nobody is told of this maintenance; create the service, or a "
            f"MaintenanceWindow that names one that exists (kubectl get platformservices -n {namespace}).",
        )
    if not inputs.provider:
        return Problem(
            "NotAProvider",
            f"{service} does not count, because its namespace is not labelled as a provider's, so nobody is told of "
            f"this maintenance; ask an administrator to run: kubectl label namespace {namespace} "
            f"{names.PROVIDER_LABEL}=true",
        )
    return inputs.spec


def _service(inputs: WindowInputs, spec: MaintenanceWindowSpec) -> str:
    return f"{inputs.window['metadata']['namespace']}/{spec.service_ref.name}"


def _slas(inputs: WindowInputs, before: Iterable[Object]) -> list[Object]:
    """What the SLAs exclude; one that has nothing new to say said it before."""
    kept = {entry["name"]: entry for entry in before}
    found = []
    for name, verdict in inputs.slas.items():
        if verdict is not None:
            found.append({"name": name, "excludedSeconds": verdict[0], "message": verdict[1]})
        elif name in kept:
            found.append(kept[name])
    return found


def _missing(inputs: WindowInputs, spec: MaintenanceWindowSpec) -> Problem | None:
    """SLAs that the window names and the service has not."""
    missing = [name for name in spec.sla_names if name not in inputs.slas]
    if not missing:
        return None
    namespace = inputs.window["metadata"]["namespace"]
    return Problem(
        "SLANotFound",
        f"slaNames: {_service(inputs, spec)} has no SLA {', '.join(missing)}, so nothing is excluded there; name those "
        f"that there are (kubectl get slas -n {namespace}). Its consumers are told of the maintenance all the same.",
    )


def _ready(inputs: WindowInputs, spec: MaintenanceWindowSpec, ahead: Sequence[Interval], state: WindowState) -> Problem:
    service = _service(inputs, spec)
    match state:
        case WindowState.ANNOUNCED:
            again = ", and again by its schedule" if spec.schedule is not None and len(ahead) > 1 else ""
            return Problem(
                "Announced",
                f"{service} will be under maintenance {span(*ahead[0])}{again}; its consumers read so in their "
                f"status.notices from {NOTICE.days} days before, and are alerted from a day before.",
            )
        case WindowState.ACTIVE:
            return Problem(
                "Active",
                f"{service} is under maintenance until {_moment(ahead[0].end)} UTC, and its consumers read so in their "
                "status.notices.",
            )
        case WindowState.OVER:
            ended = f"on {_moment(spec.end_time)} UTC" if spec.end_time is not None else "with its schedule's UNTIL"
            return Problem(
                "Over",
                f"The maintenance of {service} ended {ended}, and its consumers read of it no more.",
            )


def windows(name: str, spec: MaintenanceWindowSpec, now: datetime) -> list[Window]:
    """What consumers may have to be told of a MaintenanceWindow: the times of it that are not over, at most two."""
    if spec.schedule is not None and spec.schedule.problem() is not None:
        return []
    return [Window(name, *interval, spec.reason) for interval in islice(spec.occurrences(now), 2)]


def told(windows: Iterable[Window], now: datetime) -> list[Window]:
    """The windows that consumers are told of: those within 14 days and those that are active, the next first."""
    found = [window for window in windows if now < window.end and window.start - now <= NOTICE]
    return sorted(found, key=lambda window: (window.start, window.end, window.name))[:_TOLD]


def next_change(windows: Iterable[Window], now: datetime) -> timedelta | None:
    """How long it takes until consumers have to be told something else."""
    moments = (moment for window in windows for moment in (window.start - NOTICE, window.start, window.end))
    return min((moment - now for moment in moments if moment > now), default=None)


def message(window: Window, *, service: str, owner: str, now: datetime) -> str:
    """What consumers read of one window; `service` is `namespace/name`, `owner` its team."""
    if now < window.start:
        return (
            f"{ahead(window, service)}; put off what cannot do without it, or ask its owner (team {owner}) for another "
            "time."
        )
    return (
        f"{service} is under maintenance until {_moment(window.end)} UTC: {_why(window)}; what fails meanwhile may "
        f"come from there, and its owner (team {owner}) can say more."
    )


def ahead(window: Window, service: str) -> str:
    """What is going to happen when and why, as the beginning of a sentence."""
    return f"{service} will be under maintenance {span(window.start, window.end)}: {_why(window)}"


def _why(window: Window) -> str:
    """The reason without the end of its sentence."""
    return window.reason.rstrip(". ")


def span(start: datetime, end: datetime) -> str:
    """From when to when, in UTC, for a sentence: `from 2027-03-31 22:00 to 23:30 UTC`."""
    same_day = start.astimezone(UTC).date() == end.astimezone(UTC).date()
    return f"from {_moment(start)} to {_moment(end).split(' ')[1] if same_day else _moment(end)} UTC"


def _moment(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment.second else f"{moment:%Y-%m-%d %H:%M}"
