"""The engine's own metrics, in the shape that client-go's users know."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_DURATIONS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

API_REQUESTS = Counter(
    "platform_contracts_api_requests",
    "Requests to the API server, by verb, kind and HTTP status (0: no answer).",
    ["verb", "kind", "code"],
)
QUEUE_DEPTH = Gauge("platform_contracts_queue_depth", "Keys that wait for a worker.")
QUEUE_ADDS = Counter("platform_contracts_queue_adds", "Keys added to the queue.")
QUEUE_RETRIES = Counter("platform_contracts_queue_retries", "Keys put back after a failed reconciliation.")
QUEUE_LATENCY = Histogram(
    "platform_contracts_queue_latency_seconds", "How long a key waited for a worker.", buckets=_DURATIONS
)
QUEUE_LONGEST_RUNNING = Gauge(
    "platform_contracts_queue_longest_running_seconds",
    "Age of the reconciliation that has been running longest.",
)
QUEUE_OLDEST = Gauge("platform_contracts_queue_oldest_seconds", "Age of the key that has been waiting longest.")
RECONCILES = Counter(
    "platform_contracts_reconciles",
    "Reconciliations, by kind and result (ok, requeued, error).",
    ["kind", "result"],
)
RECONCILE_DURATION = Histogram(
    "platform_contracts_reconcile_duration_seconds",
    "How long a reconciliation took.",
    ["kind"],
    buckets=_DURATIONS,
)
STORE_OBJECTS = Gauge("platform_contracts_store_objects", "Objects held in the store.", ["kind"])
WATCH_EVENTS = Counter("platform_contracts_watch_events", "Watch events received.", ["kind"])
RESYNCS = Counter("platform_contracts_resyncs", "Full lists compared with the store.", ["kind"])
HOST_RESTARTS = Counter("platform_contracts_host_restarts", "Times the watches were started anew.")
