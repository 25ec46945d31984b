PYTHON ?= python3
BIN = .venv/bin
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help

.PHONY: help
help:  ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

.PHONY: run
run: .venv/run  ## Set up and start Bellhop at http://127.0.0.1:8080
	@exec $(BIN)/python app.py

.PHONY: dev
dev: .venv/run  ## Start Bellhop and restart it when a file of it changes
	@exec $(BIN)/python tools/dev.py

.PHONY: demo
demo: .venv/run  ## Submit the files of examples/ to the running Bellhop and show the results
	@$(BIN)/python tools/demo.py

.PHONY: test
test: .venv/dev  ## Set up and run every test (ONLY=tests/jobs runs those)
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ONLY)

.PHONY: quick
quick: .venv/dev  ## Run the tests that start no process, in less than 90 seconds
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "not processes"

.PHONY: fmt
fmt: .venv/dev  ## Format the code, and mend what can be mended without thinking
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: check
check: .venv/bench  ## Lint, types, every test, and each benchmark once in small
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(MAKE) --no-print-directory test ONLY=
	@$(BIN)/python benchmarks/run.py --quick

.PHONY: proof
proof: fuzz chaos eval  ## Run what is too long for make check: fuzz, chaos, eval

.PHONY: bench
bench: .venv/bench  ## Measure speed and memory side by side with the alternatives
	@$(BIN)/python benchmarks/run.py

.PHONY: eval
eval: .venv/dev  ## Run the job types on the test data and print how good they are
	@$(BIN)/python evaluation/run.py

.PHONY: chaos
chaos: .venv/dev  ## Kill everything at random under load, and check that nothing is lost
	@$(BIN)/python -m tests.whole.chaos

.PHONY: fuzz
fuzz: .venv/dev  ## Send 100,000 odd requests to every address (SEED=… chooses which)
	@$(BIN)/python -m tests.whole.fuzz $(if $(SEED),--seed $(SEED)) $(if $(CASES),--cases $(CASES))

.PHONY: dist
dist: .venv/dev  ## Build the wheel and bellhop.pyz, the whole in one file, into dist/
	@$(BIN)/python tools/dist.py

.PHONY: pins
pins: .venv/pins  ## Lock what pyproject.toml names, and write the requirements files
	@$(BIN)/python tools/pins.py

.PHONY: audit
audit: .venv/pins  ## Look for known vulnerabilities of the pinned packages
	@$(BIN)/python tools/audit.py

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Bellhop needs Python 3.11 or newer: make PYTHON=python3.11 …" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

.venv/run: .venv/created requirements.txt requirements-core.txt
	@$(INSTALL) -r requirements.txt
	@touch $@

.venv/dev: .venv/run requirements-dev.txt requirements-cog.txt requirements-ocr.txt
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

.venv/bench: .venv/dev requirements-bench.txt
	@$(INSTALL) -r requirements-bench.txt
	@touch $@

.venv/pins: .venv/created requirements-pins.txt
	@$(INSTALL) -r requirements-pins.txt
	@touch $@
