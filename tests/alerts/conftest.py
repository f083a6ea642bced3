"""The way of an alert: an Alertmanager under the example's configuration, with all its ends on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.alertmanager import Alertmanager
from tests.alerts.loopback import Mailbox, Web, mailbox, web

EXAMPLE = Path(__file__).parents[2] / "examples" / "alertmanager.yaml"


@pytest.fixture
def mail() -> Iterator[Mailbox]:
    """Where all mail goes."""
    with mailbox() as box:
        yield box


@pytest.fixture
def sink() -> Iterator[Web]:
    """Where all requests go, and where metrics are scraped."""
    with web() as served:
        yield served


@pytest.fixture
def alertmanager(mail: Mailbox, sink: Web, tmp_path: Path) -> Iterator[Alertmanager]:
    """An Alertmanager under the example's configuration; other are only addresses, secrets, and what waits."""
    config: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    token = tmp_path / "slack-token"
    token.write_text("a-token")
    config["global"] |= {
        "smtp_smarthost": mail.address,
        "smtp_require_tls": False,
        "slack_app_url": f"{sink.url}/slack",
        "slack_app_token_file": str(token),
    }
    config["route"]["routes"][0] |= {"group_wait": "1s", "group_interval": "1s"}
    on_call = next(receiver for receiver in config["receivers"] if receiver["name"] == "consumer-on-call")
    on_call["webhook_configs"][0]["url"] = f"{sink.url}/on-call"
    server = Alertmanager(tmp_path / "alertmanager", config)
    server.start()
    yield server
    server.stop()
