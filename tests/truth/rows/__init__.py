"""The rows, by what they are about. A file more: add its ROWS here."""

from tests.truth.rows import events, timeslices

ROWS = [*events.ROWS, *timeslices.ROWS]
