# Two commands matter: `make demo` and `make test`. Both need Python >= 3.11 and nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CACHE := .cache
APIS ?= emulator,real
RUNTIME_STAMP := $(VENV)/.runtime-$(shell cat pyproject.toml requirements/build.lock requirements/runtime.lock | cksum | cut -d' ' -f1)
DEV_STAMP := $(VENV)/.dev-$(shell cksum < requirements/dev.lock | cut -d' ' -f1)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("krofn needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(RUNTIME_STAMP): pyproject.toml requirements/build.lock requirements/runtime.lock | $(VENV)/bin/python
	@echo "setting up $(VENV) with pinned dependencies (once; a minute or two)" >&2
	$(PIP) install --require-hashes --no-deps -r requirements/build.lock -r requirements/runtime.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): $(RUNTIME_STAMP)
	$(PIP) install --require-hashes --no-deps -r requirements/dev.lock
	@touch $@

.PHONY: setup setup-dev
setup: $(RUNTIME_STAMP)
setup-dev: $(DEV_STAMP)

.PHONY: demo
demo: setup ## the whole thing on a local control plane: apply, converge, edit, repair
	@$(BIN)/krofn demo

.PHONY: test
test: setup-dev ## everything that needs Python only
	KROFN_WAY_SCHEDULES=200 $(BIN)/python -m pytest tests --ignore=tests/conformance --ignore=tests/scenarios -n 2 --dist loadfile $(PYTEST_ARGS)
	$(BIN)/python -m pytest tests/scenarios --api=emulator -n 2 --dist loadfile $(SCENARIO_ARGS)

.PHONY: test-way
test-way: setup-dev ## 3 000 schedules of the whole way of a change, and each loss that they have to find (KROFN_WAY_SCHEDULES: fewer)
	$(BIN)/python -m pytest tests/simulation/test_way.py -n 2 $(PYTEST_ARGS)

.PHONY: lint
lint: setup-dev ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: setup-dev ## ruff format and fixes
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/ruff format -q .

.PHONY: lock
lock: setup-dev ## renew the lock files from pyproject.toml
	$(PIP) install uv
	printf 'setuptools>=77\nwheel\n' | $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q - -o requirements/build.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q pyproject.toml -o requirements/runtime.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q pyproject.toml --group test --group lint --group bench --group generate -o requirements/dev.lock

.PHONY: cluster-tools
cluster-tools: setup-dev ## build kube-apiserver, etcd, kubectl … once (needs Go 1.26)
	@$(BIN)/python -m tests.cluster build

.PHONY: test-cluster
test-cluster: setup-dev cluster-tools ## the scenarios on the emulator and on a real kube-apiserver
	$(BIN)/python -m pytest tests/scenarios tests/cluster tests/emulator/test_kubectl.py --api=$(APIS) -n 2 --dist loadfile $(PYTEST_ARGS)

.PHONY: test-conformance
test-conformance: setup-dev cluster-tools ## CEL: the specification's tests, and cel-go: recorded answers and the fuzz (needs Go and npm)
	cd tests/conformance/celspec && go mod download && \
	  go run . "$$(go list -m -f '{{.Dir}}' cel.dev/expr)" ../../../$(CACHE)/conformance/specification.json
	cd tests/conformance && npm ci --ignore-scripts --no-audit --no-fund --silent
	cd tests/conformance && node extract.mjs ../../$(CACHE)/conformance/recorded.json
	KROFN_REQUIRE_CONFORMANCE=1 $(BIN)/python -m pytest tests/conformance $(PYTEST_ARGS)

.PHONY: features features-check
features: setup-dev ## rows of kro's feature table x {emulator, real} with the number of tests that show them
	@$(BIN)/python -m tests.tools.features
features-check: setup-dev
	@$(BIN)/python -m tests.tools.features --check

.PHONY: bench bench-check bench-cluster
bench: setup-dev ## CEL and compile benchmarks, beside other implementations
	$(BIN)/python -m tests.benchmarks.bench_cel
	$(BIN)/python -m tests.benchmarks.bench_compile
bench-check: setup-dev ## fails when CEL falls behind cel-expr-python
	$(BIN)/python -m tests.benchmarks.bench_cel --check
bench-cluster: setup-dev cluster-tools ## time from apply to Ready on a real API server
	$(BIN)/python -m tests.benchmarks.bench_cluster
