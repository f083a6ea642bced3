"""The attacks and the other proofs as tables: docs/security.md, and build/attacks.md with what was really read.

`python -m tests.security.table` writes docs/security.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from harness.installation import REPOSITORY
from tests.security.attack import Attack, load
from tests.security.scene import ATTACKERS

DOCUMENT = REPOSITORY / "docs" / "security.md"
RULES = Path(__file__).with_name("rules.yaml")


def rules() -> list[dict[str, object]]:
    """The twenty rules: number, what is promised, and the tests that prove it beside the attacks."""
    found: list[dict[str, object]] = yaml.safe_load(RULES.read_text())
    return found


def document() -> str:
    """docs/security.md."""
    attacks = load()
    lines = [
        "# What no tenant can do",
        "",
        f"Twenty rules, and {len(attacks)} attempts to break them. Each attempt is made on a real API server by a",
        "real identity, against the operator running with exactly the rights and policies in `deploy/`, and none",
        "succeeds: `make test ARGS=tests/security`, which writes what each attacker read to `build/attacks.md`. This",
        "page is made from the same rows (`make generate`), and a test fails where it is out of date.",
        "",
        "## Who attacks",
        "",
        *_table(("attacker", "who that is"), [(name, what) for name, what in ATTACKERS.items()]),
        "",
        "## The rules",
    ]
    for rule in rules():
        rows = [attack for attack in attacks if attack.rule == rule["rule"]]
        lines += ["", f"### {rule['rule']}. {rule['title']}", "", str(rule["promise"]).strip()]
        if rows:
            lines += ["", *_table(("attacker", "attempt", "refused by", "and reads"), [_row(row) for row in rows])]
        proofs = rule.get("tests", [])
        if isinstance(proofs, list) and proofs:
            lines += ["", "Also proved by:", "", *(f"- `{test}`" for test in proofs)]
    return "\n".join(lines) + "\n"


def with_messages(attacks: Sequence[Attack], messages: Mapping[str, str]) -> str:
    """The table of a run, with the whole message that each attacker read."""
    header = ("rule", "attacker", "attempt", "refused by", "the attacker read")
    rows = [
        (str(attack.rule), attack.attacker, attack.attempt, attack.refused_by, messages.get(attack.id, "NOT REFUSED"))
        for attack in attacks
        if attack.id in messages
    ]
    return "\n".join(["# The attacks of the last run", "", *_table(header, rows)]) + "\n"


def _row(attack: Attack) -> tuple[str, ...]:
    says = re.sub(r"\$([a-z]+)", lambda match: match[1].upper(), attack.says)
    return attack.attacker, attack.attempt, attack.refused_by, f"... {says} ..."


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(map(_cell, row))} |" for row in (header, ["---"] * len(header), *rows)]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document())
