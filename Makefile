# What can be made: `make` lists it. PYTHON names the Python that .venv is made from.
PYTHON ?= python3
UV ?= uv
RUN = .venv/bin/python

.PHONY: help setup book site own pdf lighthouse exercises slides test reproduce bench lint lab colab data golden lock clean

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 11

setup: ## make .venv with the pinned packages, if it is not up to date
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON) here: install Python 3.11 or newer"; exit 1; }
	@$(PYTHON) tools/setup_venv.py

book: setup ## build the book into book/_build/html
	@$(RUN) tools/build.py

own: setup ## draft a folder for your own study: make own FROM="study.sav coded.qdpx" (STUDY=name)
	@$(RUN) tools/own.py $(or $(STUDY),own) $(FROM)

site: book ## build the book with JupyterLite inside into book/_build/site (PYODIDE=archive: offline)
	@$(RUN) tools/lite.py

pdf: book ## print the whole book into book/_build/book.pdf (needs chromium)
	@$(RUN) tools/pdf.py

lighthouse: book ## measure every page as a phone sees it, into docs/lighthouse.md (needs npm, chromium)
	@$(RUN) tools/lighthouse.py

test: book lint ## check everything: the style, the helpers, the data, the built book
	$(RUN) -m pytest --numprocesses auto --dist loadfile

lint: setup ## check the style of the code, notebooks included
	$(RUN) -m ruff check . && $(RUN) -m ruff format --check .

exercises: setup ## write the exercises' notebooks, for students and for teachers, into book/_build/exercises
	@$(RUN) tools/exercises.py

slides: book ## make the slides of the six sessions into book/_build/slides (needs npm once)
	@$(RUN) tools/slides.py

lab: setup ## open the chapters in JupyterLab
	$(RUN) -m jupyterlab book/chapters

colab: setup ## fit the chapters' cell for Colab to the repository's address in book/_config.yml
	@$(RUN) tools/colab.py

data: setup ## write the synthetic tables anew, byte for byte as they are
	$(RUN) data/make_study.py

bench: setup ## time the build beside other ways, and what must be fast; write docs/benchmarks.md
	@$(RUN) tools/bench.py

reproduce: setup ## build the last commit twice under unlike conditions and compare every file
	@$(RUN) tools/reproduce.py

golden: setup ## compute the results to compare with in R and PSPP
	PYTHON=$(CURDIR)/$(RUN) sh tests/golden/make.sh

lock: ## compile requirements.txt from pyproject.toml (needs uv)
	$(UV) pip compile --quiet --universal --generate-hashes --all-extras --no-strip-extras \
		--python-version 3.11 --custom-compile-command "make lock" pyproject.toml -o requirements.txt

clean: ## remove everything built, and the results kept between builds
	rm -rf book/_build
