PYTHON ?= python3
BIN = .venv/bin
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes

# Where it is set, each of a thousand processes of the tests would compile what it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help:  ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

.PHONY: run
run: .venv/run  ## Set up and start Bellhop at http://127.0.0.1:8080
	@exec $(BIN)/python app.py

.PHONY: dev
dev: .venv/run  ## Start Bellhop and restart it when its code changes
	@exec $(BIN)/python tools/dev.py

.PHONY: demo
demo: .venv/run  ## Submit the files of examples/ to the running Bellhop and show the results
	@$(BIN)/python tools/demo.py

.PHONY: test
test: .venv/dev  ## Set up and run every test (ONLY=tests/jobs: only these)
	@$(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder $(ONLY)

.PHONY: postgresql
postgresql: .venv/dev  ## Run every test with the jobs in PostgreSQL (ONLY=tests/web: only these)
	@ROWS=postgresql $(MAKE) --no-print-directory test

.PHONY: quick
quick: .venv/dev  ## Run the tests that start no server, browser or job process
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "not processes"

.PHONY: fmt
fmt: .venv/dev  ## Format the code and apply safe lint fixes
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: check
check: .venv/bench  ## Lint, types, every test, and a short run of each benchmark
	@$(MAKE) --no-print-directory --jobs 2 lint compiled
	@$(MAKE) --no-print-directory test ONLY=
	@$(BIN)/python benchmarks/run.py --quick

.PHONY: lint
lint: .venv/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .

# Else each of the processes that run the tests compiles all of them.
.PHONY: compiled
compiled: .venv/dev
	-@$(BIN)/python -m pytest --collect-only --quiet --quiet >/dev/null

.PHONY: proof
proof: postgresql fuzz chaos chaos-postgresql cluster attack backups upgrades proxies soak nights pages eval  ## Run what is too long for make check: fuzz, chaos, attack …

.PHONY: bench
bench: .venv/bench  ## Compare speed and memory with the alternatives
	@$(BIN)/python benchmarks/run.py

.PHONY: pages
pages: .venv/bench  ## Measure what the pages cost with 100,000 jobs, and while jobs flood in
	@$(BIN)/python benchmarks/run.py --only pages flood

.PHONY: eval
eval: .venv/dev  ## Run the job types on the test data and print their accuracy
	@$(BIN)/python evaluation/run.py

.PHONY: chaos
chaos: .venv/dev  ## Kill processes at random, no job is lost (ROWS=postgresql; CLUSTER=1 BELL= FILES=)
	@$(BIN)/python -m tests.whole.chaos $(if $(ROWS),--store $(ROWS)) $(if $(SEED),--seed $(SEED)) \
		$(if $(CLUSTER),--cluster) $(if $(BELL),--bell $(BELL)) $(if $(FILES),--files $(FILES))

.PHONY: chaos-postgresql
chaos-postgresql: .venv/dev
	@$(MAKE) --no-print-directory chaos ROWS=postgresql

.PHONY: cluster
cluster: .venv/dev
	@$(MAKE) --no-print-directory chaos CLUSTER=1
	@$(MAKE) --no-print-directory chaos CLUSTER=1 BELL=redis FILES=s3

.PHONY: soak
soak: .venv/dev  ## Use, upgrade, restart and kill Bellhop for 8 minutes: what grows? (FOLDER=… continues)
	@$(BIN)/python -m tests.whole.soak $(if $(FOLDER),--folder $(FOLDER)) $(if $(SEED),--seed $(SEED))

.PHONY: fuzz
fuzz: .venv/dev  ## Send 100,000 unusual requests to every route (SEED=… repeats a run)
	@$(BIN)/python -m tests.whole.fuzz $(if $(SEED),--seed $(SEED)) $(if $(CASES),--cases $(CASES))

.PHONY: attack
attack: .venv/dev  ## Attack a running Bellhop as job code, an account and a stranger (ROWS=postgresql)
	@$(BIN)/python -m tests.whole.attack $(if $(ROWS),--rows $(ROWS)) $(if $(SEED),--seed $(SEED))

.PHONY: backups
backups: .venv/dev  ## Kill 20 backups under load, and restore and compare 20 others
	@BACKUPS=20 $(BIN)/python -m pytest tests/whole/test_backup.py

.PHONY: upgrades
upgrades: .venv/dev  ## Upgrade a data folder with 100,000 waiting jobs, and run them
	@UPGRADE_JOBS=100000 $(BIN)/python -m pytest -s tests/whole/test_upgrade.py

.PHONY: proxies
proxies: .venv/dev  ## Send 2 GB through Caddy and nginx as docs/behind-a-proxy.md sets them up
	@PROXIES=long $(BIN)/python -m pytest tests/whole/test_behind_a_proxy.py

.PHONY: nights
nights: .venv/dev  ## Verify schedules in every night of 40 years in which a zone changes its clocks
	@NIGHTS=all $(BIN)/python -m pytest --numprocesses 2 tests/schedules/test_cron.py

.PHONY: dist
dist: .venv/dev  ## Build the wheel and bellhop.pyz (a single file) in dist/
	@$(BIN)/python tools/dist.py

.PHONY: pins
pins: .venv/pins  ## Lock the packages of pyproject.toml and write the requirements files
	@$(BIN)/python tools/pins.py

.PHONY: audit
audit: .venv/pins  ## Look up known vulnerabilities of the pinned packages
	@$(BIN)/python tools/audit.py

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Bellhop needs Python 3.11 or newer: make PYTHON=python3.11 …" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

.venv/run: .venv/created requirements.txt requirements-core.txt
	@$(INSTALL) -r requirements.txt
	@touch $@

# Of the tools of the tests, most modules are imported by nobody.
.venv/dev: .venv/run requirements-dev.txt requirements-cog.txt requirements-ocr.txt \
		requirements-postgresql.txt requirements-machines.txt requirements-sso.txt \
		requirements-notices.txt
	@$(INSTALL) --no-compile -r requirements-dev.txt
	@touch $@

.venv/bench: .venv/dev requirements-bench.txt
	@$(INSTALL) --no-compile -r requirements-bench.txt
	@touch $@

.venv/pins: .venv/dev requirements-pins.txt
	@$(INSTALL) -r requirements-pins.txt
	@touch $@
