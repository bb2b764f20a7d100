# Needs git, GnuPG, Python with venv, and make. All that is made lies in .venv, .bench and .tools.
#
#   make demo    install into .venv, run the whole loop once in a scratch directory
#   make test    install what the tests need, check style and types, run the tests
#   make lint    style and types only
#   make format  put the code into the one form
#   make fuzz    feed the verifier bytes that nobody meant, FUZZ_SECONDS long (300)
#   make attack-table   write the table of docs/security.md anew
#   make bench   install the built package into .bench, measure it beside the floors
#   make soak    end runs at hundreds of random moments, SOAK_ARGUMENTS to pytest (-n 2)
#   make clean   remove what was made

PYTHON ?= python3
PYTEST_ARGUMENTS ?= -n 2
SOAK_ARGUMENTS ?= -n 2
FUZZ_SECONDS ?= 300

VENV := .venv
BENCH := .bench
SOURCES := pyproject.toml README.md LICENSE $(shell find localci hooks .github/workflows -type f -not -name '*.pyc')

.PHONY: demo test soak lint format fuzz attack-table bench clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	$(VENV)/bin/localci demo

# `pytest`, not `python -m pytest`: the tests are of the installed package, not of this directory.
test: lint $(VENV)/.installed
	@tests/install-parts
	@tests/install-tools $(PYTHON)
	$(VENV)/bin/pytest -p no:cacheprovider $(PYTEST_ARGUMENTS)

soak: $(VENV)/.installed $(VENV)/.tools
	@tests/install-parts
	@tests/install-tools $(PYTHON)
	$(VENV)/bin/pytest -p no:cacheprovider $(SOAK_ARGUMENTS) tests/soak/*.py

lint: $(VENV)/.tools
	$(VENV)/bin/ruff check --quiet localci tests bench
	$(VENV)/bin/ruff format --quiet --check localci tests bench
	$(VENV)/bin/mypy --no-error-summary
	MYPYPATH=tests $(VENV)/bin/mypy --no-error-summary -p support
	MYPYPATH=bench:tests $(VENV)/bin/mypy --no-error-summary bench

format: $(VENV)/.tools
	$(VENV)/bin/ruff check --fix --quiet localci tests bench
	$(VENV)/bin/ruff format --quiet localci tests bench

fuzz: $(VENV)/.installed $(VENV)/.tools
	PYTHONPATH=tests $(VENV)/bin/python tests/fuzz/run.py --seconds $(FUZZ_SECONDS)

attack-table: $(VENV)/.installed $(VENV)/.tools
	PYTHONPATH=tests $(VENV)/bin/python -m support.attack_table

bench: $(BENCH)/.installed $(BENCH)/.tools $(BENCH)/.peer
	@tests/install-parts
	PYTHONPATH=tests $(BENCH)/venv/bin/python bench/run.py

clean:
	rm -rf $(VENV) $(BENCH) .tools .fuzz .hypothesis .import_linter_cache .mypy_cache .ruff_cache
	find localci tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# `--group` came with pip 25.1; the pip that a venv starts with is often older.
$(VENV)/.made:
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet 'pip>=25.1'
	touch $@

$(VENV)/.installed: $(SOURCES) | $(VENV)/.made
	$(VENV)/bin/python -m pip install --quiet .
	touch $@

$(VENV)/.tools: pyproject.toml | $(VENV)/.installed
	$(VENV)/bin/python -m pip install --quiet --group dev
	touch $@

$(BENCH)/.made:
	$(PYTHON) -m venv --clear $(BENCH)/venv
	touch $@

$(BENCH)/.installed: $(SOURCES) | $(BENCH)/.made
	rm -rf $(BENCH)/wheel
	$(BENCH)/venv/bin/python -m pip wheel --quiet --no-deps --wheel-dir $(BENCH)/wheel .
	$(BENCH)/venv/bin/python -m pip install --quiet --compile --force-reinstall --no-deps $(BENCH)/wheel/*.whl
	$(BENCH)/venv/bin/python -m pip install --quiet --compile "$$(echo $(BENCH)/wheel/*.whl)[sequoia]"
	touch $@

# With cryptography ten thousand signatures are made in a second; the servers are the tests'. The
# hook managers are what the native hook is compared with; in an environment of their own, as people
# have them.
$(BENCH)/.tools: | $(BENCH)/.made
	$(BENCH)/venv/bin/python -m pip install --quiet --compile cryptography pytest
	$(PYTHON) -m venv --clear $(BENCH)/managers
	$(BENCH)/managers/bin/python -m pip install --quiet --compile pre-commit prek
	touch $@

# A project that nobody here wrote, with the tools that check it: the runner's work.
$(BENCH)/.peer: bench/peer.txt bench/peer-tools.txt | $(BENCH)/.made
	rm -rf $(BENCH)/peer
	$(PYTHON) -m venv $(BENCH)/peer/venv
	$(BENCH)/peer/venv/bin/python -m pip install --quiet --compile --requirement bench/peer-tools.txt
	$(BENCH)/peer/venv/bin/python -m pip download --quiet --no-deps --no-binary :all: \
		--require-hashes --requirement bench/peer.txt --dest $(BENCH)/peer
	touch $@
