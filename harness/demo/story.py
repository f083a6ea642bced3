"""What the demo tells: four services, a month of each one's past, and the state in which that leaves its SLA."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from harness.demo.voices import Voice
from harness.history import Outage, Service

DAYS = 30
# Samples of the past are a minute apart, on the minute: a rate over five minutes and one scrape counts each five times.
STEP_SECONDS = 60
PEAK_RATE, NIGHT_RATE = 12.0, 3.0
# Live traffic is brisk, so that an outage shows within minutes.
LIVE_RATE = 30.0

EXAMPLES = Path("examples")
# A service so new that nothing measures it yet.
NEWCOMER = Path(__file__).with_name("newcomer.yaml")
PROVIDER_NAMESPACE = "platform"

# The service whose outage the demo injects.
VICTIM = "payments"
EXPECTED_STATES = {"payments": "Met", "artifacts": "AtRisk", "identity": "Breached", "search": "Unknown"}
# The service whose SLA has two objectives, one of them broken.
BROKEN = "identity"
EXPECTED_BY_OUTAGE = frozenset({"AtRisk", "Breached"})
# Consumers that are let in, and the one that is not: payments is for retail teams only.
READY_CONSUMERS = 5
REFUSED_CONSUMER = ("team-c", "payments")

# Who answers by which consumer's link, and how satisfied they are. What three teams speak of rises to the first place.
ASKING = ("team-a", "payments")
VOICES = (
    Voice(*ASKING, 2, "A refund takes a day, and our customers call us meanwhile", "instant-refunds"),
    Voice("team-b", "payments", 4, "Could a refund be faster?"),
    Voice(PROVIDER_NAMESPACE, "payments-checkout", 5, "Only refunds are slow"),
    Voice("team-b", "payments", 5),
    Voice(PROVIDER_NAMESPACE, "payments-checkout", 4),
)
SHIPPED_TITLE = "Refunds within a minute"
EXPECTED_SATISFACTION = "CSAT 80% (n=5)"
RANKED_BEFORE = ["webhooks", "instant-refunds"]
RANKED_AFTER = ["instant-refunds", "webhooks"]


def past(now: datetime, addresses: Mapping[str, str]) -> list[Service]:
    """Each measured service's last month.

    `addresses` are the live ones, so that the live series go on where these end.
    """

    def service(name: str, error_ratio: float, slow_ratio: float, *outages: Outage) -> Service:
        labels = {"instance": addresses[name], "job": name, "service": name}
        return Service(labels, PEAK_RATE, NIGHT_RATE, error_ratio, slow_ratio, outages)

    def outage(days_ago: float, hours: float, error_ratio: float) -> Outage:
        start = now - timedelta(days=days_ago)
        return Outage(start, start + timedelta(hours=hours), error_ratio)

    return [
        # A third of the budget went by small failures and two short outages.
        service("payments", 0.0002, 0.001, outage(14.2, 0.6, 0.15), outage(6.5, 0.2, 0.3)),
        # No outage, but a slow drain: 0.85 % of the downloads are too slow where 1 % may be.
        service("artifacts", 0.0005, 0.0085),
        # One bad day, nine days ago, took more than the month's budget.
        service("identity", 0.0003, 0.002, outage(9, 24, 0.5)),
    ]
