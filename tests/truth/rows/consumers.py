"""A service whose consumers are told apart by a label."""

from __future__ import annotations

from tests.truth.history import during, requests, steady
from tests.truth.row import Answer, Row, ratio

ROW = Row(
    "consumers told apart by a label",
    ratio("99", consumerLabel="tenant"),
    [
        *requests(steady(10), during(6, 7, 5), labels={"tenant": "team-a"}),
        *requests(steady(30), labels={"tenant": "team-b"}),
        *requests(steady(40)),
    ],
    # What no consumer is named for counts in the whole, too.
    Answer("Met", events=80 * 5760, bad=1200, sli=100 - 100 * 5 / 1920, remaining=73.96),
)
