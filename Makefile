# Everything a newcomer needs: `make demo`, `make test`. Both set up .venv first.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO_OUT ?= demo-out
WORKERS ?= 2
LOWEST ?= .venv-lowest
PYTHONS ?= 3.11.0 3.12 3.13

.PHONY: browser setup demo test pytest lowest resolve lint types format tables docs constraints clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mtlue needs Python 3.11 or newer; try make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: setup
	$(BIN)/mtlue demo --out $(DEMO_OUT) --overwrite

# Debian's Chromium, for the tests of the pages; where it cannot be installed they are skipped.
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get install -qq -y chromium >/dev/null; } \
	  || echo "no Chromium here, and it cannot be installed: the tests of the pages in a browser are SKIPPED"

test: lint types pytest

pytest: setup browser
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist worksteal

# The oldest versions that pyproject.toml allows, in a folder of their own.
lowest: setup
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(LOWEST)/venv
	VIRTUAL_ENV=$(LOWEST)/venv $(BIN)/uv pip install --quiet --resolution lowest-direct -e '.[dev]'
	OMP_NUM_THREADS=1 $(LOWEST)/venv/bin/python -m pytest -n $(WORKERS) --dist worksteal -W default

# Whether the tested versions exist for every Python that we name; nothing is installed.
resolve: setup
	for version in $(PYTHONS); do \
	  echo "resolving for Python $$version"; \
	  $(BIN)/uv pip compile --quiet --all-extras --constraint constraints.txt --python-version $$version pyproject.toml > /dev/null \
	    || exit 1; \
	done

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The tables of our documents that come from benchmarks/records.
tables: setup
	$(BIN)/python benchmarks/published_tables.py

# The site: open build/docs/index.html. Warnings are errors.
docs: setup
	$(BIN)/sphinx-build -W --keep-going -q -b html -d build/doctrees docs build/docs
	@echo "open build/docs/index.html"

constraints: setup
	(echo '# Versions that were installed and tested together (Python 3.11, Linux x86-64, no GPU). `make constraints` writes this file.'; \
	 $(BIN)/pip freeze --exclude-editable) > constraints.tmp && mv constraints.tmp constraints.txt

clean:
	rm -rf $(VENV) $(LOWEST) build dist *.egg-info src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis demo-out
