"""Which Feedback has expired: it is answered for good, on record, and so old that no figure goes by it any more.

So no figure changes by its deletion, at this moment or later. It goes only after the report that counts it is there,
and a report is never changed: killed between the two, the operator deletes what is left, and counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from platform_contracts.api.feedback import FeedbackState
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.api.roadmap import ItemState, RoadmapItem
from platform_contracts.kube.kinds import FEEDBACK
from platform_contracts.kube.objects import Object, parse_time
from platform_contracts.kube.plan import Delete
from platform_contracts.product import demand
from platform_contracts.product.voice import FINAL, Voice, items, state

# So many go at a time, the oldest first: a namespace full of them must not crowd out the API server's other users.
_AT_ONCE = 50
_SOON = timedelta(seconds=10)
# An SLA may count how soon a request with a severity was answered, over a year at most, and its report comes later.
_IN_SLAS = timedelta(days=400)


class Expiry(NamedTuple):
    """What goes now, and when there is more."""

    deletes: Sequence[Delete] = ()
    again: datetime | None = None


def expire(
    heard: Iterable[tuple[Object, Voice]], spec: PlatformServiceSpec, recorded: datetime, now: datetime
) -> Expiry:
    """What of a service's Feedback has expired, each given with what it counts for. `recorded` is the end of the last
    period with a report."""
    if spec.feedback.retention_days is None:
        return Expiry()
    over, later = [], []
    for obj, when in _ends(heard, spec, recorded):
        if when <= now:
            over.append(obj)
        else:
            later.append(when)
    over.sort(key=lambda obj: (obj["metadata"]["creationTimestamp"], obj["metadata"]["name"]))
    again = now + _SOON if len(over) > _AT_ONCE else min(later, default=None)
    return Expiry([_delete(obj) for obj in over[:_AT_ONCE]], again)


def _ends(
    heard: Iterable[tuple[Object, Voice]], spec: PlatformServiceSpec, recorded: datetime
) -> Iterator[tuple[Object, datetime]]:
    """The Feedback that expires by time alone, with that time: what waits for an answer or a report does not."""
    retention = timedelta(days=spec.feedback.retention_days or 0)
    # A score is compared with the period before, and with that before something was shipped in the last 90 days.
    periods = {survey.name: timedelta(days=survey.period_days) for survey in spec.feedback.surveys}
    surveys = {name: period + max(period, demand.PERIOD) for name, period in periods.items()}
    named = items(spec)
    for obj, voice in heard:
        how, answer = state(voice, named)
        since = _closed(obj, voice, how, named.get(answer or ""))
        if since is None or since >= recorded:
            continue
        looked_at = [surveys.get(voice.survey or "", timedelta(0)), 2 * demand.PERIOD if voice.themes else timedelta(0)]
        in_slas = _IN_SLAS if obj["spec"].get("severity") else timedelta(0)
        lately = timedelta(0) if how is FeedbackState.COUNTED else demand.PERIOD
        yield obj, max(since + max(retention, in_slas, lately), voice.created + max(looked_at))


def _closed(obj: Object, voice: Voice, how: FeedbackState, answer: RoadmapItem | None) -> datetime | None:
    """Since when nothing is to be answered; None where something is, or nobody knows since when not.

    Whoever was told of an item that is still to come is counted when it is shipped.
    """
    if how is FeedbackState.COUNTED:
        return voice.created
    status: Mapping[str, str] = obj.get("status") or {}
    if how in FINAL and status.get("state") == how.value and "closedTime" in status:
        if answer and answer.state not in (ItemState.SHIPPED, ItemState.DECLINED):
            return None
        closed = parse_time(status["closedTime"])
        day = answer.shipped_date if answer else None
        return max(closed, datetime.combine(day, time(), UTC)) if day else closed
    return None


def _delete(obj: Object) -> Delete:
    # As it was when it was looked at: whoever takes an answer back in that moment keeps it.
    return Delete.of(FEEDBACK, obj, as_it_is=True)
