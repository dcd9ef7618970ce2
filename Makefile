# What can be made: `make` lists it. PYTHON names the Python that .venv is made from.
PYTHON ?= python3
UV ?= uv
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-strip-extras \
	--python-version 3.11 --custom-compile-command "make lock" pyproject.toml \
	--constraints tools/constraints.txt
RUN = .venv/bin/python
HELPERS = src/audit src/helpers src/learn $(patsubst %,tests/test_%.py,agreement audit compare compare_two describe \
	disclosure lab multiverse pairs play printed scorecard study text themes two_groups views words)
TEST_WITH = $(UV) pip install --quiet --no-config --python $(1)/bin/python -r $(1)/pins.txt -e . \
	beautifulsoup4 defusedxml hypothesis ipykernel nbclient nbformat pingouin pypdf pyreadstat pytest \
	pytest-xdist tableone \
	&& $(1)/bin/python -m pytest -W default --numprocesses auto $(HELPERS)
SETUP = @command -v $(PYTHON) >/dev/null \
	|| { echo "No $(PYTHON) here: install Python 3.11 or newer"; exit 1; } \
	&& $(PYTHON) tools/setup_venv.py

ifneq ($(and $(STUDY),$(filter-out own book release site,$(MAKECMDGOALS))),)
$(error STUDY goes with make own, book, release and site; the rest is of this book's own study)
endif

.PHONY: help setup setup-book book site own release pdf lighthouse exercises class slides test coverage reproduce bench lint lab work wasm oldest carried branch data golden lock pyodide clean

help: ## list what can be made
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / {printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv with all pinned packages, if it is not up to date
	$(SETUP)

setup-book: ## the same with no more packages than `make book` needs
	$(SETUP) book

book: setup-book ## build the book into book/_build/html; STUDY=own: the book of that study in own/_build
	@$(RUN) $(if $(STUDY),tools/own_book.py $(STUDY),tools/build.py)

own: setup ## draft a folder for your own study: make own FROM="study.sav coded.qdpx" (STUDY=name)
	@$(RUN) tools/own.py $(or $(STUDY),own) $(FROM)

release: ## list what the site of your private study shows, and search it: make release STUDY=own
	@$(RUN) tools/release.py $(or $(STUDY),own)

site: setup book ## build the book with JupyterLite inside into book/_build/site (PYODIDE=archive: offline)
	@$(RUN) tools/lite.py $(STUDY)

pdf: setup book ## print the whole book into book/_build/book.pdf (needs chromium)
	@$(RUN) tools/pdf.py

lighthouse: book ## measure the pages as a phone sees them, into docs/lighthouse.md (needs npm, chromium)
	@$(RUN) tools/lighthouse.py

test: setup book lint ## check everything: the style, the helpers, the data, the built book
	$(RUN) -m pytest --numprocesses auto --dist loadfile

COVERED = $(RUN) -m coverage report --skip-covered
coverage: setup book ## run the tests and say which lines none of them reaches
	rm -rf book/_build/coverage book/_build/html book/_build/sphinx && mkdir book/_build/coverage
	$(RUN) -m coverage run tools/build.py # the tests' small books have copies of the extensions
	$(RUN) -m coverage run -m pytest --numprocesses auto --dist loadfile
	$(RUN) -m coverage combine --quiet
	@status=0; $(COVERED) --include "src/*" --fail-under 97 || status=1; \
	$(COVERED) --include "tools/*,book/_ext/*" --fail-under 85 || status=1; exit $$status

lint: setup ## check the style of the code, notebooks included
	$(RUN) -m ruff check . && $(RUN) -m ruff format --check .

exercises: setup ## write the exercises' notebooks, for students and for teachers, into book/_build/exercises
	@$(RUN) tools/exercises.py

CLASS ?= 1
class: exercises ## put together what a lecturer needs for a class; CLASS=2 makes another study (needs chromium)
	@$(RUN) tools/klass.py $(CLASS)

slides: setup book ## make the slides of the six sessions into book/_build/slides (needs npm once)
	@$(RUN) tools/slides.py

lab: work ## work in JupyterLab on copies of chapters, exercises and data; it keeps what you change
	STUDY_DATA=$(CURDIR)/book/_build/work/data $(RUN) -m jupyterlab book/_build/work

work: setup ## bring the copies for `make lab`, in book/_build/work, up to date
	@$(RUN) tools/work.py

book/_build/wasm/ready: tools/wasm/requirements.txt
	$(PYTHON) -m venv --clear book/_build/wasm
	book/_build/wasm/bin/python -m pip install --quiet --require-hashes -r $<
	touch $@

wasm: setup book/_build/wasm/ready ## run the chapters under a Python for WebAssembly
	book/_build/wasm/bin/python tools/wasm/run.py

oldest: ## test the helpers with the oldest packages that pyproject.toml allows (needs uv)
	$(UV) venv --quiet --clear --python $(PYTHON) book/_build/oldest
	$(UV) pip compile --quiet --resolution lowest-direct pyproject.toml -o book/_build/oldest/pins.txt
	$(call TEST_WITH,book/_build/oldest)

carried: ## test the helpers with the packages that Pyodide carries (needs uv, Python 3.12 or newer)
	$(UV) venv --quiet --clear --python $(PYTHON) book/_build/carried
	$(PYTHON) tools/carried.py >book/_build/carried/pins.txt
	$(call TEST_WITH,book/_build/carried)

branch: setup ## commit such copies to the branch `work`, for Binder, Colab and a class's hub
	@$(RUN) tools/work.py branch

data: setup-book ## write the synthetic tables anew, byte for byte as they are
	$(RUN) data/make_study.py

bench: setup ## time the build beside other ways, and what must be fast; write docs/benchmarks.md
	@$(RUN) tools/bench.py

reproduce: setup-book ## build the last commit twice under unlike conditions and compare every file
	@$(RUN) tools/reproduce.py

golden: setup ## compute the results to compare with in R and PSPP
	PYTHON=$(CURDIR)/$(RUN) sh tests/golden/make.sh

lock: ## compile requirements.txt and requirements-dev.txt from pyproject.toml (needs uv)
	cat requirements-dev.txt >>requirements.txt
	$(COMPILE) --all-extras -o requirements.txt
	cp requirements.txt requirements-dev.txt
	$(COMPILE) --extra book -o requirements.txt
	$(COMPILE) --all-extras -o requirements-dev.txt \
		$$(sed -n 's/^\([a-z][^=[]*\).*==.*/--no-emit-package \1/p' requirements.txt | sort -u)
	sed '/^# The following packages were excluded/,$$d' requirements-dev.txt >requirements-dev.part
	mv requirements-dev.part requirements-dev.txt

pyodide: setup ## take from its lock file the versions that Pyodide carries (needs npm)
	@$(RUN) tools/pyodide.py

clean: ## remove everything built, and the results kept between builds, but not book/_build/work
	[ ! -d book/_build ] || find book/_build -mindepth 1 -maxdepth 1 ! -name work -exec rm -rf {} +
