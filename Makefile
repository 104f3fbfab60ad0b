# Three commands for people (setup, run, test); the rest serves them. Everything they need is installed below .venv
# and pwa/node_modules, from locked files; a second call does only what has changed since.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$python" && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard wayfinder/translations/*/LC_MESSAGES/*.po))
PAGE := $(if $(wildcard pwa/package.json),pwa/dist/index.html)
PAGE_SOURCES := $(shell find pwa \( -name node_modules -o -name dist -o -name tests -o -name generated \) -prune \
	-o -type f -print 2>/dev/null)

.PHONY: help setup run test lint lock bench-tools clean
.DELETE_ON_ERROR:

help:
	@echo 'make setup        set everything up: .venv, locked dependencies, the page in pwa/dist'
	@echo 'make run          the demo town on http://127.0.0.1:8000   (ARGS="--port 8001" for another port)'
	@echo 'make test         every check and test                     (ARGS="-k kerb" for pytest)'
	@echo 'make lint         the checks that run no code of ours'
	@echo 'make lock         renew the lock files of requirements/    (ARGS=--upgrade for newer versions)'
	@echo 'make bench-tools  install the peer that "wayfinder bench" compares with'
	@echo 'make clean        remove what setup made'

setup: .venv/installed $(CATALOGUES) $(PAGE)
	@echo 'Ready: .venv/bin/wayfinder'

run: setup
	$(BIN)/wayfinder demo $(ARGS)

test: lint
	$(if $(PAGE),cd pwa && npm run test --if-present)
	$(BIN)/python -m pytest $(ARGS)

lint: setup
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

lock: .venv/bin/python
	requirements/lock.sh $(ARGS)

bench-tools: setup
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements/bench.txt

clean:
	rm -rf .venv pwa/node_modules pwa/dist wegweiser.egg-info
	find wayfinder -name '*.mo' -delete

.venv/bin/python:
	@test -n '$(PYTHON)' || { echo 'Wegweiser needs Python 3.11 or newer with its venv module' \
		'(Debian: apt-get install python3 python3-venv).' >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/locked: requirements/dev.txt | .venv/bin/python
	@echo 'Installing the locked Python packages, about a minute the first time ...'
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $@

.venv/installed: pyproject.toml .venv/locked
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

%.mo: %.po .venv/locked
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

pwa/node_modules/.installed: pwa/package.json pwa/package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo 'Wegweiser needs Node 20 or' \
		'newer with npm (Debian: apt-get install nodejs npm).' >&2; exit 1; }
	cd pwa && npm ci --no-audit --no-fund
	@touch $@

pwa/dist/index.html: pwa/node_modules/.installed $(PAGE_SOURCES)
	cd pwa && npm run build
	@touch $@
