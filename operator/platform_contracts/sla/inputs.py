"""The world as the plan of one SLA sees it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import DataSource, Rules
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Key, Object
from platform_contracts.sla import terms
from platform_contracts.sla.dependencies import Upstream
from platform_contracts.sla.exclusions.planned import Planned
from platform_contracts.sla.memo import Memo
from platform_contracts.sla.readback import Measurements, Unavailable
from platform_contracts.sla.reports.closing import Closing
from platform_contracts.sla.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class SLAInputs:
    """All that the plan of one SLA depends on."""

    # The live SLA; `spec` is its parsed spec, or None with `invalid` saying why it could not be parsed.
    sla: Object
    spec: SLASpec | None
    invalid: str | None
    # The live PlatformService that the SLA names, None where there is none; its parsed spec likewise.
    service: Object | None
    service_spec: PlatformServiceSpec | None
    # status.feedback of whatever belongs to the service: {submitURL, links}, validated; None where there is none.
    feedback: Object | None
    # Whether the namespace is labelled as a provider's.
    provider: bool
    # The data source that the spec names, None where the configuration has none of that name; and all its names.
    source: DataSource | None
    source_names: Collection[str] = ()
    rules_config: Rules
    # Whether the cluster has the PrometheusRule CRD.
    prometheus_rule_available: bool
    # Live PrometheusRules and ConfigMaps that carry the marker and this SLA's labels, in any namespace.
    live_rules: Sequence[tuple[Kind, Object]]
    # Somebody else's object that bears the name of the rule object; None: nobody's does.
    name_taken: Key | None = None
    # The MaintenanceWindows of the service that concern this SLA.
    maintenance: Sequence[Planned] = ()
    # Whether the cluster serves MaintenanceWindows: where it does not, nobody has taken one back.
    maintenance_served: bool = True
    # The Feedback about the service, and its PlatformConsumers that were ready once or may become so; empty where no
    # objective is about them.
    feedback_given: Sequence[Object] = ()
    consumers: Sequence[Object] = ()
    # Of which of these the API server refused the last write, by UID: the object's name, and what it said.
    refused: Mapping[str, str] = field(default_factory=dict)
    # The SLAs that it depends on.
    upstreams: Sequence[Upstream] = ()
    # Hosts that users' URLs may name; empty: any.
    allowed_url_hosts: Sequence[str] = ()
    # What the data source said last; None before the first evaluation.
    measurements: Measurements | Unavailable | None
    # The live SLAReports of this SLA's name, and what the data source said last about its closed periods.
    reports: Sequence[Object] = ()
    closing: Closing = Closing()  # noqa: RUF009 - it cannot be changed
    # What was made of this SLA before: plans with it and without it are equal.
    memo: Memo = field(default_factory=Memo)
    # A status that only got older is rewritten at most this often.
    refresh_seconds: float
    now: datetime

    @property
    def kept_terms(self) -> dict[str, Terms]:
        """The terms of the calendar periods that the rule objects keep; read once as long as they stay the same."""
        texts = tuple(terms.texts(self.rules))
        return self.memo.get("terms", texts, lambda: terms.read(texts))

    @property
    def rules(self) -> list[Object]:
        """The live rule objects, of whatever kind."""
        return [obj for _, obj in self.live_rules]
