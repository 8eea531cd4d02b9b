# Every target is complete by itself on a machine with git, Python >= 3.11 and make.
#   make demo [ACTS=a,b]     the simulated plant, supervised, act by act
#   make demo HMI=1|shot|0   the same with the HMI beside it, pictures of its pages in hmi-pictures/, or neither; left out,
#                            the HMI opens where it is installed and there is a display
#   make pictures            the pictures of the HMI in docs/hmi/
#   make test [ARGS=...]     the test suite (without the soak tests)
#   make foreign             servers of other makers for tests/foreign (needs node and npm)
#   make lint                style, types, layering, generated files
#   make bench | soak        measurements; long runs
#   make mutants [ARGS=...]  the core broken on purpose, and which test notices; writes docs/mutants.md
#   make test-all            the suite on every installed Python 3.11, 3.12, 3.13
#   make lock [UPGRADE=1]    renew the lock files from pyproject.toml
#   make clean               remove what the above have made
# PYTHON=/path/to/python3 picks the interpreter; VENV=dir the environment's place.

VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# The resolver that writes the lock files. It runs in an environment of its own and nothing installs it but `make lock`.
UV_VERSION := 0.13.9

.PHONY: help demo pictures test test-all foreign lint bench soak mutants lock clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^#   //p' Makefile

$(VENV)/.made: tools/make_venv.sh
	@sh tools/make_venv.sh "$(VENV)" "$(PYTHON)"
	@touch $@

$(VENV)/.runtime: $(VENV)/.made requirements.lock requirements-build.lock pyproject.toml
	$(PIP) install --quiet --require-hashes -r requirements.lock -r requirements-build.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.hmi: $(VENV)/.runtime requirements-hmi.lock
	$(PIP) install --quiet --require-hashes -r requirements-hmi.lock
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.runtime $(if $(filter-out 0,$(HMI)),$(VENV)/.hmi)
	$(if $(filter-out 0,$(HMI)),@sh tools/hmi_libraries.sh)
	$(BIN)/otha demo $(if $(ACTS),--acts $(ACTS)) $(if $(HMI),--hmi $(HMI)) $(ARGS)

pictures: $(VENV)/.dev
	@sh tools/hmi_libraries.sh
	$(BIN)/python -m tests.hmi.pictures docs/hmi

test: $(VENV)/.dev
	@sh tools/hmi_libraries.sh --xvfb
	@sh tools/test.sh $(BIN)/python $(ARGS)

test-all:
	@sh tools/test_all.sh $(ARGS)

$(VENV)/foreign/.made: $(VENV)/.made tests/foreign/.npmrc tests/foreign/package.json tests/foreign/package-lock.json
	mkdir -p $(VENV)/foreign
	cp tests/foreign/.npmrc tests/foreign/package.json tests/foreign/package-lock.json $(VENV)/foreign/
	cd $(VENV)/foreign && npm ci --loglevel=error
	@touch $@

foreign: $(VENV)/foreign/.made

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tools/site_reference.py
	$(BIN)/lint-imports
	$(BIN)/python tools/site_reference.py --check
	$(if $(wildcard otha/verify/rules.py),$(BIN)/python -m otha.verify.rules --check)

bench: $(VENV)/.dev
	$(BIN)/python -m bench $(ARGS)

soak: $(VENV)/.dev
	$(BIN)/python -m pytest -q -m soak -o faulthandler_timeout=0 $(ARGS)

mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutants $(ARGS)

lock: $(VENV)/.made
	$(BIN)/python -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check install --quiet uv==$(UV_VERSION)
	sh tools/lock.sh $(VENV)/lock/bin/uv $(if $(UPGRADE),--upgrade)

clean:
	rm -rf $(VENV) .venv-3.* build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
