# `make run` opens the terminal with a demo office; `make test` checks and tests everything. Both set up what they need first.
#
#   PYTHON=python3.11   the interpreter for a new environment (default: python3)
#   VENV=.venv          its folder
#   WORKERS=3           processes of `make test`, each with whole files of tests, one more than two cores, for tests wait; 0: all in one
#   ARGS="…"            options for the command that a target runs

VENV ?= .venv
ARGS ?=
WORKERS ?= 3
FACES ?= $(or $(KIOSK_FACES),../shared/faces)
export PYTHON VENV
# Tests start hundreds of processes: without bytecode each would compile all of our sources again, for a second or two.
unexport PYTHONDONTWRITEBYTECODE

BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help setup run test test-long check torture torture-vm test-install mutants accuracy bench latency queue stalls test-allowance bench-allowance memory picture screens clean

help: ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## the virtual environment and the system packages; nothing when they are up to date
	@scripts/setup.sh

run: setup ## the terminal, with an embedded server and a demo office: make run ARGS="--display offscreen"
	@$(BIN)/python -m demo $(ARGS)

# In the order of the folders: a file of few and long tests that came last would leave one worker alone at the end.
test: check ## all tests but the long ones
	$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not torture and not install and not accuracy and not mutants and not long" $(ARGS)

test-long: setup ## walks that take minutes each: every route broken on PostgreSQL too, every screen in every size
	$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m long $(ARGS)

check: setup ## ruff, strict types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

torture: setup ## the long fault tests: kills, failing disks, bad networks, a hostile sender (their figures are printed)
	$(PYTEST) -m torture -s tests/torture $(ARGS)

torture-vm: setup ## power cuts of a virtual machine while it records (root, QEMU)
	$(PYTEST) -m torture -s tests/torture_vm $(ARGS)

test-install: setup ## systemd/install.sh on a booted Debian 13: install, start, uninstall, again (root, debootstrap, systemd-nspawn)
	$(PYTEST) -m install -s tests/install $(ARGS)

mutants: setup ## change the modules that pay and life hang on one place at a time: do their tests notice?
	$(PYTEST) -q -m mutants tests/unit/mutants
	@$(BIN)/python -m tests.mutants $(ARGS)

accuracy: setup ## identification and attack detection on the evaluation faces: the tables of docs/accuracy.md
	$(BIN)/kiosk evaluate $(FACES)/lfw $(ARGS)
	$(BIN)/kiosk pad $(wildcard $(FACES)/pad $(FACES)/clips)
	$(PYTEST) -m accuracy

bench: setup ## every figure of speed and memory that was asked for: asked, measured, reached (ARGS=--json)
	$(BIN)/python -m tests.bench.must_reach $(ARGS)

latency: setup ## from a face's first appearance to "tercatat", by stage
	$(BIN)/python -m demo.latency $(ARGS)

picture: setup ## the picture that opens the README, by the running terminal
	$(BIN)/python -m demo.picture

test-allowance: setup ## the four policies against a second, slow reckoning, on 20,000 generated months; 40 scripts of facts and closings a database; 2,000 calendars on screen and in the books
	ALLOWANCE_EXAMPLES=20000 $(PYTEST) -q tests/unit/etpp/allowance/test_oracle.py $(ARGS)
	ALLOWANCE_SCRIPTS=40 $(PYTEST) -q tests/contract/etpp/allowance/test_any_order.py $(ARGS)
	CALENDAR_EXAMPLES=2000 $(PYTEST) -q tests/contract/calendar $(ARGS)

bench-allowance: setup ## statements a second in memory, what a late fact makes anew, and a whole regency out of PostgreSQL
	$(BIN)/python -m tests.bench.bench_allowance $(ARGS)
	$(BIN)/python -m tests.bench.bench_regency

queue: setup ## a queue before the terminal in its window (Xvfb, software GL): people a minute, whose events, stalls of the screen
	$(BIN)/python -m tests.bench.bench_queue --faces $(FACES) $(ARGS)

stalls: setup ## the same and an officer's enrolment in the window: asked, measured, reached
	$(BIN)/python -m tests.bench.bench_queue --faces $(FACES)
	$(BIN)/python -m tests.bench.bench_enrolment

memory: setup ## memory of kiosk run with 1,000 employees over 20,000 frames
	$(BIN)/python tests/bench/bench_memory.py $(ARGS)

screens: setup ## every screen in every language and size as PNG in out/screens, all on one sheet in contact.png
	$(BIN)/python -m kiosk.ui.preview --out out/screens $(ARGS)

clean: ## remove what was built
	rm -rf $(VENV) out build dist *.egg-info
