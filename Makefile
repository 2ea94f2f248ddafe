# Both commands work first thing after a clone: they make .venv and install what they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint bench clean

demo: .venv/.for-demo
	$(BIN)/xenorec demo --folder xenorec-demo

test: .venv/.for-test
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: .venv/.for-test
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: .venv/.for-test
	$(BIN)/python -m tests.bench

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "xenorec needs Python 3.11 or newer; call make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip

.venv/.for-demo: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

.venv/.for-test: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,notebooks,postgres,mjml,dev]'
	@touch $@

clean:
	rm -rf .venv xenorec-demo dist .pytest_cache .mypy_cache .ruff_cache
