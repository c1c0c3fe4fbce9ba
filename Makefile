# `make TASK` is `invoke TASK` inside .venv, which is made when it is missing or out of date.
PYTHON ?= python3
VENV := .venv
INSTALL := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes

build rebuild status serve reserve regenerate livereload check clean: $(VENV)/installed
	@$(VENV)/bin/invoke $@

test lint: $(VENV)/installed-dev
	@$(VENV)/bin/invoke $@

# It says what is missing, so nothing is installed for it.
doctor:
	@PYTHONPATH=plugins $(firstword $(wildcard $(VENV)/bin/python) $(PYTHON)) -m executable_posts.doctor

$(VENV)/installed: requirements.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; (3, 11) <= v < (3, 14) or sys.exit("Python 3.11 to 3.13 is needed, this is %d.%d: say make PYTHON=python3.12, for instance" % v[:2])'
	@echo "Installing into $(VENV), once, for some minutes"
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --compile --requirement requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@$(INSTALL) --compile --requirement requirements-dev.txt
	@touch $@

.PHONY: build rebuild status serve reserve regenerate livereload check clean test lint doctor
