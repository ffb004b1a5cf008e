# Each target is one line that a person could type; the environment (.venv) is made on demand.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SEED   := $(or $(SEED),$(strip $(shell od -An -N4 -tu4 /dev/urandom)))

.PHONY: help setup demo test test-fast test-fresh lint types docs parity bench wheel clean

help:            ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(VENV)/dev.stamp      ## make the environment for work on spikeglm, and switch on its commit hooks
	@git rev-parse --git-dir >/dev/null 2>&1 && $(BIN)/pre-commit install || echo "No git here: no commit hooks."
	@echo "Next: make test-fast lint types"

demo: $(VENV)/demo.stamp     ## fit, check and plot a real recording
	$(BIN)/spikeglm demo

test: $(VENV)/test.stamp     ## run the whole test suite and the examples in the docstrings
	$(BIN)/python -m pytest -n 2 -m "not page"

test-fast: $(VENV)/test.stamp  ## run the tests that take no more than seconds
	$(BIN)/python -m pytest -n 2 -m "not slow and not page"

test-fresh: $(VENV)/test.stamp ## draw new examples for property tests; SEED=... repeats a run
	$(BIN)/python -m pytest -n 2 -m "hypothesis and not slow" --hypothesis-profile=fresh --hypothesis-seed=$(SEED)

lint: $(VENV)/lint.stamp     ## style, import directions
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: $(VENV)/lint.stamp    ## static types
	$(BIN)/mypy

docs: $(VENV)/docs.stamp     ## build the site in build/site: every page runs, a warning is an error
	$(BIN)/python -m sphinx -W --keep-going -j 2 -d build/pages docs build/site

parity:                      ## run the same calls on NeMoS and compare (Python >= 3.12)
	$(PYTHON) -m benchmarks.environment
	.venv-bench/bin/python -m pip install --quiet pytest hypothesis pandas
	PYTHONPATH=src .venv-bench/bin/python -m pytest tests/parity

bench:                       ## measure against other libraries, write benchmarks/RESULTS.md
	$(PYTHON) -m benchmarks.environment
	.venv-bench/bin/python -m benchmarks

wheel: $(VENV)/dev.stamp     ## build dist/, and run the demo from the wheel in a new environment
	BIN=$(abspath $(BIN)) PYTHON=$(PYTHON) .ci/wheel

clean:           ## remove environments and caches
	rm -rf build dist .venv .venv-bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache docs/reference/api

$(VENV)/%.stamp: pyproject.toml | $(VENV)
	@echo "Installing spikeglm with what 'make $*' needs ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[$*]"
	@touch $@

$(VENV):
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" \
	  || { echo "spikeglm needs Python >= 3.11; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	$(PYTHON) -m venv $(VENV)
