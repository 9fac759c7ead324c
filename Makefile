# htd-wizard: every target bootstraps .venv from plain python3 (3.11 or newer) and needs no account.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo run test lint types contracts pytest bench screenshots record needs snapshots clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

setup: $(VENV)/.ready ## make .venv with everything the wizard and its demo need

demo: $(VENV)/.ready ## the whole journey in a pretend world; nothing real is touched
	@$(BIN)/htd-wizard demo $(ARGS)

run: $(VENV)/.ready ## the wizard on your real accounts
	@$(BIN)/htd-wizard run $(ARGS)

test: lint types contracts pytest ## everything that must hold

lint: $(VENV)/.dev
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .

types: $(VENV)/.dev
	@$(BIN)/mypy --no-error-summary

contracts: $(VENV)/.dev
	@$(BIN)/lint-imports --no-cache >.venv/contracts.log || { cat .venv/contracts.log; exit 1; }

pytest: $(VENV)/.dev
	@$(BIN)/pytest -n 3 --dist loadgroup $(ARGS)

bench: $(VENV)/.dev ## measure; prints ratios, judges nothing
	@$(BIN)/python -m tests.bench $(ARGS)

screenshots: $(VENV)/.dev ## draw screenshots/ anew from the running app
	@$(BIN)/python -m wizard.demo.shots screenshots

snapshots: $(VENV)/.dev ## accept how the screens look now as the expected pictures
	@$(BIN)/pytest -n 2 -m "not terraform" --snapshot-update tests/ui

record: $(VENV)/.dev ## record the stand-in terraform anew; needs the real one
	@$(BIN)/python -m wizard.demo.recording.record

needs: $(VENV)/.dev ## record anew which AWS permissions each resource type needs; takes minutes
	@$(BIN)/python -m wizard.demo.recording.record_needs

clean: ## remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "htd-wizard needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@echo "Setting up .venv (once; a minute or two)…" >&2
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv" >&2; exit 2; }

# Bytecode is made by all cores at once, so that the first run is not the slow one; files for other Pythons do not matter.
$(VENV)/.ready: pyproject.toml | $(BIN)/python
	@$(BIN)/pip install -q --no-compile -e '.[demo]' 2>$(VENV)/pip.log || { cat $(VENV)/pip.log >&2; exit 2; }
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib wizard || true
	@touch $@

# The tests compile what they use.
$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@$(BIN)/pip install -q --no-compile -e '.[dev]' 2>$(VENV)/pip.log || { cat $(VENV)/pip.log >&2; exit 2; }
	@touch $(VENV)/.ready $@
