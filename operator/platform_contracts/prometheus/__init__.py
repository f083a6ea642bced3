"""Asking a Prometheus-compatible API. Knows no contracts."""
