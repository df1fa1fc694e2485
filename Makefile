# make help says what there is. STACK=onedl uses the maintained forks,
# STACK=newest the newest PyTorch, NumPy, OpenCV and setuptools.

STACK ?= official
PYTHON ?= $(shell command -v python3.11 || command -v python3)
WORK_DIR ?= work_dirs/demo
# processes for the tests; each needs about 1 GB
JOBS ?= 2
# more arguments for pytest: make test TESTS=tests/test_ops ARGS=-x
TESTS ?=
ARGS ?=

# OpenMMLab's packages, and what they compute with
OPENMMLAB := stack-official.txt
NUMERIC := stack-numeric.txt
ifeq ($(STACK),official)
VENV := .venv
else ifeq ($(STACK),onedl)
VENV := .venv-onedl
OPENMMLAB := stack-onedl.txt
else ifeq ($(STACK),newest)
VENV := .venv-newest
NUMERIC := stack-newest.txt
else
$(error STACK is 'official', 'onedl' or 'newest', not '$(STACK)')
endif

PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
PINS := $(addprefix requirements/, build.txt $(NUMERIC) stack-base.txt \
	dev.txt $(OPENMMLAB))
PACKAGING := setup.py pyproject.toml requirements/runtime.txt \
	mmpose_video/compat/startup.py mmpose_video/compat/torch_environment.py
# Stamps are named after what they depend on, so that a file's date, which git
# does not keep, decides nothing.
digest = $(shell cat $(1) | sha256sum | cut -c 1-12)
DOCS := $(VENV)/.docs-$(call digest,requirements/docs.txt)
PINNED := $(VENV)/.pinned-$(call digest,$(PINS))
INSTALLED := $(VENV)/.installed-$(call digest,$(PINS) $(PACKAGING))

.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast lint docs docs-links clean distclean

help:  ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | \
		sed -E 's/:[^#]*##/\t/' | expand -t 12
	@echo 'STACK=onedl: beside the onedl forks, in .venv-onedl'
	@echo 'STACK=newest: with the newest PyTorch, NumPy and OpenCV, in .venv-newest'

install: $(INSTALLED)  ## make the environment and install the package in it

demo: $(INSTALLED)  ## draw a real video (VIDEO=path), train and draw a small model
	$(PY) -m mmpose_video.tools.demo --work-dir $(WORK_DIR)

test: $(INSTALLED)  ## run the tests
	OMP_NUM_THREADS=1 $(PY) -m pytest -n $(JOBS) --dist loadgroup $(ARGS) \
		$(TESTS)

test-fast: $(INSTALLED)  ## run the tests but the slow ones
	OMP_NUM_THREADS=1 $(PY) -m pytest -n $(JOBS) --dist loadgroup \
		-m 'not slow' $(ARGS) $(TESTS)

lint: $(INSTALLED)  ## run ruff and mypy
	$(PY) -m ruff check .
	$(PY) -m mypy

docs: $(DOCS)  ## build the site of the docs in docs/_build/html
	$(PY) -m sphinx -q -W --keep-going -b html docs docs/_build/html

# OFFLINE=1 leaves out addresses of other sites
docs-links: $(DOCS)  ## check the links of the docs
	$(PY) -m sphinx -q -b linkcheck -d docs/_build/html/.doctrees \
		$(if $(OFFLINE),-D 'linkcheck_ignore=https?://.*') \
		docs docs/_build/links

clean:  ## remove what building and testing leave
	rm -rf build dist docs/_build *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean  ## remove the environments, too
	rm -rf .venv .venv-onedl .venv-newest mmpose_video/.mim

$(PY):
	$(PYTHON) -m venv $(VENV)

# Three steps: xtcocotools is built with what the first one installs; OpenMMLab's
# packages come without their dependencies, which would mix the stacks. Those
# are built in isolation, where onedl-mmcv finds no torch and therefore leaves
# its operators out: mmpose_video/compat/mmcv_ext answers them.
$(PINNED): | $(PY)
	$(PIP) install -r requirements/build.txt -r requirements/$(NUMERIC)
	$(PIP) install --no-build-isolation -r requirements/stack-base.txt \
		-r requirements/dev.txt
	$(PIP) install --no-deps -r requirements/$(OPENMMLAB)
	rm -f $(VENV)/.pinned-*
	touch $@

$(DOCS): $(INSTALLED)
	$(PIP) install -r requirements/docs.txt
	rm -f $(VENV)/.docs-*
	touch $@

$(INSTALLED): $(PINNED)
	$(PIP) install --no-build-isolation --no-deps --editable .
	rm -f $(VENV)/.installed-*
	touch $@
