"""Prometheus rules as plain data: their text, and the objects in which they are handed to Prometheus. No I/O."""
