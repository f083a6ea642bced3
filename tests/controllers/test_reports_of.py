"""Whose ProductReports they are: of the service that they were written of, not of whichever has its name."""

from __future__ import annotations

from platform_contracts.controllers.world import World
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import PRODUCT_REPORT
from platform_contracts.kube.objects import Object


def service(uid: str, name: str = "payments") -> Object:
    return {"metadata": {"name": name, "namespace": "platform", "uid": uid}}


def report(day: str, uid: str, name: str = "payments") -> Object:
    """A report as the store has it."""
    metadata = {"name": f"{name}-{day}", "namespace": "platform", "uid": f"of-{day}-{name}", "resourceVersion": "1"}
    return {"metadata": metadata, "spec": {"serviceName": name, "serviceUID": uid}}


def test_a_service_that_was_made_again_does_not_inherit_the_record_of_the_one_before() -> None:
    store = Store()
    world = World(store)
    for obj in (
        report("2027-03-31", "before"),
        report("2027-06-29", "after"),
        report("2027-06-29", "elsewhere", "invoices"),
    ):
        store.observe(PRODUCT_REPORT, obj)
    found = {uid: world.product_reports_of(service(uid)) for uid in ("before", "after", "elsewhere")}
    assert {uid: [one["metadata"]["name"] for one in reports] for uid, reports in found.items()} == {
        "before": ["payments-2027-03-31"],
        "after": ["payments-2027-06-29"],
        "elsewhere": [],
    }
