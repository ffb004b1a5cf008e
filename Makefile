# Each target is one line that a person could type; the environment (.venv) is made on demand.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SEED   := $(or $(SEED),$(strip $(shell od -An -N4 -tu4 /dev/urandom)))

.PHONY: help demo test test-fast test-fresh lint types docs parity bench clean

help:            ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: $(VENV)/demo.stamp     ## fit, check and plot a real recording
	$(BIN)/spikeglm demo

test: $(VENV)/test.stamp     ## run the whole test suite and the examples in the docstrings
	$(BIN)/python -m pytest -n 2

test-fast: $(VENV)/test.stamp  ## run the tests that take no more than seconds
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-fresh: $(VENV)/test.stamp ## draw new examples for property tests; SEED=... repeats a run
	$(BIN)/python -m pytest -n 2 -m "hypothesis and not slow" --hypothesis-profile=fresh --hypothesis-seed=$(SEED)

lint: $(VENV)/lint.stamp     ## style, import directions
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: $(VENV)/lint.stamp    ## static types
	$(BIN)/mypy

docs: $(VENV)/test.stamp     ## check that the examples of README and docs run
	$(BIN)/python -m pytest tests/test_docs.py

parity:                      ## run the same calls on NeMoS and compare (Python >= 3.12)
	$(PYTHON) -m benchmarks.environment
	.venv-bench/bin/python -m pip install --quiet pytest hypothesis pandas
	PYTHONPATH=src .venv-bench/bin/python -m pytest tests/parity

bench:                       ## measure against other libraries, write benchmarks/RESULTS.md
	$(PYTHON) -m benchmarks.environment
	.venv-bench/bin/python -m benchmarks

clean:           ## remove environments and caches
	rm -rf .venv .venv-bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/%.stamp: pyproject.toml | $(VENV)
	@echo "Installing spikeglm with what 'make $*' needs ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[$*]"
	@touch $@

$(VENV):
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" \
	  || { echo "spikeglm needs Python >= 3.11; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	$(PYTHON) -m venv $(VENV)
