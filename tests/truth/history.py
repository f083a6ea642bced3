"""Series whose every sample is decided here, so that the answer is known by counting.

Time is in hours from the beginning of a row's window: at 0 the window begins. A pattern says how much happens in the
scrape interval that ends at an hour.

Rules are evaluated at whatever second Prometheus chooses, and what they have counted is up to ten minutes old: let a
pattern be the same in the quarter of an hour around both ends of the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Pattern = Callable[[float], float]
# From an hour to an hour, the first left out, as a range of Prometheus is.
Span = tuple[float, float]


def steady(amount: float) -> Pattern:
    """The same all the time."""
    return lambda hour: amount


def during(start: float, end: float, amount: float, otherwise: float = 0) -> Pattern:
    """So much from one hour to the other, and something else before and after."""
    return lambda hour: amount if start < hour <= end else otherwise


def both(*patterns: Pattern) -> Pattern:
    """Patterns added up."""
    return lambda hour: sum(pattern(hour) for pattern in patterns)


@dataclass(frozen=True)
class Series:
    """One series of a row; `labels` are put on it beside the row's own.

    A counter adds `pattern` up from `base` on, and begins again from zero at each of `resets`; a gauge is `pattern`. It
    has no samples before the hour `since` and within `gaps`.
    """

    metric: str
    pattern: Pattern
    labels: dict[str, str] = field(default_factory=dict)
    counter: bool = True
    base: float = 1000
    resets: Sequence[float] = ()
    gaps: Sequence[Span] = ()
    since: float | None = None

    def samples(self, first: float, last: float, step_seconds: int) -> Iterator[tuple[int, float]]:
        """(seconds from the window's beginning, value) from the hour `first` to `last`."""
        total, resets = self.base, sorted(self.resets)
        for second in range(round(first * 3600), round(last * 3600) + 1, step_seconds):
            hour = second / 3600
            if resets and hour > resets[0]:
                total = 0.0
                del resets[0]
            total += self.pattern(hour)
            unborn = self.since is not None and hour <= self.since
            if not unborn and not any(start < hour <= end for start, end in self.gaps):
                yield second, total if self.counter else self.pattern(hour)


NEVER = steady(0)


def requests(
    total: Pattern, errors: Pattern = NEVER, labels: Mapping[str, str] | None = None, **options: object
) -> list[Series]:
    """http_requests_total of a service by code, 200 and 500."""
    by_code: dict[str, Pattern] = {"200": lambda hour: total(hour) - errors(hour), "500": errors}
    return [
        Series("http_requests_total", pattern, {**(labels or {}), "code": code}, **options)  # type: ignore[arg-type]
        for code, pattern in by_code.items()
    ]


def gauge(metric: str, pattern: Pattern, **options: object) -> list[Series]:
    """A gauge."""
    return [Series(metric, pattern, counter=False, **options)]  # type: ignore[arg-type]


@dataclass(frozen=True)
class NativeHistogram:
    """A native histogram of a row: `fast` observations lie between 0.5 and 1, `slow` ones between 2 and 4."""

    metric: str
    fast: Pattern
    slow: Pattern

    def samples(self, first: float, last: float, step_seconds: int) -> Iterator[tuple[int, int, int]]:
        """(seconds from the window's beginning, all fast ones so far, all slow ones) between two hours."""
        fast = slow = 1000.0
        for second in range(round(first * 3600), round(last * 3600) + 1, step_seconds):
            fast, slow = fast + self.fast(second / 3600), slow + self.slow(second / 3600)
            yield second, int(fast), int(slow)
