# Everything a contributor or a first-time user needs. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help setup docs demo test crash hostile fuzz fuzz-guided check bench bench-catalogue bench-reader bench-schedule quality train crawl lock peers clean

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.made-from-the-lock
PEERS := .venv-peers
ATHERIS := .venv-fuzz
SYSTEM_PYTHON ?= $(shell command -v python3 || command -v python)
# Each worker takes whole files, so that what a file's tests share is made once.
PYTEST := $(PY) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
CORPUS ?= ../shared/corpus

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv from the lock (other targets do it themselves)

$(STAMP): requirements.txt
	@$(SYSTEM_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Dateline needs Python 3.11 or newer; found $$($(SYSTEM_PYTHON) --version). Name another: make SYSTEM_PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(SYSTEM_PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "This Python cannot make environments. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	rm -rf $(VENV)
	$(SYSTEM_PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

demo: $(STAMP) ## Crawl the bundled newsroom, archive, read, verify, search: the main job in two minutes
	$(PY) -m tests.newsroom.demo

test: $(STAMP) ## Run the tests, on all cores
	$(PYTEST)

check: $(STAMP) ## Format, lint, types, tests, docs against code
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(PYTEST)

crash: $(STAMP) ## Kill a crawl of 2,000 pages at 50 points, and see that nothing is lost: two minutes
	$(PY) -m tests.crash.matrix

hostile: $(STAMP) ## Crawl 184 hostile servers and documents beside a healthy one; print what it cost
	$(PY) -m tests.hostile.matrix

fuzz: $(STAMP) ## Feed every reader of foreign bytes what chance makes of its seeds: make fuzz SECONDS=1800
	$(PY) -m tests.fuzz.run --seconds $(or $(SECONDS),600)

fuzz-guided: $(STAMP) $(ATHERIS)/.made-from-the-lock ## The same, guided by the branches that readers take (Atheris, if it is to be had)
	PYTHONPATH=$(ATHERIS) $(PY) -m tests.fuzz.guided --seconds $(or $(SECONDS),600)

# Not in .venv: 35 MB, and no wheel for every Python. Without it, `fuzz-guided` says so and does nothing.
$(ATHERIS)/.made-from-the-lock: requirements-fuzz.txt
	rm -rf $(ATHERIS)
	mkdir $(ATHERIS)
	-$(PY) -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps --require-hashes \
	  --target $(ATHERIS) -r requirements-fuzz.txt
	@touch $@

bench: $(STAMP) ## Measure: each benchmark prints ratios taken side by side
	@for bench in tests/benchmarks/bench_*.py; do echo "== $$bench"; PYTHONPATH=. $(PY) $$bench || exit 1; done

bench-catalogue: $(STAMP) ## Measure the catalogue at 10,000 and 100,000 articles, ten minutes: make bench-catalogue SIZES="100000 1000000"
	PYTHONPATH=. $(PY) tests/benchmarks/bench_catalogue.py $(or $(SIZES),10000 100000)

bench-reader: $(STAMP) ## Measure what a reader of the live catalogue costs the writer, ten minutes: make bench-reader SECONDS=60
	PYTHONPATH=. $(PY) tests/benchmarks/bench_reader.py $(or $(SECONDS),600)

bench-schedule: $(STAMP) ## Compare the schedule of sources with others; writes the table and plot of docs/scheduling.md
	$(PY) -m tests.benchmarks.bench_schedule --docs

quality: $(STAMP) ## Score the reader on ../shared/corpus against the pinned floors
	$(PY) -m tests.quality.quality

train: $(STAMP) ## Train the reader's weights anew on ../shared/corpus, and score them
	$(PY) -m tests.quality.quality --write-weights

docs: $(STAMP) ## Make the documents that repeat code: the manual of the commands, the tables of the catalogue
	$(PY) -m crawler.manual > docs/commands.md
	$(PY) -m archive.catalogue.describe docs/catalogue.md

crawl: $(STAMP) ## Crawl one site of the archive: make crawl SITE=name
	@test -n "$(SITE)" || { echo "Which site? make crawl SITE=name"; exit 4; }
	$(VENV)/bin/dateline crawl $(SITE)

peers: $(STAMP) $(PEERS)/.made-from-the-lock ## Make .venv-peers, .venv-replay, .venv-browse: other people's tools, which judge our files
	$(PY) -m archive.replay.environment
	$(PY) -m archive.browse.environment
	$(PY) -m tests.replaywebpage

$(PEERS)/.made-from-the-lock: requirements-peers.txt
	rm -rf $(PEERS)
	$(SYSTEM_PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-peers.txt
	@touch $@

UV_COMPILE := $(VENV)/bin/uv pip compile --universal --generate-hashes --python-version 3.11 --quiet --upgrade \
  --no-emit-index-url --custom-compile-command 'make lock'

lock: $(STAMP) ## Lock the dependencies anew, with hashes
	$(PY) -m pip install --quiet --disable-pip-version-check uv
	$(UV_COMPILE) --group dev -o requirements.txt pyproject.toml
	$(UV_COMPILE) --group peers -o requirements-peers.txt
	$(UV_COMPILE) --group fuzz -o requirements-fuzz.txt
	$(UV_COMPILE) --group replay -o archive/replay/requirements-replay.txt
	$(UV_COMPILE) --group browse -o archive/browse/requirements-browse.txt

clean: ## Remove environments, caches and the demo; never an archive
	rm -rf $(VENV) $(PEERS) .venv-* demo-archive build dist *.egg-info
	find . -name __pycache__ -o -name .pytest_cache -o -name .mypy_cache -o -name .ruff_cache -o -name .hypothesis \
	  | xargs rm -rf
