"""When somebody first answered a Feedback, by the API server's own record of who wrote which field and when."""

from __future__ import annotations

from datetime import datetime

from platform_contracts.kube.objects import Object, parse_time


def is_untimed(feedback: Object) -> bool:
    """Whether a Feedback has an answer whose time its status does not say."""
    return bool(feedback["spec"].get("triage")) and not (feedback.get("status") or {}).get("answeredTime")


def answered(live: Object) -> datetime | None:
    """When spec.triage was written, by `metadata.managedFields` of an object as the API server gives it.

    The first look at an answer has the last word: a later one would find when it was last changed. None where nobody
    has written it, or the record does not say so.
    """
    times = [
        parse_time(entry["time"])
        for entry in live["metadata"].get("managedFields") or ()
        if "time" in entry and "f:triage" in (entry.get("fieldsV1") or {}).get("f:spec", {})
    ]
    return min(times, default=None)
