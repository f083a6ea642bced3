"""Labels, annotations, finalizers and field managers: every name that the operator writes on an object."""

from __future__ import annotations

from platform_contracts.kube.kinds import GROUP

FIELD_MANAGER = "platform-contracts"
FINALIZER = f"{GROUP}/offboarding"

# An administrator puts this label on a namespace whose PlatformServices count.
PROVIDER_LABEL = f"{GROUP}/provider"

# On what the operator creates. Owner is told by namespace, name and UID, so that a re-created owner is another one.
SERVICE_LABEL = f"{GROUP}/service"
SERVICE_NAMESPACE_LABEL = f"{GROUP}/service-namespace"
CONSUMER_LABEL = f"{GROUP}/consumer"
CONSUMER_NAMESPACE_LABEL = f"{GROUP}/consumer-namespace"
CONSUMER_UID_LABEL = f"{GROUP}/consumer-uid"
# On a Namespace alone: the UID of the namespace that its consumer lives in.
CONSUMER_NAMESPACE_UID_LABEL = f"{GROUP}/consumer-namespace-uid"
PLAN_LABEL = f"{GROUP}/plan"
ENVIRONMENT_LABEL = f"{GROUP}/environment"
# On a namespace that was there before: it is never deleted.
ADOPTED_LABEL = f"{GROUP}/adopted"
SLA_LABEL = f"{GROUP}/sla"
SLA_NAMESPACE_LABEL = f"{GROUP}/sla-namespace"

# Whoever may update a namespace consents by this annotation to its adoption: `<home>/<name>` of the PlatformConsumer,
# or `<home>/<name>@<UID of the home>`.
CONSENT_ANNOTATION = f"{GROUP}/consent"

# On an SLA's rule object: what its calendar periods began with, as JSON.
TERMS_ANNOTATION = f"{GROUP}/terms"
CALENDAR_ANNOTATION = f"{GROUP}/calendar"
EXCLUSIONS_ANNOTATION = f"{GROUP}/exclusions"
