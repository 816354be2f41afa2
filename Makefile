# Two commands matter: `make run` shows labcim at work, `make test` proves it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TESTS_READY := $(VENV)/.tests-ready
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: help run test test-all system check bench peers pictures screenshots clean

help:
	@echo "make run       form a simulated chip, program a picture, verify it, write the report"
	@echo "make test      the tests"
	@echo "make test-all  the tests with the long statistics"
	@echo "make check     format, lint, types, layers"
	@echo "make bench     benchmarks; make peers first, to have the peers beside us"
	@echo "make pictures  the pictures of README and docs, from real runs"
	@echo "make screenshots  the pictures of the window, from a real one"

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "labcim needs Python 3.11 or newer: none was found; try make PYTHON=path"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -e .
	@touch $@

$(TESTS_READY): $(READY)
	$(PIP) install -e ".[test,check]"
	@touch $@

run: $(READY)
	$(BIN)/python examples/first_hour.py

# What the tests of the window need of the system: installed where it is missing, else not touched.
system:
	@PYTHON="$(PYTHON)" sh tests/system_packages.sh

# Tests that look at the clock or at a window have the machine for themselves, after all others.
ALONE := tests/faults tests/gui tests/window
SIDE_BY_SIDE := -n auto --maxprocesses 8 --dist loadfile -p no:benchmark

test: system $(TESTS_READY)
	$(BIN)/python -m pytest -m "not slow" $(SIDE_BY_SIDE) $(ALONE:%=--ignore=%)
	$(BIN)/python -m pytest -m "not slow" $(ALONE)

test-all: system $(TESTS_READY)
	LABCIM_CASES=15000 $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ALONE:%=--ignore=%)
	$(BIN)/python -m pytest $(ALONE)

check: $(TESTS_READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	rm -rf build/view build/lib build/bdist*
	$(PIP) install --no-deps --target build/view . && rm -rf build/lib build/bdist*
	$(BIN)/mypy
	cd build/view && ../../$(BIN)/lint-imports --config ../../pyproject.toml
	cd build/view && ../../$(BIN)/python -c "import pyvisa.highlevel as visa; assert 'labcim' in visa.list_backends(), 'the wheel has no VISA backend'"

bench: $(TESTS_READY)
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only --timeout=600 \
	  -o python_files='bench_*.py' -o python_functions='bench_*' --benchmark-columns=median,rounds

peers:
	$(PYTHON) -m venv build/peers
	build/peers/bin/python -m pip -q install pymeasure qcodes pyvisa-sim pyvisa-py scipy pathvalidate sigfig
	build/peers/bin/python -m pip -q install --no-deps badcrossbar

pictures: $(READY)
	$(BIN)/python docs/make_pictures.py

screenshots: system $(TESTS_READY)
	$(BIN)/python docs/make_screenshots.py

clean:
	rm -rf build out .mypy_cache .ruff_cache .pytest_cache
