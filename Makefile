# Everything here sets itself up: only Python 3.11+ and make are needed.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PACKAGES := schemas identity profiles sinks streams infra

.PHONY: help setup demo test lint types contracts unit integration bench accuracy compiled fuzz simulate faults lock clean

help:  ## Show this list.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "onefold: Python 3.11 or newer is needed; set PYTHON=python3.x"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --editable . --group dev
	touch $(READY)

setup: $(READY)  ## Make the virtual environment.

demo: $(READY)  ## Run the main job on a real broker and show what came out.
	$(BIN)/onefold demo

test: lint types contracts unit integration  ## Everything that CI checks.

lint: $(READY)  ## Style, spelling, dependencies.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/deptry .

types: $(READY)  ## Static types, tests included.
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks

contracts: $(READY)  ## The direction of imports.
	$(BIN)/lint-imports

unit: $(READY)  ## The tests that need no broker, on two processes.
	$(BIN)/pytest -n 2 --dist worksteal -m "not broker" tests/unit tests/property tests/integration

integration: $(READY)  ## The tests on real brokers, on two processes.
	$(BIN)/pytest -n 2 --dist worksteal -m broker tests/integration tests/faults

fuzz: $(READY)  ## The property tests for an hour or more, with thousands of examples each.
	$(BIN)/pytest tests/property --hypothesis-profile=thorough --timeout=0

simulate: $(READY)  ## Workers in virtual time through crashes and rebalances: SEEDS=1000, or one: SEED=642.
	$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000))

faults: $(READY)  ## Real processes killed, stopped, damaged under load for an hour: DURATION=, FAULTS=, KINDS=, or one SEED=.
	$(BIN)/python -m tests.faults.storm $(if $(SEED),--seed $(SEED)) $(if $(DURATION),--duration $(DURATION)) \
	  $(if $(FAULTS),--faults $(FAULTS)) $(if $(KINDS),--kinds "$(KINDS)") $(if $(EVENTS),--events $(EVENTS)) \
	  $(if $(WORKERS),--workers $(WORKERS))

bench: $(READY)  ## Measure speed; results go to benchmarks/results. PEERS=1, or some by name: side by side with peers.
	$(BIN)/python benchmarks/run.py $(if $(PEERS),--peers $(filter-out 1,$(PEERS)))

accuracy: $(READY)  ## Measure who is recognised, side by side with Splink.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group accuracy
	$(BIN)/python -m benchmarks.accuracy

compiled: $(READY)  ## A wheel in dist/ with what every touchpoint passes compiled by mypyc, and its tests; needs a C compiler.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group compiled
	rm -rf build dist && mkdir -p build/source build/tested
	cp -R pyproject.toml README.md LICENSE $(PACKAGES) build/source
	find build/source -name __pycache__ -prune -exec rm -rf {} +
	cd build/source && HATCH_BUILD_HOOK_ENABLE_MYPYC=true $(abspath $(BIN))/python -m pip wheel --quiet \
	  --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir ../../dist .
	$(BIN)/python -m zipfile -e dist/*.whl build/tested
	cp -R pyproject.toml benchmarks tests build/tested
	cd build/tested && $(abspath $(BIN))/python -m pytest -n 2 -m "not broker and not interpreted" \
	  tests/unit/test_schemas_*.py tests/unit/test_identity_*.py tests/unit/test_profiles_*.py tests/unit/test_engine_*.py tests/property

lock: $(READY)  ## Write constraints.txt anew from what is installed.
	$(BIN)/python -m pip freeze --exclude-editable --all | sort -f > constraints.txt

clean:  ## Remove the virtual environment and the data folder.
	rm -rf $(VENV) .onefold
