"""`python -m harness.rbac`: what the operator was granted, against what it used of it in all tests.

Each control plane of the tests leaves behind which rights the operator used, read from its audit log. The sum of them
must be deploy/rbac/operator.yaml: a right that no test needs is removed there, a request that was refused is granted
or no longer made.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from rich import box
from rich.console import Console
from rich.table import Table

from harness.audit import AuditLog, Event
from harness.installation import DEPLOY, REPOSITORY

OPERATOR = "system:serviceaccount:platform-contracts-system:platform-contracts"
# As whom its parts introduce themselves: the client, and the watches. A test that borrows its identity is not counted.
USER_AGENTS = ("platform-contracts", "kopf/")
MANIFEST = DEPLOY / "rbac" / "operator.yaml"
USED = REPOSITORY / "build" / "rbac-used"
REPORT = REPOSITORY / "build" / "rbac.md"


class Right(NamedTuple):
    """One verb on one resource type; `name` where it is for one object alone."""

    group: str
    resource: str
    verb: str
    name: str = ""

    @property
    def target(self) -> str:
        """Resource type and object, for example `rolebindings.rbac.authorization.k8s.io`."""
        type_ = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{type_} {self.name}" if self.name else type_

    def __str__(self) -> str:
        return f"{self.verb} {self.target}"


class Use(NamedTuple):
    """A right, the kind of request that needed it, and whether the operator had it."""

    right: Right
    request: str
    allowed: bool


class Verdict(NamedTuple):
    """Every right with the kinds of requests that used it, and what is wrong, one line each."""

    rights: dict[Right, Counter[str]]
    problems: list[str]


def granted(manifest: Path = MANIFEST) -> list[Right]:
    """The rights of all roles in the manifest, in their order."""
    return [
        Right(group, resource, verb, name)
        for obj in yaml.safe_load_all(manifest.read_text())
        for rule in (obj or {}).get("rules", ())
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    ]


def record(audit_log: Path, folder: Path, rights: Iterable[Right] | None = None) -> None:
    """Write to a file of its own in `folder` what the operator used, according to this audit log."""
    named = {right for right in (granted() if rights is None else rights) if right.name}
    operator = AuditLog(audit_log).events(user=OPERATOR)
    uses = Counter(use for event in operator if event.user_agent.startswith(USER_AGENTS) for use in _uses(event, named))
    folder.mkdir(parents=True, exist_ok=True)
    lines = [[*use.right, use.request, use.allowed, count] for use, count in uses.items()]
    (folder / f"{audit_log.parent.name}-{os.getpid()}.json").write_text(json.dumps(lines))


def recorded(folder: Path) -> Counter[Use]:
    """The sum of what was recorded in the folder."""
    uses: Counter[Use] = Counter()
    for path in sorted(folder.glob("*.json")):
        for *right, request, allowed, count in json.loads(path.read_text()):
            uses[Use(Right(*right), request, allowed)] += count
    return uses


def compare(rights: Iterable[Right], uses: Counter[Use]) -> Verdict:
    """Rights against uses. A refusal of what is granted is none: a test took the right away for a while."""
    used: dict[Right, Counter[str]] = {right: Counter() for right in rights}
    refused: Counter[Right] = Counter()
    for use, count in uses.items():
        if use.allowed and use.right in used:
            used[use.right][use.request] += count
        elif not use.allowed and use.right not in used:
            refused[use.right] += count
    problems = [
        f"`{right}` is granted and was never used: remove it, or test what needs it"
        for right, requests in used.items()
        if not requests
    ]
    problems += [
        f"`{right}` was refused {count} times: grant it, or do not ask for it" for right, count in refused.items()
    ]
    return Verdict(used, problems)


def main() -> int:
    """Compare, print a table and write the report; returns 1 where something is wrong."""
    uses = recorded(USED)
    if not uses:
        print(f"error: nothing is recorded in {USED.relative_to(REPOSITORY)}: run `make test` first", file=sys.stderr)
        return 1
    verdict = compare(granted(), uses)
    table = _table(verdict)
    Console(highlight=False, width=120).print(table)
    table.box, table.title = box.MARKDOWN, None
    REPORT.parent.mkdir(exist_ok=True)
    with REPORT.open("w") as report:
        print("# What the operator may do, and did\n", file=report)
        Console(file=report, width=200).print(table)
        print("\n".join(["", *(f"- {problem}" for problem in verdict.problems)]), file=report)
    manifest = MANIFEST.relative_to(REPOSITORY)
    for problem in verdict.problems:
        print(f"error: {manifest}: {problem}", file=sys.stderr)
    return 1 if verdict.problems else 0


def _uses(event: Event, named: set[Right]) -> Iterator[Use]:
    if event.resource:
        resource = f"{event.resource}/{event.subresource}" if event.subresource else event.resource
        right = Right(event.group, resource, event.verb)
        alone = right._replace(name=event.name)
        yield Use(alone if alone in named else right, _request(event), event.authorized)
    if event.cluster_role and event.code < 300:
        role = Right("rbac.authorization.k8s.io", "clusterroles", "bind", event.cluster_role)
        yield Use(role, "RoleBinding created", allowed=True)
    for handed_on in event.handed_on if event.code < 300 else ():
        yield Use(Right(*handed_on), "Role created", allowed=True)


def _request(event: Event) -> str:
    if event.verb in ("list", "watch"):
        return "in one namespace" if event.namespace else "in the whole cluster"
    if event.verb == "patch":
        return "server-side apply" if "force=" in event.uri else "merge patch"
    return "one object"


def _table(verdict: Verdict) -> Table:
    table = Table("granted", "verb", "used", "by", title="What the operator may do, and did", box=box.SIMPLE)
    table.columns[2].justify = "right"
    before = ""
    for right, requests in verdict.rights.items():
        kinds = ", ".join(f"{request} ({count})" for request, count in requests.most_common())
        table.add_row(right.target if right.target != before else "", right.verb, str(requests.total()), kinds)
        before = right.target
    return table


if __name__ == "__main__":
    sys.exit(main())
