# Every task of the project; CI calls the same targets. `make` alone lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help setup check fmt test crash bench demo up lock documents clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: .venv/.installed ## Install everything into .venv, hashes checked

.venv/.installed: requirements/dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed"; exit 1; }
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: setup ## The real national student counts of 2020-2021 through the whole service; ARGS=--exit ends after the table
	@$(BIN)/palautevirta demo $(ARGS)

up: setup ## Start Postgres, Kafka and all services on loopback and print where they are
	@$(BIN)/palautevirta up $(ARGS)

test: setup ## Every test, on real Kafka and real Postgres
	$(BIN)/pytest $(ARGS)

check: setup ## Format, lint, strict types, import contracts, drift of generated files
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/palautevirta documents --check

fmt: setup ## Format, and mend what can be mended
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format

crash: setup ## Seeded histories of kills, pauses and cut lines against the whole stack; ARGS=--help lists the options
	@PYTHONPATH=tests $(BIN)/python -m faults $(ARGS)

bench: setup ## Measure, as ratios inside interleaved runs
	$(BIN)/python -m tests.benchmarks $(ARGS)

documents: setup ## Write the generated documents anew
	$(BIN)/palautevirta documents

lock: ## Lock the dependencies anew, with hashes (needs uv)
	for name in runtime dev; do \
		uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
			requirements/$$name.in --output-file requirements/$$name.txt; \
	done

clean: ## Remove the environment, caches and local data
	rm -rf .venv .cache .local .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
