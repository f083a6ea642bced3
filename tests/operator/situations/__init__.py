"""Every situation that a contract can be in, as the object with its status that the planners make of it."""

from __future__ import annotations

from tests.operator.situations import consumers, feedback, services, slas, windows

SITUATIONS = {
    "PlatformService": services.SITUATIONS,
    "PlatformConsumer": consumers.SITUATIONS,
    "SLA": slas.SITUATIONS,
    "MaintenanceWindow": windows.SITUATIONS,
    "Feedback": feedback.SITUATIONS,
}
