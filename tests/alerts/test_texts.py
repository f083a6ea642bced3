"""Whatever users write: their text stays text, and the rules stay rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.promtool import Promtool
from platform_contracts.onboarding.inputs import Window
from platform_contracts.rules.objects import rule_file
from platform_contracts.rules.text import quote
from tests.alerts import world
from tests.alerts.world import in_kube, judge
from tests.sla.rule_file_tests import something

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60).filter(str.strip)
START = datetime(2027, 3, 31, 22, 0, tzinfo=UTC)
NASTY = '{{ $value }} {{ template `x` }} "quoted" \\ {{/* %s $1 }'


def test_a_user_s_text_stays_text(promtool: Promtool, tmp_path: Path) -> None:
    owner = {"team": "payments", "contacts": [world.contact("OnCall", NASTY)]}
    options = {"team": NASTY, "contacts": [world.contact("OnCall", NASTY)], "service": {"owner": owner}}
    fired = f'ALERTS{{alertstate="firing",contact_oncall={quote(NASTY)},team={quote(NASTY)}}}'
    judge(promtool, tmp_path, in_kube("pods", 20, 20), something(fired, "20m"), **options)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXT, TEXT), min_size=10, max_size=10))
def test_no_text_of_a_user_breaks_the_rules(promtool: Promtool, tmp_path: Path, texts: list[tuple[str, str]]) -> None:
    made = []
    for number, (team, schedule) in enumerate(texts):
        owner = {"team": team.strip(), "contacts": [world.contact("OnCall", schedule)]}
        made += world.groups(
            f"team-{number}",
            team=team.strip(),
            contacts=[world.contact("OnCall", schedule)],
            service={"owner": owner, "sunset": {"time": "2027-03-31T00:00:00Z"}},
            plan={"slaRef": {"name": "gold"}},
            windows=[Window("upgrade", START, START + timedelta(hours=1), schedule)],
        )
    file = tmp_path / "rules.yaml"
    file.write_text(rule_file(made))
    promtool.check_rules(file)
