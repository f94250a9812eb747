# make app    starts the app
# make test   runs the tests; make test-fast leaves out the browser and what is slow
# make setup  creates .venv and installs what the app needs (the others do it when it is needed)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: app test test-fast setup lint clean

app: $(VENV)/.app
	$(BIN)/streamlit run app.py

test: $(VENV)/.test
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

test-fast: $(VENV)/.test
	$(BIN)/python -m pytest --numprocesses 2 -m "not slow and not browser" $(ARGS)

setup: $(VENV)/.app

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --requirement requirements.txt
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

$(VENV)/.test: $(VENV)/.app requirements-train.txt requirements-dev.txt
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV)
