# Samenloop: every target builds what it needs. Start with `make demo` or `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The Python that .venv is made with; empty = the distribution's own when it is new enough, else the first on the path:
# the distribution's gets security updates and is built with optimisation, which is a third of the speed.
PYTHON ?=

VENV := .venv
PY := $(VENV)/bin/python
PACKAGES := samenloop samenloop_node samenloop_coordinator
PIP_INSTALL := -m pip install -qq --disable-pip-version-check
PROJECTS := pyproject.toml node/pyproject.toml coordinator/pyproject.toml
THIRD_PARTY := $(VENV)/.third-party-installed
INSTALLED := $(VENV)/.projects-installed

DATA ?=
OUT ?=
WORKERS ?= 2

QUALITY := var/quality
CLKHASH := clkhash==0.18.3
PSI := openmined-psi==2.0.6
SECTIONS ?=
PEERS := var/bench-peers
SIZES ?= 10000 100000

.PHONY: help demo up down test lint proto docs texts separation bench bench-peers evaluate quality clean venv

help:
	@echo 'make demo        build, then play the whole story with six nodes on this machine'
	@echo 'make up / down   leave the demo running and print commands to try / stop it'
	@echo 'make test        the whole test suite, with its coverage bar'
	@echo 'make lint        ruff, mypy --strict, import rules, generated code'
	@echo 'make proto       generate the wire code from proto/'
	@echo 'make docs        draw the picture and paste the help of the programs into docs/'
	@echo 'make texts       collect the texts for people and compile their translations'
	@echo 'make separation  show that the coordinator is installed without any node code'
	@echo 'make evaluate DATA=dir OUT=hits.csv   matching quality through the real path'
	@echo 'make quality     measure matching, also beside its peers; rewrites docs/explanation/quality.md'
	@echo 'make bench       speed, as ratios measured in one run'
	@echo 'make bench-peers SIZES="10000 100000"   the engine beside other methods for the same job'
	@echo 'make clean       remove .venv and everything that was made'

# --- the virtual environment: hashed third-party packages first, then our three projects -----------------------------

$(THIRD_PARTY): deploy/requirements/dev.txt
	@new_enough() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }; \
	usable() { new_enough "$$1" && "$$1" -c 'import ensurepip, venv' 2>/dev/null; }; \
	for python in $(or $(PYTHON),/usr/bin/python3 python3.13 python3.12 python3.11 python3); do \
	  if usable "$$python"; then break; fi; \
	done; \
	new_enough "$$python" || { echo 'Samenloop needs Python 3.11 or newer: install it' \
	  '(Debian and Ubuntu: apt-get install python3 python3-venv) or name it with PYTHON=path.' >&2; exit 1; }; \
	usable "$$python" || { echo "$$python has no venv module:" \
	  'install it (Debian and Ubuntu: apt-get install python3-venv).' >&2; exit 1; }; \
	echo 'Installing the third-party packages in $(VENV) (once; about a minute) ...'; \
	"$$python" -m venv $(VENV)
	@$(PY) $(PIP_INSTALL) --require-hashes -r $<
	@touch $@

$(INSTALLED): $(THIRD_PARTY) $(PROJECTS)
	@$(PY) $(PIP_INSTALL) --no-deps --no-build-isolation -e . -e node -e coordinator
	@touch $@

venv: $(INSTALLED)

# --- running ---------------------------------------------------------------------------------------------------------

demo: $(INSTALLED)
	$(PY) deploy/demo/run.py

up: $(INSTALLED)
	$(PY) deploy/demo/run.py --keep

down: $(INSTALLED)
	$(PY) deploy/demo/run.py --stop

evaluate: $(INSTALLED)
	@if [ -z '$(DATA)' ] || [ -z '$(OUT)' ]; then echo 'Usage: make evaluate DATA=dir OUT=hits.csv' >&2; exit 2; fi
	$(PY) tests/quality/evaluate.py --data '$(DATA)' --out '$(OUT)'

# The peers are kept out of $(VENV), which holds exactly what is hashed.
$(QUALITY)/.installed: deploy/requirements/dev.txt pyproject.toml
	@echo 'Installing the extra `quality` in $(QUALITY) (once; about two minutes) ...'
	@rm -rf $(QUALITY)
	@$(PY) -m venv $(QUALITY)
	@$(QUALITY)/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@$(QUALITY)/bin/python $(PIP_INSTALL) --no-build-isolation -e '.[quality]' -e node -e coordinator
	@$(QUALITY)/bin/python $(PIP_INSTALL) --no-deps $(CLKHASH)
	@touch $@

quality: $(INSTALLED) $(QUALITY)/.installed
	$(QUALITY)/bin/python -W ignore::UserWarning -m tests.quality.report $(SECTIONS)

bench: $(INSTALLED)
	$(PY) -m tests.bench

$(PEERS)/.installed: deploy/requirements/dev.txt pyproject.toml
	@echo 'Installing the extra `bench-peers` in $(PEERS) (once; about two minutes) ...'
	@rm -rf $(PEERS)
	@$(PY) -m venv $(PEERS)
	@$(PEERS)/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@$(PEERS)/bin/python $(PIP_INSTALL) --no-build-isolation -e '.[bench-peers]' -e node -e coordinator
	@$(PEERS)/bin/python $(PIP_INSTALL) --no-deps $(CLKHASH) $(PSI)
	@touch $@

bench-peers: $(INSTALLED) $(PEERS)/.installed
	$(PEERS)/bin/python -W ignore::UserWarning -m tests.bench.engine $(SIZES)

# --- checking --------------------------------------------------------------------------------------------------------

test: $(INSTALLED)
	@mkdir -p var
	@$(PY) -m coverage erase
	$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-config=pyproject.toml \
	  --cov-report=json:var/coverage.json
	$(PY) tests/coverage_bar.py var/coverage.json

lint: $(INSTALLED)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy --strict $(addprefix -p ,$(PACKAGES))
	$(PY) -m pytest -q -p no:cacheprovider tests/test_imports.py
	@generated=$$(mktemp -d); trap 'rm -rf "$$generated"' EXIT; \
	  sh proto/generate.sh "$$generated"; \
	  diff -r -x __init__.py -x __pycache__ "$$generated/samenloop/wire/v1" src/samenloop/wire/v1 || \
	  { echo 'src/samenloop/wire/v1 is not what proto/ gives: run `make proto` and commit the result.' >&2; exit 1; }

proto: $(INSTALLED)
	sh proto/generate.sh

docs: $(INSTALLED)
	$(PY) docs/tools/dataflow.py
	$(PY) docs/tools/cli_reference.py
	$(PY) docs/tools/rules_reference.py
	$(PY) docs/tools/scale.py

texts: $(INSTALLED)
	$(PY) docs/tools/texts.py

separation: $(INSTALLED)
	bash deploy/separation.sh

clean:
	@if [ -f deploy/demo/run.py ] && [ -x $(PY) ]; then $(PY) deploy/demo/run.py --stop >/dev/null 2>&1 || true; fi
	rm -rf $(VENV) var build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src node coordinator deploy tests proto -name __pycache__ -type d -prune -exec rm -rf {} +
