"""All rows in one Prometheus: their histories, and what its rules would have recorded."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from harness.backfill import Past, backfill_all
from harness.prometheus import Prometheus
from harness.promtool import Promtool
from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import Object
from platform_contracts.prometheus.client import PrometheusClient
from platform_contracts.sla import attainment, readback, requests
from platform_contracts.sla.plan import SLAInputs, plan
from platform_contracts.sla.readback import Measurements
from platform_contracts.sla.reports import closing
from platform_contracts.sla.reports.closing import Closing, Question
from tests.sla import world
from tests.sla.closed import wanted
from tests.truth.history import NativeHistogram, Series
from tests.truth.row import BEFORE, Row

# What takes in native histograms, by OTLP.
_NATIVE_HISTOGRAMS = ("--enable-feature=native-histograms", "--web.enable-otlp-receiver")
# So many samples are handed in with one request.
_AT_ONCE = 1000


class Table:
    """A Prometheus that has every row's history and recorded series; stop it in the end."""

    def __init__(self, folder: Path, rows: Sequence[Row]) -> None:
        self.prometheus = Prometheus(folder, retention="50y", options=_NATIVE_HISTOGRAMS)
        self._rows = rows
        self._measurements: dict[datetime, Measurements] = {}

    def start(self) -> None:
        """Write the histories, load them and evaluate all rules over them."""
        promtool = Promtool(self.prometheus.programs.promtool)
        file = self.prometheus.folder / "history.om"
        _write(file, self._rows)
        promtool.load_history(file, self.prometheus.data_folder)
        self.prometheus.start()
        _push(self.prometheus, self._rows)
        pasts = [(row.start - BEFORE, row.end, self._rules(row)) for row in self._rows]
        backfill_all(self.prometheus, promtool, _together(pasts))

    def _rules(self, row: Row) -> list[Object]:
        """The row's rules: what counts as it was when the window began, since it knew what was ahead, and what sums up
        as it is in the end."""

        def groups(inputs: SLAInputs) -> list[Object]:
            return list(plan(inputs).applies[0].obj["spec"]["groups"])

        end = groups(row.inputs(self.prometheus.url))
        if not row.maintenance:
            return end
        begin = groups(row.inputs(self.prometheus.url, row.start))
        sums = [group for group in end if group["name"].endswith("/window")]
        return [group for group in begin if not group["name"].endswith("/window")] + sums

    def status(self, row: Row) -> Object:
        """The status that the plan gives the row's SLA at the row's end."""
        inputs = self._written(row)
        status = plan(replace(inputs, measurements=self._measure(inputs))).status
        assert status is not None
        return status

    def attainment(self, row: Row, *held: str) -> list[Object]:
        """What the row's SLA shows to a consumer that holds those namespaces."""
        inputs = row.inputs(self.prometheus.url)
        return attainment.section([self._measured(inputs)], held, [], inputs.now)

    def requests(self, row: Row, *held: Sequence[str]) -> Object:
        """What the service of the row's SLA shows of consumers that hold those namespaces each."""
        inputs = row.inputs(self.prometheus.url)
        return requests.section([self._measured(inputs)], held, {}, inputs.now)

    def _measured(self, inputs: SLAInputs) -> attainment.Measured:
        assert inputs.spec is not None
        return attainment.Measured(inputs.sla, inputs.spec, self._measure(inputs))

    def reports(self, row: Row, moments: Iterable[timedelta]) -> list[Object]:
        """The reports that the plan writes of the row's period, looked at so long after its end, the first one first.

        An operator has looked when the period began, and knew what was ahead of it.
        """
        status, written = plan(row.inputs(self.prometheus.url, row.start)).status, list[Object]()
        for moment in moments:
            inputs = replace(row.inputs(self.prometheus.url, row.end + moment), reports=written)
            inputs = world.with_status(inputs, status)
            questions = [one for one in wanted(inputs).questions if one.stretch.end > row.start]
            assert inputs.source is not None
            made = plan(replace(inputs, closing=asyncio.run(_close(inputs.source, questions))))
            reports = [applied.obj for applied in made.applies if applied.kind == SLA_REPORT]
            written, status = [*written, *reports], made.status
        return written

    def _written(self, row: Row) -> SLAInputs:
        """The rules have been there since the SLA was created."""
        inputs = row.inputs(self.prometheus.url)
        return world.written(inputs, plan(inputs).applies[0].obj, created=row.start - BEFORE)

    def _measure(self, inputs: SLAInputs) -> Measurements:
        """What Prometheus says at that time, of all rows that end then."""
        if inputs.now not in self._measurements:
            assert inputs.source is not None
            self._measurements[inputs.now] = asyncio.run(_ask(inputs.source, inputs.now))
        return self._measurements[inputs.now]


