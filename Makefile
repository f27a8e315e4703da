# One command for each thing people do here. `make help` lists them.
SHELL := /bin/sh
PYTHON ?= python3
# One more than there are cores: whoever looks at the whole system, or kills parts of it, mostly waits.
WORKERS ?= $(shell expr $$(nproc) + 1) --maxprocesses 5 --dist loadfile
ARGS ?=
DAYS ?= 7
RUN := .venv/bin/python -m
export PYTHON
# Some machines tell Python to keep no compiled modules; each of a dozen processes would compile the same ones at each start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | awk -F'|' '{printf "  make %-17s %s\n", $$1, $$2}'

.PHONY: install
install: .venv/installed ## put exactly what requirements.lock names into .venv
.venv/installed: requirements.lock deploy/local/install.sh
	@sh deploy/local/install.sh

.PHONY: run status logs token rotate-issuer-key reset
run: install ## start the whole system, until Ctrl-C (PORT=8010, DEMO=1, …_DATABASE_URL=…, AMQP_URL=…)
	@$(RUN) deploy.local.run
status: install ## say what runs, where, and what it logged last
	@$(RUN) deploy.local.status
logs: install ## follow the logs of everything
	@$(RUN) deploy.local.logs
token: install ## print a development token (ROLE=coordinator, PARTNER=…, ZONE=north,west)
	@$(RUN) deploy.local.issue_token
rotate-issuer-key: install ## let the development issuer sign with a new key
	@$(RUN) deploy.local.rotate_issuer_key
reset: install ## forget all local data; refuses while the system runs
	@$(RUN) deploy.local.reset

.PHONY: backup restore restore-service
backup: install ## copy the running stack's databases, verified, and keep what changes from then on (KEEP=7)
	@$(RUN) deploy.local.take_backup
restore: install ## bring the stopped stack back as it was (AT=2026-11-26T14:05:00+05:30, or as late as can be)
	@$(RUN) deploy.local.restore
restore-service: install ## bring one service of the running stack back as it was (SERVICE=partners AT=2026-11-26T14:05:00+05:30)
	@$(RUN) deploy.local.restore_service

.PHONY: irp-simulator salesforce-simulator
irp-simulator: install ## serve a stand-in for the invoice registration portal, until Ctrl-C (PORT=8099)
	@$(RUN) tests.irp
salesforce-simulator: install ## serve a stand-in for a Salesforce organisation, until Ctrl-C (PORT=8098)
	@$(RUN) tests.salesforce

.PHONY: test test-unit test-office bench evaluate-matching
test: install ## run every test on throwaway PostgreSQL and RabbitMQ (ARGS='-k clock tests/unit')
	@$(RUN) pytest -n $(WORKERS) $(ARGS)
test-unit: install ## run the tests that need nothing but Python
	@$(RUN) pytest -n0 tests/unit $(ARGS)
test-office: install ## fill and mark a template's workbook in LibreOffice, which is fetched if it is not here
	@SALESOPS_OFFICE=1 $(RUN) pytest -n0 tests/integration/reporting/test_office_round_trip.py $(ARGS)
bench: install ## measure, print the table, write it as JSON and as a picture
	@$(RUN) tests.benchmarks $(ARGS)
evaluate-matching: install ## score the matching by category (FOLDER=labelled/statement ARGS=--misses); without, on invented months
	@$(RUN) tests.conformance.evaluate_matching $(FOLDER) $(ARGS)

.PHONY: lint-api api-changes api-release fuzz-api
lint-api: install ## lint the API's documents by Redocly's recommended rules
	@$(RUN) tests.contract.api_lint
api-changes: install ## say what the documents break for callers of the released ones
	@$(RUN) tests.contract.api_changes
api-release: install ## make the documents of now the released ones
	@$(RUN) tests.contract.api_changes release
fuzz-api: install ## examine the running system with valid and invalid requests (PORT=8010, SECONDS=300, SEED=…)
	@$(RUN) tests.e2e.api_examination http://127.0.0.1:$(or $(PORT),8000) \
		"$$(ROLE=admin $(RUN) deploy.local.issue_token)" $(or $(SECONDS),300) $(SEED)

