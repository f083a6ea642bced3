"""What the API server may answer, as exceptions that callers can tell apart."""

from __future__ import annotations


class ApiError(Exception):
    """A request that the API server refused, or did not answer (`status` 0).

    `reason` is the machine-readable word of `metav1.Status`, `message` its text.
    """

    def __init__(self, status: int, reason: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after


class NotFoundError(ApiError):
    """The object, or its resource type, does not exist."""


class ConflictError(ApiError):
    """The object changed meanwhile, or is not the one that was meant (UID precondition)."""


class AlreadyExistsError(ConflictError):
    """A POST found the name taken."""


class RefusedError(ApiError):
    """A policy, a quota or a schema says no: another try of the same changes nothing."""


class UnavailableError(ApiError):
    """The API server cannot be reached, is overloaded or failed: worth another try."""


def from_status(status: int, reason: str, message: str, *, retry_after: float | None = None) -> ApiError:
    """The exception for an HTTP status and the `reason` of its `metav1.Status`."""
    cls: type[ApiError] = ApiError
    if status == 404:
        cls = NotFoundError
    elif status == 409:
        cls = AlreadyExistsError if reason == "AlreadyExists" else ConflictError
    elif status in (400, 403, 405, 413, 422):
        cls = RefusedError
    elif status == 0 or status == 429 or status >= 500:
        cls = UnavailableError
    return cls(status, reason, message, retry_after=retry_after)
