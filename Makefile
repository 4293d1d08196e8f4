# Every command of the project. Needed: make and Python 3.11 or newer; the rest they fetch.
#   make run PORT=9000 DATA_DIR=/srv/helpdesk       make test ONLY=sqlite ARGS="-k code"

PORT ?= 8000
ONLY ?=
ARGS ?=
LOCK_DATE ?= $(shell python3 -c 'import datetime as d; print(d.date.today() - d.timedelta(days=7))')

python := .venv/bin/python
tests := $(python) tests/run.py
lock = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --exclude-newer $(LOCK_DATE)

.DEFAULT_GOAL := help
.PHONY: help run test lint promises bench soak fuzz lock run-set test-set

help: ## lists the commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

run: run-set ## the helpdesk with demo data on http://localhost:8000 (PORT, DATA_DIR)
	@exec $(python) manage.py up --demo --port "$(PORT)"

test: test-set ## every check and test, on both profiles (ONLY="lint sqlite full pump browser", ARGS for pytest)
	@$(tests) $(ONLY:%=--only %) $(ARGS)

lint: test-set ## style, types, imports, migrations, deployment settings
	@$(tests) --only lint

promises: test-set ## the tests behind each promise, attack and sentence of a seed, one line each
	@$(tests) $(ONLY:%=--only %) --promises $(ARGS)

soak: test-set ## the long runs: many kills, many replies
	@$(tests) $(ONLY:%=--only %) --soak $(ARGS)

fuzz: test-set ## the property tests with forty times the examples
	@$(tests) $(ONLY:%=--only %) --fuzz $(ARGS)

bench: test-set ## the tables of bench/
	@failed=0; for file in bench/*.py; do echo "== $$file"; $(python) "$$file" || failed=1; done; exit $$failed

lock: ## remakes both locks (needs uv; LOCK_DATE, a week ago by default, is the newest release taken)
	@command -v uv >/dev/null || { echo "uv is missing: pip install uv" >&2; exit 1; }
	$(lock) requirements/run.in -o requirements/run.txt
	$(lock) requirements/test.in -o requirements/test.txt

run-set:
	@sh requirements/install.sh run

test-set:
	@sh requirements/install.sh test
