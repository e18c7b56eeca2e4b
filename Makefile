# Two commands set everything up: `make demo` and `make test`. Both need Python 3.11 or newer, make and git.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := $(VENV)/.peers

# What editors run to check YAML, for the tests of the schema: an exact version, so that they fail only by our own doing.
LANGUAGE_SERVER := 1.25.0
EDITORS := $(VENV)/.editors-$(LANGUAGE_SERVER)

# What code hosts draw Mermaid charts with, for the test that they can draw ours.
MERMAID := 11.17.2
CHARTS := $(VENV)/.mermaid-$(MERMAID)

# What the explorer's page lays out its picture with, the only foreign code in the repository: see viz.md beside it.
VIZ := 3.31.0
WEB := archgraph/pictures/explorer/web

# Plain `pip install torch` may fetch a build of several GB; the constraints name the versions that were tested.
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

# One thread a process: the machine's cores are shared, and results then do not depend on their number.
TEST_ENV := OMP_NUM_THREADS=1

# Tests in two processes at once, each of which may hold two copies of the largest network. `make test WORKERS=0` for one.
WORKERS := 2
PYTEST := $(TEST_ENV) $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

.PHONY: demo test test-fast editors charts lint docs bench viz install clean help

help:
	@echo "make demo       search for a small network on handwritten digits (under 4 minutes)"
	@echo "make test       all tests        make test-fast  those without torch"
	@echo "make editors    the YAML language server for tests, where there is npm; make charts  mermaid for tests"
	@echo "make lint       ruff and mypy    make bench      measurements, printed as tables"
	@echo "make docs       op pages from their classes, examples from what the tool prints"
	@echo "make viz        the explorer's layout library from npm"

demo: $(READY)
	$(BIN)/archgraph search run search/digits.yaml

test: $(PEERS) editors charts
	$(PYTEST)

test-fast: $(READY) editors charts
	$(PYTEST) -m "not torch"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/pages.py
	$(BIN)/python docs/mutations.py
	$(BIN)/python docs/gallery.py

# Hours; each says with --help what it needs, and docs/benchmarks.md what it printed.
LONG := budget fuzz nasbench201 nasbench201_search proxies real_search

bench: $(PEERS)
	@set -e; for file in benchmarks/[!_]*.py; do \
		grep -q '__main__' $$file || continue; \
		case " $(LONG) " in *" $$(basename $$file .py) "*) continue;; esac; \
		echo "== $$file"; $(TEST_ENV) $(BIN)/python $$file; \
	done

install: $(READY)

$(READY): pyproject.toml constraints.txt
	@set -e; for python in python3 python3.13 python3.12 python3.11 python; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			found=$$python; break; \
		fi; \
	done; \
	test -n "$$found" || { echo "archgraph needs Python 3.11 or newer on the PATH" >&2; exit 2; }; \
	test -x $(BIN)/python || $$found -m venv $(VENV)
	@echo "installing archgraph and its dependencies into $(VENV) (once)"
	@$(PIP) --editable '.[data,dashboard,dev]'
	@touch $@

# Networks to compare with, and what segmentation_models_pytorch needs to be imported. Without --no-deps they would bring
# a torch of their own choice.
$(PEERS): $(READY)
	@$(PIP) --editable '.[nasbench,postgres]'
	@$(PIP) --editable '.[ray]' || echo "no Ray for this Python; its tests are skipped" >&2
	@$(PIP) --no-deps torchvision timm pytorchcv segmentation_models_pytorch \
		huggingface_hub httpx2 httpcore2 h11 idna truststore
	@touch $@

editors: $(EDITORS)

$(EDITORS): | $(READY)
	@if command -v npm >/dev/null; then \
		npm install --silent --no-audit --no-fund --prefix $(VENV)/editors yaml-language-server@$(LANGUAGE_SERVER) \
			&& touch $@ || echo "npm could not install yaml-language-server; its tests are skipped" >&2; \
	else \
		echo "no npm, so the tests with yaml-language-server are skipped" >&2; \
	fi

charts: $(CHARTS)

# The file for browsers alone: with all that it is made of, the package is 180 MB.
$(CHARTS): | $(READY)
	@if command -v npm >/dev/null; then \
		mkdir -p $(VENV)/mermaid && cd $(VENV)/mermaid && npm pack --silent mermaid@$(MERMAID) >/dev/null \
			&& tar -xzf mermaid-$(MERMAID).tgz package/dist/mermaid.min.js && rm mermaid-$(MERMAID).tgz \
			&& touch $(CURDIR)/$@ || echo "npm could not fetch mermaid; its tests are skipped" >&2; \
	else \
		echo "no npm, so the tests with mermaid are skipped" >&2; \
	fi

viz:
	@set -e; folder=$$(mktemp -d); \
	npm install --silent --no-audit --no-fund --prefix $$folder @viz-js/viz@$(VIZ); \
	file=$$folder/node_modules/@viz-js/viz/dist/viz.js; \
	gzip -9nc $$file > $(WEB)/viz.js.gz; \
	digest=$$(sha256sum $$file | cut -d' ' -f1); \
	sed -i "s|@viz-js/viz [0-9.]*,|@viz-js/viz $(VIZ),|; s|file: [0-9a-f]*$$|file: $$digest|" $(WEB)/viz.md; \
	rm -r $$folder

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
