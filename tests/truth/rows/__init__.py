"""The rows, by what they are about. A file more: add its ROWS here."""

from tests.truth.rows import calendar, consumers, counted, events, maintenance, reports, timeslices

ROWS = [*calendar.ROWS, *events.ROWS, consumers.ROW, *counted.ROWS, *maintenance.ROWS, *timeslices.ROWS]
CLOSED = reports.ROWS
