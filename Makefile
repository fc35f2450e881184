# `make run` opens the terminal with a demo office; `make test` checks and tests everything. Both set up what they need first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: run test check setup clean help

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.ready ## the virtual environment and the system packages

$(VENV)/.ready: setup.py requirements/face.txt scripts/setup.sh
	PYTHON="$(PYTHON)" VENV="$(VENV)" scripts/setup.sh
	@touch $@

run: setup ## the terminal, with an embedded server and a demo office: make run ARGS="--display offscreen"
	@$(BIN)/python -m demo $(ARGS)

test: check ## all tests but the long ones
	$(BIN)/python -m pytest

check: setup ## ruff, strict types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean: ## remove what was built
	rm -rf $(VENV) out build dist *.egg-info
