"""Asking Prometheus for the counts of closed periods: many SLAs together, and never more than it can bear."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from platform_contracts.api.sla import SLASpec
from platform_contracts.config import DataSource
from platform_contracts.sla import periods
from platform_contracts.sla.periods import Period
from platform_contracts.sla.promise import SeriesID
from platform_contracts.sla.readback import Sample
from platform_contracts.sla.reports import closing
from platform_contracts.sla.reports.closing import Batch, Closing, Question
from platform_contracts.sla.reports.wanted import stretch
from tests.sla import world
from tests.sla.closed import CLOSED, NOVEMBER

SOURCE = DataSource(url="http://prometheus.example")
OCTOBER = Period("2026-10", datetime(2026, 9, 30, 22, tzinfo=UTC), NOVEMBER.start)


def many(number: int, period: Period = NOVEMBER, objectives: int = 1) -> list[Question]:
    """What is asked about SLAs of which one period is due."""
    return [Question("platform", f"sla-{one:03}", stretch(period), objectives) for one in range(number)]


def test_slas_are_asked_together_in_three_queries() -> None:
    (batch,) = closing.batches(many(100), Closing())
    assert len(closing.queries(batch, SOURCE)) == 3
    assert closing.queries(Batch(batch.stretch, batch.questions[:1]), SOURCE)["events"] == (
        "max by (namespace, sla, objective, indicator) "
        '(sum_over_time(sla:total:rate5m{namespace=~"platform",sla=~"sla-000"}[2592000s]) '
        "and topk by (namespace, sla, objective, indicator) "
        '(1, count_over_time(sla:total:rate5m{namespace=~"platform",sla=~"sla-000"}[2592000s])))'
    )


@pytest.mark.parametrize("objectives", [1, 5, 20])
def test_no_query_reads_more_than_prometheus_can_bear(objectives: int) -> None:
    year = Period("2026", datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    for period in (NOVEMBER, year):
        made = closing.batches(many(500, period, objectives), Closing())
        assert sorted(one for batch in made for one in batch.questions) == many(500, period, objectives)
        for batch in made:
            samples = len(batch.questions) * objectives * period.seconds / 60
            assert samples <= closing.MOST_SAMPLES or len(batch.questions) == 1


def test_the_oldest_are_asked_first_and_what_is_answered_no_more() -> None:
    questions = [*many(2), *many(2, OCTOBER)]
    first, second = closing.batches(questions, Closing())
    assert [first.stretch, second.stretch] == [stretch(OCTOBER), stretch(NOVEMBER)]
    known = Closing().answered(first, {"events": []}, SOURCE)
    assert closing.batches(questions, known) == [second]
    assert known.only(many(2)) == Closing(), "what is reported is forgotten"


def test_what_failed_is_asked_after_the_others_and_in_smaller_batches() -> None:
    questions = [*many(100), *many(100, OCTOBER)]
    october, november = closing.batches(questions, Closing())
    known = Closing().failed(october, "It took too long")
    order = closing.batches(questions, known)
    assert order[0] == november
    assert [len(batch.questions) for batch in order[1:]] == [55, 45]
    for _ in range(8):
        for batch in closing.batches(many(100, OCTOBER), known):
            known = known.failed(batch, "It took too long")
    assert {len(batch.questions) for batch in closing.batches(many(100, OCTOBER), known)} == {1}


def test_two_batches_of_one_period_are_kept_together() -> None:
    def sample(name: str, count: float) -> Sample:
        labels = dict(namespace="platform", sla=name, objective="availability", indicator="a")
        return labels, count

    known = Closing()
    for one, count in zip(many(2), (3.0, 5.0), strict=True):
        batch = Batch(stretch(NOVEMBER), (one,))
        known = known.answered(batch, {"events": [sample(one.sla, count)]}, SOURCE)
    counts = [known.counts(SeriesID("platform", one.sla, "availability", "a"), stretch(NOVEMBER)) for one in many(2)]
    assert [one.events for one in counts] == [3.0, 5.0]


def test_two_time_zones_are_two_stretches() -> None:
    spec = SLASpec.model_validate(world.sla_spec(calendar={"period": "Month", "timeZone": "Asia/Kolkata"}))
    assert spec.window.calendar is not None
    calendar = periods.calendar(spec.window.calendar, CLOSED)
    assert calendar is not None
    (kolkata,) = periods.before(calendar, most=1)
    questions = [Question("platform", name, stretch(one)) for name, one in (("a", NOVEMBER), ("b", kolkata))]
    assert len(closing.batches(questions, Closing())) == 2
