// The Prometheus Operator's own CRDs; nothing of it is compiled.
module platformcontracts.io/tools/prometheus-operator

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.85.0
