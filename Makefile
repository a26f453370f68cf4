# Every target makes what it needs first. `make help` lists them.
Q ?= Was a collective defense pact agreed?
PORT ?= 7860
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE :=
export ORT_DISABLE_TELEMETRY := 1

.DEFAULT_GOAL := help
.PHONY: help venv ask chat test check lint types format eval eval-writer bench bench-large train lock \
	test-browser test-llm test-torture test-cluster torture clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

venv: ## Make .venv from the lock file
	@sh scripts/venv.sh

ask: venv ## Ask the corpus: make ask Q="Who hosted the gathering?"
	@$(BIN)/summit-qa ask "$$Q" || [ $$? -eq 3 ]
ask: export Q := $(Q)

chat: venv ## Open the chat at http://127.0.0.1:7860
	@$(BIN)/summit-qa chat --port $(PORT)

test: venv ## Run the tests (under five minutes)
	@$(BIN)/python -m pytest

lint: venv ## Check format and lint
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: venv ## Check the types, strictly
	@$(BIN)/mypy

format: venv ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

check: lint types test ## Format, lint, strict types, tests with warnings as errors

test-browser: venv ## Drive the chat in a real Chromium
	@sh scripts/install-chromium.sh
	@$(BIN)/python -m pytest -m browser tests/browser

test-llm: venv ## Hold the promise against a real, weak model server
	@sh scripts/test-llm.sh

test-cluster: venv ## Kill a real Chroma server and Ray workers (under six minutes)
	@sh scripts/test-cluster.sh

test-torture: venv ## Kill, starve, flood, lie to: the short form (under four minutes)
	@$(BIN)/python -m pytest -m torture tests/torture -n 2 --dist worksteal

torture: venv ## The long form (at most 30 minutes); prints the table of what survived
	@TORTURE=long TORTURE_TABLE=build/torture.md $(BIN)/python -m pytest -m torture tests/torture \
		-n 2 --dist worksteal

eval: venv ## Measure the answers and compare them with the gate
	@$(BIN)/summit-qa eval --gate eval/gate.toml
	@$(BIN)/summit-qa eval --dataset eval/strangers/questions.yaml --corpus eval/strangers/docs \
		--reliance 0 --results eval/results/strangers

eval-writer: venv ## Measure the writer with real models on CPU (hours; downloads 1.1 GB)
	@sh scripts/eval-writer.sh $(OPTIONS)

bench: venv ## Measure speed beside stock LlamaIndex
	@$(BIN)/python benchmarks/bench.py

bench-large: venv ## Large folders beside stock LlamaIndex and BM25 (hours)
	@$(BIN)/python benchmarks/large.py

train: venv ## Train the models again (hours; see training/README.md)
	@sh training/run.sh

lock: venv ## Resolve the dependencies anew
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --universal \
		--python-version 3.11 --no-emit-index-url --no-header --quiet -o requirements.lock
	@sh scripts/lock-others.sh

clean: ## Remove what was made, but not the environment
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
