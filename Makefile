# Everything that one does with this repository; `make` alone says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3.11
BIN := .venv/bin
# Test processes side by side: one more than there are cores, since each waits now and then, and no more than there is
# memory for. Each starts one or two control planes (about 700 MiB each).
WORKERS ?= $(shell awk -v most=$$(($$(nproc) + 1)) '/^MemAvailable/ {room = int($$2 / 1572864)} \
	END {print room < 1 ? 1 : room < most ? room : most}' /proc/meminfo)
ARGS ?=
export CLUSTER KUBECONFIG_PATH PROMETHEUS_OPERATOR PROMETHEUS_URL

##@ See it
.PHONY: demo
demo: setup ## A contract live: cluster, history, operator, an outage (ARGS=--once: the same, then exit)
	@$(BIN)/python -m harness.demo $(ARGS)

.PHONY: pictures
pictures: browser ## Take the README's pictures from the demo's data: docs/images/
	@$(BIN)/python -m harness.demo --pictures docs/images

##@ A cluster of your own
.PHONY: cluster-up
cluster-up: setup ## Start a cluster and Prometheus: .cluster/kubeconfig, .cluster/prometheus-url
	@$(BIN)/python -m harness.cluster up

.PHONY: cluster-down
cluster-down: setup ## End what cluster-up started and delete its data
	@$(BIN)/python -m harness.cluster down

##@ Work on it
.PHONY: setup
setup: ## Make .venv with the locked dependencies (does nothing when they are in place)
	@PYTHON=$(PYTHON) harness/setup.sh

.PHONY: programs
programs: setup ## Build the cluster's Go programs into the cache (does nothing when they are there)
	@$(BIN)/python -m harness.programs

.PHONY: browser
browser: setup ## Install Chromium for the page's tests (does nothing when it is there)
	@$(BIN)/python -m harness.browser

.PHONY: test
test: verify programs browser ## Verify, and run all tests on real parts (ARGS=tests/sla: only some)
	@rm -rf build/rbac-used
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=20 --durations-min=10 $(ARGS)
	$(if $(strip $(ARGS)),,$(BIN)/python -m harness.rbac)

.PHONY: test-faults
test-faults: programs ## Kill the operator at every write of every scenario: build/crash-points.txt (about half an hour)
	$(BIN)/pytest -s -v tests/reliability/test_crash_points.py --faults all

.PHONY: verify
verify: setup ## Style, types, layers, and whether generated files are up to date
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m platform_contracts.api.crd --check
	$(BIN)/python -m platform_contracts.config.reference --check

.PHONY: format
format: setup ## Format the code and sort its imports
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: generate
generate: setup ## Write crds/ and docs/configuration.md from the models, docs/security.md from the attacks
	$(BIN)/python -m platform_contracts.api.crd
	$(BIN)/python -m platform_contracts.config.reference
	$(BIN)/python -m tests.security.table

.PHONY: bench
bench: setup ## Measure against a bare client: a table, and build/bench.json
	@$(BIN)/python -m harness.bench $(ARGS)

.PHONY: lock
lock: setup ## Choose dependency versions anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --extra dev \
	  --no-header --no-emit-index-url --output-file requirements.lock pyproject.toml

.PHONY: clean
clean: ## Delete everything made here (the programs' cache stays)
	@if [ -d .cluster ]; then $(MAKE) cluster-down; fi
	rm -rf .demo .demo.lock .setup.lock .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.PHONY: help
help: ## Say what there is
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@/ {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  \033[36mmake %-13s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nSettings of cluster-up: CLUSTER=embedded|kind|kubeconfig, KUBECONFIG_PATH=FILE (for kubeconfig),\n'
	@printf 'PROMETHEUS_OPERATOR=true|false (its CRDs), PROMETHEUS_URL=URL (an existing Prometheus).\n'
