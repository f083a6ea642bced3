"""docs/security.md says what is tested, and everything that it names is there."""

from __future__ import annotations

import ast

from harness.installation import REPOSITORY
from tests.security import table
from tests.security.attack import load


def test_the_document_is_up_to_date() -> None:
    assert table.DOCUMENT.read_text() == table.document(), "run: make generate"


def test_every_rule_is_attacked_or_proved() -> None:
    rules = {rule["rule"]: rule for rule in table.rules()}
    assert set(rules) == set(range(1, 21))
    attacked = {attack.rule for attack in load()}
    assert not {number for number, rule in rules.items() if number not in attacked and not rule.get("tests")}


def test_every_proof_that_is_named_is_there() -> None:
    for rule in table.rules():
        for proof in rule.get("tests", ()):
            path, name = proof.split("::")
            tree = ast.parse((REPOSITORY / path).read_text())
            tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
            assert name in tests, proof


def test_every_attack_is_told_apart() -> None:
    attacks = load()
    assert len({attack.id for attack in attacks}) == len(attacks) >= 60
