"""Closed calendar periods: which of them want a report, what Prometheus says about them, and what the report says."""
