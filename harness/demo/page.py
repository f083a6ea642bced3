"""The demo's page, as one reads it who may view the whole cluster."""

from __future__ import annotations

import urllib.request

from harness.demo import story
from harness.kubectl import Kubectl

READER = "reader"
# What Kubernetes lets everybody read who may view: no Feedback, and nothing that changes anything.
ROLE = "view"
SERVICE = f"/services/{story.PROVIDER_NAMESPACE}/{story.VICTIM}"


def admit(kubectl: Kubectl) -> None:
    """Make the account of somebody who may view everything."""
    kubectl("create", "serviceaccount", READER, "-n", story.PROVIDER_NAMESPACE)
    account = f"--serviceaccount={story.PROVIDER_NAMESPACE}:{READER}"
    kubectl("create", "clusterrolebinding", READER, f"--clusterrole={ROLE}", account)


def token(kubectl: Kubectl) -> str:
    """A token of that account."""
    return kubectl("create", "token", READER, "-n", story.PROVIDER_NAMESPACE).stdout.strip()


def missing(url: str, bearer: str) -> list[str]:
    """What should stand on the page of the service that users speak about, and does not."""
    request = urllib.request.Request(url + SERVICE, headers={"Authorization": f"Bearer {bearer}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    wanted = (
        story.EXPECTED_SATISFACTION,
        'aria-label="Error budget left of',
        "You asked, we shipped",
        story.SHIPPED_TITLE,
    )
    return [part for part in wanted if part not in text]