.PHONY: soak-ledger
soak-ledger: install ## act on the ledger at random and compare with a model (STEPS=5000, SEED=… repeats a run)
	@LEDGER_STEPS=$(or $(STEPS),5000) LEDGER_SEED=$(SEED) $(RUN) pytest -n0 -q --no-header \
		tests/integration/payments/ledger/test_ledger_machine.py

.PHONY: faults faults-cluster
faults: install ## break parts of a whole system under load, and tell what callers noticed (SEED=… repeats a run, ONLY="broker-away …", LASTING=8, KEEP=1 for its logs)
	@$(RUN) tests.faults.exercise $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY)) --seconds $(or $(LASTING),8) $(if $(KEEP),--keep) \
		--report build/faults
faults-cluster: install ## the same to three broker nodes, a primary and a standby, two of every process (SEED=…, LASTING=8)
	@$(RUN) tests.faults.exercise --cluster $(if $(SEED),--seed $(SEED)) --seconds $(or $(LASTING),8) $(if $(KEEP),--keep) \
		--report build/faults-cluster

.PHONY: documents-morning
documents-morning: install ## send every partner its documents, with a worker killed on the way; says how fast (PARTNERS=500)
	@MORNING_PARTNERS=$(or $(PARTNERS),500) $(RUN) pytest -n0 -q -s --no-header --log-level=ERROR \
		tests/faults/test_documents_sent_once.py

.PHONY: check lint format-check types imports architecture
check: install ## run the quick checks side by side: style, types, layers, architecture
	@$(MAKE) --no-print-directory --keep-going --jobs --output-sync=target lint format-check types imports architecture
lint:
	@$(RUN) ruff check --quiet --output-format concise .
format-check:
	@$(RUN) ruff format --check . >.venv/format.log 2>&1 || { cat .venv/format.log; echo "not formatted as agreed; 'make format' does it"; exit 1; }
types:
	@$(RUN) mypy --no-error-summary
imports:
	@.venv/bin/lint-imports --no-logo >.venv/imports.log 2>&1 || { cat .venv/imports.log; exit 1; }
architecture:
	@$(RUN) pytest -q --no-header -n0 -p no:cacheprovider tests/architecture || [ $$? -eq 5 ]

.PHONY: documents
documents: install ## write docs/api, docs/events and the cluster's broker accounts from the code
	@$(RUN) deploy.documents docs
	@$(RUN) shared.events.catalogue docs/events
	@$(RUN) deploy.broker_rights deploy/kubernetes/base/broker-rights.yaml
	@$(RUN) deploy.broker_topology deploy/rabbitmq/topology.json

.PHONY: release-check audit
release-check: install ## before a release: one version, bill of materials, licences, secrets in the history, known weaknesses
	@$(RUN) deploy.release
audit: install ## ask a public database for known weaknesses of what the locks name (needs the network)
	@$(RUN) deploy.release.audit

.PHONY: audit-export
audit-export: install ## write what an auditor asks for (FROM=2026-10-01 TO=2026-10-31 FOLDER=… PERSONAL=1), or check it (VERIFY=folder SHA256=…)
	@$(RUN) deploy.audit_export $(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO)) $(if $(FOLDER),--folder $(FOLDER)) \
		$(if $(PERSONAL),--personal-data) $(if $(VERIFY),--verify $(VERIFY)) $(if $(SHA256),--manifest-sha256 $(SHA256))

.PHONY: format lock env verify-ledger
verify-ledger: install ## recompute the audit chain of the running stack (or PAYMENTS_DATABASE_URL=…)
	@$(RUN) deploy.verify_ledger
env: install ## write .env for docker compose, with fresh secrets (DEMO=1: to try it, with stand-ins)
	@$(RUN) deploy.environment_file
format: install ## lay the code out as agreed and mend what can be mended
	@$(RUN) ruff check --quiet --fix-only .
	@$(RUN) ruff format --quiet .
lock: install ## compile requirements.lock, and that of the image, from pyproject.toml, leaving out what is younger than a week (DAYS=7)
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --group dev \
		--exclude-newer "$$($(PYTHON) -c 'import datetime as d; print(d.date.today() - d.timedelta(days=$(DAYS)))')" \
		pyproject.toml --output-file requirements.lock
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		--constraint requirements.lock pyproject.toml --output-file deploy/requirements.lock
