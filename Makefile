# Everything happens in a virtual environment of the project's own. The two commands to know:
#   make demo   installs heartprobe and runs its main job on synthetic patients, offline after the installation
#   make test   installs what the tests need and runs the whole suite
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
WORKERS ?= 2

.PHONY: demo test check real-data docs clean

demo: $(VENV)/.installed
	$(BIN)/heartprobe demo --out demo

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow and not real_data"

# Lint, types and layers.
check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Slow tests, and tests on the real recordings where they are at hand (HEARTPROBE_SHARED names the folder).
real-data: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) -m "slow or real_data" --timeout 1500

# The pages that are generated from the code.
docs: $(VENV)/.installed-dev
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) demo dist build

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "heartprobe needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt -e ".[dev]"
	touch $@ $(VENV)/.installed
