# The two commands a newcomer needs: `make demo` and `make test`. `make check` is what a contributor runs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SERVE ?= 1
READY := $(VENV)/.ready
TRAINS := $(VENV)/.trains

.PHONY: demo test check format clean chromium

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "intentfeed needs Python 3.11 to 3.13: set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

# What is trained is tested too; of torch, an index with CPU builds (PIP_EXTRA_INDEX_URL) brings the small one.
$(TRAINS): $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,train]'
	touch $@

demo: $(READY)
	$(BIN)/intentfeed demo $(if $(filter 0,$(SERVE)),--no-serve)

test: $(TRAINS) chromium
	$(BIN)/python -m pytest -n 2

# The tests drive the page in a real browser. Where it is missing and may not be installed, those few tests are skipped.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || echo "no Chromium, and no right to install it: the tests of the page will be skipped"

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) demo
