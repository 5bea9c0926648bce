# make demo: set up and run the claims desk.   make test: set up and run every test.   Either can come first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml contrib/*/pyproject.toml))

.PHONY: demo test lint types docs bench setup tesseract clean
.DEFAULT_GOAL := help

help:
	@sed -n '1p' Makefile | sed 's/^# //'
	@echo "make lint: ruff.   make types: mypy.   make docs: the generated reference pages.   make bench: the benchmarks.   make clean: remove .venv and demo.aios."

setup: $(READY) tesseract

$(READY): pyproject.toml constraints.txt $(PLUGINS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "aios-sdk needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt hatchling editables setuptools  # setuptools: odfpy comes as source
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt \
	  -e '.[dev]' $(foreach plugin,$(PLUGINS),-e ./$(plugin))
	@touch $(READY)

# The one program that is no Python package. Where the package manager may be used it is; else one line says what to do.
tesseract:
	@command -v tesseract >/dev/null 2>&1 || { \
	  if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq tesseract-ocr >/dev/null; \
	  elif command -v apt-get >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo apt-get update -qq && sudo apt-get install -y -qq tesseract-ocr >/dev/null; \
	  elif command -v dnf >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then dnf install -y -q tesseract; \
	  elif command -v brew >/dev/null 2>&1; then brew install --quiet tesseract; fi; } ; \
	command -v tesseract >/dev/null 2>&1 || { echo "Install the program tesseract (Debian, Ubuntu: sudo apt-get install tesseract-ocr; Fedora: sudo dnf install tesseract; macOS: brew install tesseract), then run make again."; exit 1; }

demo: setup
	@$(BIN)/aios demo

test: setup
	$(BIN)/python -m pytest -n auto --dist loadfile -q  # a file on one worker: its fixtures are made once

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy src/aios_sdk
	@for plugin in $(PLUGINS); do echo "mypy $$plugin" && MYPYPATH=src:$$plugin/src $(BIN)/mypy $$plugin/src || exit 1; done

docs: $(READY)
	$(BIN)/python -m tests.docs.generate

bench: $(READY)
	@for each in benchmarks/[a-z]*.py; do $(BIN)/python $$each || failed=1; done; exit $${failed:-0}

clean:
	rm -rf .venv demo.aios