async def _ask(source: readback.DataSource, at: datetime) -> Measurements:
    client = PrometheusClient(source)
    try:
        queries = readback.queries(source) | readback.consumer_queries(source)
        return readback.parse(await client.query_all(queries, at), at, source)
    finally:
        await client.close()


async def _close(source: readback.DataSource, questions: Iterable[Question]) -> Closing:
    known, client = Closing(), PrometheusClient(source)
    try:
        for batch in closing.batches(questions, known):
            answer = await client.query_all(closing.queries(batch, source), batch.stretch.end)
            known = known.answered(batch, answer, source)
        return known
    finally:
        await client.close()


def _together(pasts: Iterable[tuple[datetime, datetime, list[Object]]]) -> list[Past]:
    """The groups of rows that share their time, in one."""
    found: dict[tuple[datetime, datetime], list[Object]] = defaultdict(list)
    for start, end, groups in pasts:
        found[start, end] += groups
    return [Past(groups, start, end) for (start, end), groups in found.items()]


def _write(path: Path, rows: Sequence[Row]) -> None:
    """An OpenMetrics file, in which the series of one metric stand together."""
    by_metric: dict[str, list[tuple[Row, Series]]] = defaultdict(list)
    for row in rows:
        for series in row.history:
            if isinstance(series, Series):
                by_metric[series.metric].append((row, series))
    with path.open("w") as out:
        for metric, found in by_metric.items():
            kind = "counter" if metric.endswith("_total") else "unknown"
            out.write(f"# TYPE {metric.removesuffix('_total')} {kind}\n")
            for row, series in found:
                labels = ",".join(f'{key}="{value}"' for key, value in {"row": row.slug, **series.labels}.items())
                begin, span = row.start.timestamp(), row.span.total_seconds() / 3600
                out.writelines(
                    f"{metric}{{{labels}}} {value!r} {begin + second:.0f}\n"
                    for second, value in series.samples(-BEFORE.total_seconds() / 3600, span, row.step)
                )
        out.write("# EOF\n")


def _push(prometheus: Prometheus, rows: Iterable[Row]) -> None:
    """Hand in the native histograms, which no file of OpenMetrics has: younger than all that was loaded from one."""
    for row in rows:
        for histogram in row.history:
            if isinstance(histogram, NativeHistogram):
                span = row.span.total_seconds() / 3600
                points = [
                    _point(row, second, fast, slow)
                    for second, fast, slow in histogram.samples(-BEFORE.total_seconds() / 3600, span, row.step)
                ]
                for first in range(0, len(points), _AT_ONCE):
                    # Cumulative, as a counter is.
                    content = {"aggregationTemporality": 2, "dataPoints": points[first : first + _AT_ONCE]}
                    metric = {"name": histogram.metric, "exponentialHistogram": content}
                    prometheus.push({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})


def _point(row: Row, second: int, fast: int, slow: int) -> Object:
    """One sample of a histogram in buckets of powers of two, of which the first ends at 1."""
    return {
        "attributes": [{"key": "row", "value": {"stringValue": row.slug}}],
        "timeUnixNano": f"{row.start.timestamp() + second:.0f}000000000",
        "count": str(fast + slow),
        "sum": 0.75 * fast + 3 * slow,
        "scale": 0,
        "zeroCount": "0",
        "positive": {"offset": -1, "bucketCounts": [str(fast), "0", str(slow)]},
    }
