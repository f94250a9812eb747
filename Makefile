# make app    starts the app
# make test   runs the tests; make test-fast leaves out the browser and what is slow
# make lint   checks style and types
# make docs   builds the documentation site in build/docs; a broken link fails
# make lock   renews constraints.txt, the versions that the others install
# make setup  creates .venv and installs what the app needs (the others do it when it is needed)
# make setup-train  installs what training needs, as the app's Train page does. On Linux PyTorch
#             comes with CUDA; TORCH_INDEX=URL takes it from an index of wheels without, such as
#             the one that PyTorch's start page names for "CPU"

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# for the tests of accessibility, which are skipped where there is no npm
AXE := tests/browser/node_modules
INSTALL = $(BIN)/python -m pip install --quiet --constraint constraints.txt

ifdef TORCH_INDEX
export PIP_EXTRA_INDEX_URL := $(TORCH_INDEX)
endif

.PHONY: app test test-fast setup setup-train lint docs lock clean

app: $(VENV)/.app
	$(BIN)/streamlit run app.py

test: $(VENV)/.test $(if $(shell command -v npm),$(AXE))
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-fast: $(VENV)/.test
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "not slow and not browser" $(ARGS)

setup: $(VENV)/.app

setup-train: $(VENV)/.train

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -q -E -W --keep-going -c docs . build/docs

lock: FRESH := build/lock/$(notdir $(BIN))/python
lock:
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	$(FRESH) -m pip install --quiet --requirement requirements-dev.txt --requirement requirements-docs.txt
	echo "# Versions that work together. 'make lock' renews them." > build/constraints.txt
	$(FRESH) -m pip freeze >> build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/lock

$(VENV)/pyvenv.cfg:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: requirements.txt constraints.txt pyproject.toml | $(VENV)/pyvenv.cfg
	$(INSTALL) --requirement requirements.txt
	$(INSTALL) --no-deps --editable .
	touch $@

$(VENV)/.train: $(VENV)/.app requirements-train.txt
	$(INSTALL) --requirement requirements-train.txt
	touch $@

$(VENV)/.test: $(VENV)/.train requirements-ray.txt requirements-gaze.txt requirements-detect.txt requirements-dev.txt
	$(INSTALL) --requirement requirements-dev.txt
	touch $@

$(VENV)/.docs: $(VENV)/.test requirements-docs.txt
	$(INSTALL) --requirement requirements-docs.txt
	touch $@

$(AXE): tests/browser/package.json
	npm install --prefix tests/browser --no-package-lock --no-audit --no-fund --silent
	touch $@

clean:
	rm -rf $(VENV) build
