# What can be made: `make` lists it. PYTHON names the Python that .venv is made from.
PYTHON ?= python3
UV ?= uv
RUN = .venv/bin/python

.PHONY: help setup book test lint lab data bench golden lock clean

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 9

setup: ## make .venv with the pinned packages, if it is not up to date
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON) here: install Python 3.11 or newer"; exit 1; }
	@$(PYTHON) tools/setup_venv.py

book: setup ## build the book into book/_build/html
	@$(RUN) tools/build.py

test: book lint ## check everything: the style, the helpers, the data, the built book
	$(RUN) -m pytest

lint: setup ## check the style of the code, notebooks included
	$(RUN) -m ruff check . && $(RUN) -m ruff format --check .

lab: setup ## open the chapters in JupyterLab
	$(RUN) -m jupyterlab book/chapters

data: setup ## write the synthetic tables anew, byte for byte as they are
	$(RUN) data/make_study.py

bench: setup ## time what must be fast
	@for program in tests/bench_*.py; do $(RUN) $$program || exit 1; done

golden: setup ## compute the results to compare with in R and PSPP
	PYTHON=$(CURDIR)/$(RUN) sh tests/golden/make.sh

lock: ## compile requirements.txt from pyproject.toml (needs uv)
	$(UV) pip compile --quiet --universal --generate-hashes --all-extras --no-strip-extras \
		--python-version 3.11 --custom-compile-command "make lock" pyproject.toml -o requirements.txt

clean: ## remove everything built, and the results kept between builds
	rm -rf book/_build
