# make install   .venv with the locked packages and the command `clew`
# make demo      an attack becomes a story: live under the kernel sensor where that can run, else a shipped recording
# make demo-fleet  the same with Neo4j, Redis, PostgreSQL and two workers, which `make system` installs
# make dev       what the checks and tests need, too
# make check     format, lint, types, layers, tests
# make test      what CI runs: as root first `make system`, then the checks, and the tests with coverage
# make system    as root: what Debian must provide; each step is printed and no daemon starts by itself
# make lock      renew requirements/*.lock from pyproject.toml
# make reference renew the generated pages of docs/reference
# make clean     remove what the other targets made, but for .venv

PYTHON ?= python3
RECORDING ?= $(firstword $(sort $(wildcard examples/*/session.*)))
# What shares one server of the tests (`xdist_group`) runs in one process.
PYTEST_ARGS ?= -n auto --dist loadgroup

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PACKAGES := sensor graph prompts correlator workers

.PHONY: install dev demo demo-fleet lint check test system lock reference clean
.DEFAULT_GOAL := install

install: .venv/installed
dev: .venv/installed-dev

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'clew needs Python 3.11 or later; name one with: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo 'Python cannot make environments here. On Debian: apt-get install python3-venv (or: make system)' >&2; exit 1; }
	$(PYTHON) -m venv .venv

# A lock is complete, so nothing is resolved: `--no-deps`. (Before 23.3, pip takes an extra that a package asks for, such as
# coverage[toml], for a requirement without a pin as soon as a newer version is published than the lock names.)
# Clew itself is built with the locked build backend, so nothing is fetched that the lock does not name.
.venv/installed: requirements/run.lock pyproject.toml | .venv/bin/python
	$(PIP) install --quiet --no-deps --require-hashes --requirement requirements/run.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/installed-dev: requirements/dev.lock .venv/installed
	$(PIP) install --quiet --no-deps --require-hashes --requirement requirements/dev.lock
	@touch $@

# The store lies in a temporary directory that is removed afterwards. A recording that is named is replayed; else, where the kernel
# sensor can run, a live attack is shown.
demo: install
	@[ -n "$(RECORDING)" ] || { echo 'No recording under examples/; name one: make demo RECORDING=file' >&2; exit 1; }
	@state=$$(mktemp -d) && trap 'rm -rf "$$state"' EXIT \
		&& if [ '$(origin RECORDING)' != file ]; then $(BIN)/clew --store "$$state" replay "$(RECORDING)"; \
		else $(BIN)/python -m examples.live.demo "$(RECORDING)" "$$state"; fi

demo-fleet: dev
	@state=$$(mktemp -d) && trap 'rm -rf "$$state"' EXIT \
		&& $(BIN)/python -m examples.fleet.demo "$(RECORDING)" "$$state"

lint: dev
	$(PIP) check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint
	$(BIN)/pytest $(PYTEST_ARGS)

test:
	@if [ "$$(id -u)" = 0 ]; then $(MAKE) --no-print-directory system; else echo 'Not root: make system is left out.'; fi
	@$(MAKE) --no-print-directory lint
	$(BIN)/pytest $(PYTEST_ARGS) --cov --cov-report=term

system:
	@PYTHON="$(PYTHON)" requirements/system

lock: dev
	requirements/compile

reference: install
	$(BIN)/python -m graph.reference docs/reference/graph.md
	$(BIN)/python -m graph.queries.reference docs/reference/queries.md
	$(BIN)/python -m correlator.settings docs/reference/settings.md
	$(BIN)/python -m correlator.cli.reference docs/reference/cli.md
	$(BIN)/python -m correlator.render.data docs/reference/story.schema.json

clean:
	rm -rf build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -f .venv/installed .venv/installed-dev
	find $(PACKAGES) tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
