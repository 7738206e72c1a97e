# Thin over `python -m matinf_book`, which works without make too.
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do \
  "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' >/dev/null 2>&1 \
  && { echo "$$p"; break; }; done)
RUN = PYTHONPATH=code "$(or $(PYTHON),python3)" -m matinf_book

.DEFAULT_GOAL := help
.PHONY: help book test check serve lab clean data study lock bench reproducible

help:
	@echo "make book          print the book into _build/html"
	@echo "make test          run all tests"
	@echo "make serve         read it on http://127.0.0.1:8000, rebuilt when you edit"
	@echo "make lab           open its pages as notebooks in JupyterLab"
	@echo "make check         look at the printed site in a browser"
	@echo "make data          rebuild data/ from its sources and compare"
	@echo "make study         compute the long studies that the pages read"
	@echo "make bench         run the benchmarks"
	@echo "make lock          resolve the dependencies afresh"
	@echo "make reproducible  build twice and compare byte by byte"
	@echo "make clean         remove what builds have made"

book test check serve lab clean data study lock bench reproducible:
	@command -v "$(or $(PYTHON),python3)" >/dev/null 2>&1 || \
	  { echo "The book needs Python 3.11 or 3.12, and found none as $(or $(PYTHON),python3): install one, or name it: make $@ PYTHON=/path/to/python" >&2; exit 1; }
	@$(RUN) $@ $(ARGS)
