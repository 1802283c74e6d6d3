# Two commands do everything, set-up included: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
STORE ?= $(or $(MLPIPELINE_STORE),store)
PORT ?= 5000
BIN := .venv/bin
STAMP := .venv/mlpipeline.stamp

# Where Python is told to write no bytecode (many container images), each of hundreds of processes would compile anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench ui notebooks reference lock wheel clean help

# Python 3.10-3.12, this file and a network are all that is needed; the second time it is there.
$(STAMP): setup.cfg requirements.lock mlpipeline/bootstrap.py
	@$(PYTHON) mlpipeline/bootstrap.py

run: $(STAMP) ## run the nine sample bots through all stages; a second time there is nothing to do
	@$(BIN)/mlpipeline run

test: check ## check, then every test (with Spark, half an hour) and the types of the tests
	@$(BIN)/mypy
	@# Two files side by side, in their order: the clusters take longest and begin. Properties again, on four times the examples.
	@$(BIN)/python -m pytest -q tests -m "cluster or e2e or spark or slow or hypothesis" \
		-n 2 --dist loadfile --no-loadscope-reorder --durations=25

check: $(STAMP) ## lint, format, types, import floors and the quick tests, in about a minute
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@# Types and tests side by side: each is longer than all the rest.
	@$(BIN)/mypy mlpipeline & types=$$!; failed=0; $(BIN)/lint-imports --no-logo || failed=1; \
		$(BIN)/python -m pytest -q -p tests.side_by_side -p no:xdist -m "not slow" \
			--hypothesis-profile=quick tests/house tests/unit || failed=1; wait $$types && exit $$failed

bench: $(STAMP) ## measure speed and memory, ratios in one run
	@$(BIN)/python -m tests.bench

ui: $(STAMP) ## open MLflow on the store, on this machine only (PORT=5000)
	@test -f "$(STORE)/mlflow/mlflow.db" || { echo "$(STORE): nothing is released there yet -> make run"; exit 1; }
	@$(BIN)/mlflow ui --backend-store-uri "sqlite:///$$(cd "$(STORE)" && pwd)/mlflow/mlflow.db" --host 127.0.0.1 --port $(PORT)

notebooks: $(STAMP) ## write the notebooks for Jupyter and Zeppelin into build/notebooks
	@$(BIN)/mlpipeline notebook write --store "$(STORE)" --to build/notebooks
	@$(BIN)/mlpipeline notebook write --store "$(STORE)" --to build/notebooks --as zeppelin

reference: $(STAMP) ## write what explains the recipe's keys, from recipe/fields.py
	@$(BIN)/python -m mlpipeline.recipe.comments conf/base.yaml
	@$(BIN)/mlpipeline config reference --to docs/recipe-reference.md

# Versions that fit stay as they are; to take the newest of all, remove requirements.lock first.
lock: $(STAMP) ## bring requirements.lock up to what setup.cfg says
	@env -u UV_FIND_LINKS -u PIP_FIND_LINKS UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile setup.cfg \
		--extra dev --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-emit-find-links --quiet \
		--output-file requirements.lock

wheel: $(STAMP) ## build dist/*.whl
	@rm -rf build dist
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist . >/dev/null
	@rm -rf build; ls dist/*.whl

clean: ## remove what can be made again, but neither .venv nor store
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
