"""Every attack of the table, carried out by a real identity against the running operator: none succeeds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.installation import REPOSITORY
from tests.security import table
from tests.security.attack import Attack, carry_out, load
from tests.security.scene import Scene

ATTACKS = load()


@pytest.fixture(scope="module")
def read() -> Iterator[dict[str, str]]:
    """What the attackers read, by attack; at the end it is written to build/attacks.md."""
    messages: dict[str, str] = {}
    yield messages
    path = Path(REPOSITORY, "build", "attacks.md")
    path.parent.mkdir(exist_ok=True)
    path.write_text(table.with_messages(ATTACKS, messages))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_the_attack_is_refused_with_a_message_that_helps(attack: Attack, scene: Scene, read: dict[str, str]) -> None:
    read[attack.id] = carry_out(attack, scene)
