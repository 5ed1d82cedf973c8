# Two commands matter: `make demo` and `make test`. Both need Python >= 3.11 and nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CACHE := .cache
RUNTIME_STAMP := $(VENV)/.runtime-$(shell cksum < requirements/runtime.lock | cut -d' ' -f1)
DEV_STAMP := $(VENV)/.dev-$(shell cksum < requirements/dev.lock | cut -d' ' -f1)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("krofn needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(RUNTIME_STAMP): | $(VENV)/bin/python
	$(PIP) install --require-hashes --no-deps -r requirements/runtime.lock
	$(PIP) install --no-deps --no-build-isolation -e . || { $(PIP) install setuptools && $(PIP) install --no-deps --no-build-isolation -e .; }
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
	$(BIN)/python -m pytest tests $(PYTEST_ARGS)

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
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q pyproject.toml -o requirements/runtime.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q pyproject.toml --group test --group lint --group bench --group generate -o requirements/dev.lock
